"""Refs of a repository, and what a name given by a client stands for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keyhole.core.refs import is_well_formed
from keyhole.gateway.rest.gitread.objects import Info, look_up, may_be_abbreviated
from keyhole.gateway.rest.gitread.process import output

_FORMAT = "%(objectname) %(objecttype) %(*objectname) %(*objecttype) %(refname)"
_SHOWN = ("refs/heads/", "refs/tags/", "refs/notes/", "refs/pull/")
"""What the API lists. `refs/remotes`, `refs/stash` and the like are the private life of a working repository."""


@dataclass(frozen=True, slots=True)
class Ref:
    """One ref."""

    name: str
    """Full name, `refs/heads/main`."""
    oid: str
    kind: str
    """Kind of the object that it names itself: an annotated tag is a `tag`."""
    peeled: str
    """The object below all annotated tags; the same as `oid` where there are none."""
    peeled_kind: str

    @property
    def short(self) -> str:
        """The name as people say it: without `refs/heads/` or `refs/tags/`."""
        return self.name.split("/", 2)[2]


def is_shown(name: str) -> bool:
    """Whether the API shows this ref at all."""
    return is_well_formed(name) and name.startswith(_SHOWN)


async def list_refs(git_dir: Path, *prefixes: str) -> list[Ref]:
    """All refs that start with one of the prefixes (whole components), sorted by name."""
    out = await output(git_dir, "for-each-ref", f"--format={_FORMAT}", "--", *prefixes)
    return [ref for line in out.split(b"\n") if line and (ref := _ref(line)) is not None]


def _ref(line: bytes) -> Ref | None:
    oid, kind, peeled, peeled_kind, name = line.decode("utf-8", "surrogateescape").split(" ", 4)
    if not is_shown(name):
        return None
    return Ref(name, oid, kind, peeled or oid, peeled_kind or kind)


async def get_ref(git_dir: Path, name: str) -> Ref | None:
    """The ref with exactly this full name."""
    if not is_shown(name):
        return None
    return next((ref for ref in await list_refs(git_dir, name) if ref.name == name), None)


async def head(git_dir: Path) -> str:
    """Short name of the branch that HEAD names; empty when it names none.

    Read from the file itself (gitrepository-layout(5)): a list of a hundred repositories asks this a hundred times.
    """
    try:
        text = await asyncio.to_thread(_head_file, git_dir / "HEAD")
    except OSError:  # gone meanwhile: what needs the repository says so
        return ""
    name = text.strip().removeprefix("ref: ")
    return name.removeprefix("refs/heads/") if name.startswith("refs/heads/") and is_well_formed(name) else ""


def _head_file(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(4096).decode("utf-8", "replace")


async def resolve(git_dir: Path, name: str, kind: str = "commit") -> Info | None:
    """The object of this kind that a client means by `name`.

    `name`: a branch, a tag, either with `heads/`, `tags/` or the whole `refs/...`, a whole or abbreviated object id,
    or `HEAD`. A whole object id wins, then the branch, then the tag, as on GitHub. None when there is none.
    """
    found = await look_up(git_dir, [f"{candidate}^{{{kind}}}" for candidate in _candidates(name)])
    return next((info for info in found if info is not None and info.kind == kind), None)


def _candidates(name: str) -> Sequence[str]:
    if name == "HEAD":
        return ["HEAD"]
    lower = name.lower()
    whole = [lower] if may_be_abbreviated(lower) and len(lower) in (40, 64) else []
    short = [lower] if may_be_abbreviated(lower) and len(lower) not in (40, 64) else []
    spelled = [f"refs/heads/{name}", f"refs/tags/{name}"]
    if name.startswith(("heads/", "tags/", "notes/", "pull/")):
        spelled.append(f"refs/{name}")
    if name.startswith("refs/"):
        spelled.append(name)
    return [*whole, *(ref for ref in spelled if is_shown(ref)), *short]
