"""Branches, tags and refs."""

from __future__ import annotations

from typing import Any

from keyhole.gateway.rest.gitread.refs import Ref
from keyhole.gateway.rest.present.links import RepositoryLinks, node_id, spelled

_NO_PROTECTION = {
    "enabled": False,
    "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
}


def git_ref(ref: Ref, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """`GET .../git/ref/{ref}`."""
    return moved(ref.name, ref.oid, ref.kind, here, repository_id)


def moved(name: str, oid: str, kind: str, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """A ref that was just made or moved."""
    return {
        "ref": name,
        "node_id": node_id("Ref", f"{repository_id}:{name}"),
        "url": f"{here.api}/git/{spelled(name)}",
        "object": {"sha": oid, "type": kind, "url": here.git(kind, oid)},
    }


def short_branch(ref: Ref, here: RepositoryLinks) -> dict[str, Any]:
    """One entry of the list of branches. Keyhole's push rules are not GitHub's branch protection."""
    return {
        "name": ref.short,
        "commit": {"sha": ref.oid, "url": here.commit(ref.oid)},
        "protected": False,
        "protection": _NO_PROTECTION,
        "protection_url": f"{here.api}/branches/{spelled(ref.short)}/protection",
    }


def branch(ref: Ref, commit: dict[str, Any], here: RepositoryLinks) -> dict[str, Any]:
    """`GET .../branches/{branch}`."""
    return short_branch(ref, here) | {
        "commit": commit,
        "_links": {"self": f"{here.api}/branches/{spelled(ref.short)}", "html": here.page("tree", ref.short)},
    }


def tag(ref: Ref, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """One entry of the list of tags."""
    return {
        "name": ref.short,
        "zipball_url": f"{here.api}/zipball/{spelled(ref.name)}",
        "tarball_url": f"{here.api}/tarball/{spelled(ref.name)}",
        "commit": {"sha": ref.peeled, "url": here.commit(ref.peeled)},
        "node_id": node_id("Ref", f"{repository_id}:{ref.name}"),
    }
