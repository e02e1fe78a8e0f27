"""Commits, their files, and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keyhole.gateway.rest.gitread.commits import Commit, Identity, Tag
from keyhole.gateway.rest.gitread.diffs import Change
from keyhole.gateway.rest.present.links import RepositoryLinks, node_id, spelled
from keyhole.gateway.rest.present.moments import zulu


def identity(who: Identity) -> dict[str, Any]:
    """Name, email and time, as recorded in the object."""
    return {"name": who.name, "email": who.email, "date": zulu(who.at)}


def verification(signature: str | None, payload: str | None) -> dict[str, Any]:
    """Keyhole knows nobody's public keys, so it verifies none and says which signature it saw."""
    return {
        "verified": False,
        "reason": "unsigned" if signature is None else "unknown_key",
        "signature": signature,
        "payload": payload,
        "verified_at": None,
    }


def parents(commit: Commit, here: RepositoryLinks, *, git: bool = False) -> list[dict[str, str]]:
    """References to the parents."""
    return [
        {
            "sha": oid,
            "url": here.git("commit", oid) if git else here.commit(oid),
            "html_url": here.page("commit", oid),
        }
        for oid in commit.parents
    ]


def git_commit(commit: Commit, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """`GET .../git/commits/{sha}`: the object itself."""
    return {
        "sha": commit.oid,
        "node_id": node_id("Commit", f"{repository_id}:{commit.oid}"),
        "url": here.git("commit", commit.oid),
        "html_url": here.page("commit", commit.oid),
        "author": identity(commit.author),
        "committer": identity(commit.committer),
        "tree": {"sha": commit.tree, "url": here.git("tree", commit.tree)},
        "message": _message(commit.message),
        "parents": parents(commit, here, git=True),
        "verification": verification(commit.signature, commit.payload),
    }


def commit(value: Commit, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """One entry of a list of commits. `author` and `committer` are accounts: an email in a commit proves none."""
    return {
        "sha": value.oid,
        "node_id": node_id("Commit", f"{repository_id}:{value.oid}"),
        "commit": {
            "author": identity(value.author),
            "committer": identity(value.committer),
            "message": _message(value.message),
            "tree": {"sha": value.tree, "url": here.git("tree", value.tree)},
            "url": here.git("commit", value.oid),
            "comment_count": 0,
            "verification": verification(value.signature, value.payload),
        },
        "url": here.commit(value.oid),
        "html_url": here.page("commit", value.oid),
        "comments_url": f"{here.commit(value.oid)}/comments",
        "author": None,
        "committer": None,
        "parents": parents(value, here),
    }


def _message(text: str) -> str:
    return text.removesuffix("\n")


def detailed(
    value: Commit,
    changes: Sequence[Change],
    shown: Sequence[Change],
    here: RepositoryLinks,
    repository_id: int,
) -> dict[str, Any]:
    """`GET .../commits/{ref}`: with statistics of all changes and the files of one page."""
    added, deleted = sum(change.additions for change in changes), sum(change.deletions for change in changes)
    return commit(value, here, repository_id) | {
        "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
        "files": [file(change, value.oid, here) for change in shown],
    }


def file(change: Change, oid: str, here: RepositoryLinks) -> dict[str, Any]:
    """One file of a commit or comparison, as it is in the commit `oid`."""
    shown = {
        "sha": change.oid,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": here.page("blob", oid, change.path),
        "raw_url": here.page("raw", oid, change.path),
        "contents_url": f"{here.api}/contents/{spelled(change.path)}?ref={oid}",
    }
    if change.patch is not None:
        shown["patch"] = change.patch
    if change.previous is not None:
        shown["previous_filename"] = change.previous
    return shown


def tag(value: Tag, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """`GET .../git/tags/{sha}`: an annotated tag object."""
    return {
        "node_id": node_id("Tag", f"{repository_id}:{value.oid}"),
        "tag": value.name,
        "sha": value.oid,
        "url": here.git("tag", value.oid),
        "message": value.message,
        "tagger": identity(value.tagger) if value.tagger is not None else None,
        "object": {
            "sha": value.object_oid,
            "type": value.object_kind,
            "url": here.git(value.object_kind, value.object_oid),
        },
        "verification": verification(None, None),
    }
