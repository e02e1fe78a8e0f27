"""Git objects taken apart, and their shapes in the API's answers."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from keyhole.testing.github.links import RepositoryLinks, node_id, spelled

_PERSON = re.compile(r"(.*?) ?<(.*?)> (\d+) [+-]\d{4}", re.DOTALL)
_KINDS = {"040000": "dir", "120000": "symlink", "160000": "submodule"}


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit object, or an annotated tag: the headers by name, and the text."""

    oid: str
    headers: dict[str, list[str]]
    message: str

    @property
    def parents(self) -> list[str]:
        """Ids of the commits before."""
        return self.headers.get("parent", [])

    def person(self, role: str) -> dict[str, str]:
        """Name, email and time of the `author`, `committer` or `tagger`."""
        match = _PERSON.fullmatch(self.headers.get(role, [""])[0])
        if match is None:
            return {"name": "", "email": "", "date": "1970-01-01T00:00:00Z"}
        when = datetime.fromtimestamp(int(match[3]), UTC)
        return {"name": match[1], "email": match[2], "date": when.strftime("%Y-%m-%dT%H:%M:%SZ")}


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a tree."""

    mode: str
    kind: str
    """`blob`, `tree` or `commit`."""
    oid: str
    size: int | None
    path: str


def parse(oid: str, data: bytes) -> Commit:
    """A commit or tag object. Format: gitformat-commit(5)."""
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    headers: dict[str, list[str]] = {}
    name = ""
    for line in head.split("\n"):
        if line.startswith(" "):
            headers[name][-1] += f"\n{line[1:]}"
        else:
            name, _, value = line.partition(" ")
            headers.setdefault(name, []).append(value)
    return Commit(oid, headers, message)


def git_commit(commit: Commit, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """The object itself."""
    tree = commit.headers["tree"][0]
    return {
        "sha": commit.oid,
        "node_id": node_id("Commit", f"{repository_id}:{commit.oid}"),
        "url": here.git("commit", commit.oid),
        "html_url": here.page("commit", commit.oid),
        "author": commit.person("author"),
        "committer": commit.person("committer"),
        "tree": {"sha": tree, "url": here.git("tree", tree)},
        "message": commit.message.removesuffix("\n"),
        "parents": [
            {"sha": each, "url": here.git("commit", each), "html_url": here.page("commit", each)}
            for each in commit.parents
        ],
        "verification": _verification(commit),
    }


def listed_commit(commit: Commit, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """A commit in a list; whose accounts its people are is for the caller to say."""
    whole = git_commit(commit, here, repository_id)
    return {
        "sha": commit.oid,
        "node_id": whole["node_id"],
        "commit": {
            **{
                name: whole[name]
                for name in ("author", "committer", "message", "tree", "url", "verification")
            },
            "comment_count": 0,
        },
        "url": here.commit(commit.oid),
        "html_url": whole["html_url"],
        "comments_url": f"{here.commit(commit.oid)}/comments",
        "author": None,
        "committer": None,
        "parents": [each | {"url": here.commit(each["sha"])} for each in whole["parents"]],
    }


def _verification(commit: Commit) -> dict[str, Any]:
    signature = commit.headers.get("gpgsig", [None])[0]
    reason = "unsigned" if signature is None else "unknown_key"
    return {"verified": False, "reason": reason, "signature": signature, "payload": None, "verified_at": None}


def tag(found: Commit, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """An annotated tag."""
    oid, kind = found.headers["object"][0], found.headers["type"][0]
    return {
        "node_id": node_id("Tag", f"{repository_id}:{found.oid}"),
        "tag": found.headers["tag"][0],
        "sha": found.oid,
        "url": here.git("tag", found.oid),
        "message": found.message,
        "tagger": found.person("tagger"),
        "object": {"sha": oid, "type": kind, "url": here.git(kind, oid)},
        "verification": _verification(found),
    }


def entry(found: Entry, path: str, ref: str, here: RepositoryLinks) -> dict[str, Any]:
    """A file or folder."""
    url, page = here.contents(path, ref), here.page("tree" if found.kind == "tree" else "blob", ref, path)
    git_url = here.git(found.kind, found.oid)
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": found.oid,
        "size": found.size or 0,
        "url": url,
        "html_url": page,
        "git_url": git_url,
        "download_url": None,
        "type": _KINDS.get(found.mode, "file"),
        "_links": {"self": url, "git": git_url, "html": page},
    }


def wrapped(data: bytes) -> str:
    """Base64 in lines of 60 characters, as GitHub writes it."""
    text = base64.b64encode(data).decode("ascii")
    return "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60))


def ref(name: str, oid: str, kind: str, here: RepositoryLinks, repository_id: int) -> dict[str, Any]:
    """A ref and what it names."""
    return {
        "ref": name,
        "node_id": node_id("Ref", f"{repository_id}:{name}"),
        "url": f"{here.api}/git/{spelled(name)}",
        "object": {"sha": oid, "type": kind, "url": here.git(kind, oid)},
    }


def branch(name: str, oid: str, here: RepositoryLinks) -> dict[str, Any]:
    """A branch in a list."""
    checks = {"enforcement_level": "off", "contexts": [], "checks": []}
    return {
        "name": name,
        "commit": {"sha": oid, "url": here.commit(oid)},
        "protected": False,
        "protection": {"enabled": False, "required_status_checks": checks},
        "protection_url": f"{here.api}/branches/{spelled(name)}/protection",
    }
