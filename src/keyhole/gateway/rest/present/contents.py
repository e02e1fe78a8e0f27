"""Files and folders of a tree, in the shapes of the contents API."""

from __future__ import annotations

import base64
from typing import Any

from keyhole.gateway.rest.gitread.trees import SUBMODULE, SYMLINK, Entry
from keyhole.gateway.rest.present.links import RepositoryLinks


def kind(entry: Entry) -> str:
    """`file`, `dir`, `symlink` or `submodule`."""
    if entry.mode == SYMLINK:
        return "symlink"
    if entry.mode == SUBMODULE:
        return "submodule"
    return "dir" if entry.kind == "tree" else "file"


def listed(entry: Entry, path: str, ref: str, here: RepositoryLinks, *, as_type: str = "") -> dict[str, Any]:
    """What every kind has. `download_url` is null, as GitHub's shape allows: GitHub puts an address there that is
    signed and so needs no token, which would be a second, weaker credential. The raw media type is the way.
    """
    what = as_type or kind(entry)
    page = here.page("tree" if entry.kind == "tree" else "blob", ref, path)
    url = here.contents(path, ref)
    git_url = None if entry.mode == SUBMODULE else here.git(entry.kind, entry.oid)
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.oid,
        "size": entry.size or 0,
        "url": url,
        "html_url": page,
        "git_url": git_url,
        "download_url": None,
        "type": what,
        "_links": {"self": url, "git": git_url, "html": page},
    }


def file(entry: Entry, path: str, ref: str, here: RepositoryLinks, data: bytes | None) -> dict[str, Any]:
    """A file with its content; `data` None says that it is too large for this answer, as GitHub does."""
    content = (
        {"content": "", "encoding": "none"}
        if data is None
        else {"content": wrapped(data), "encoding": "base64"}
    )
    return listed(entry, path, ref, here, as_type="file") | content


def wrapped(data: bytes) -> str:
    """Base64 in lines of 60 characters, each ended, as GitHub writes it."""
    text = base64.b64encode(data).decode("ascii")
    return "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60))
