"""Moving one ref, only from the value that was judged."""

from __future__ import annotations

from pathlib import Path

from keyhole.core.errors import Conflict, InvalidInput
from keyhole.core.request import RefUpdate
from keyhole.gateway.newcommits import updates
from keyhole.gateway.push import Command
from keyhole.gateway.quarantine import Quarantine, quarantine
from keyhole.gateway.rest.gitread.process import output
from keyhole.gateway.rest.gitread.refs import head
from keyhole.providers.gitcli import GitError

_MOST_NEW_BYTES = 256 << 20
_DIGITS = {40: "0" * 40, 64: "0" * 64}


def zeros(oid: str) -> str:
    """The id that means "no object", as long as `oid`."""
    return _DIGITS[len(oid)]


async def judged_update(git_dir: Path, ref: str, old: str, new: str) -> RefUpdate:
    """The update as it is to be judged: whether any commit that no ref reaches yet changes workflow files.

    The same look as a push gets; its objects are in the repository already, so it is its own quarantine.
    """
    found, _ = await updates(Quarantine(git_dir, git_dir / "objects"), (Command(old, new, ref),))
    return found[0]


async def check_new(git_dir: Path, oid: str) -> None:
    """Every object that `oid` would bring to the refs, checked as those of a push are: complete, well formed, and
    without what attacks those who check it out (`.gitmodules` with options, `.git` entries). InvalidInput otherwise.
    """
    new = await output(git_dir, "rev-list", "--objects", "--no-object-names", "--stdin", "--not", "--all",
                       stdin=f"{oid}\n".encode())
    if not new:
        return
    pack = await output(git_dir, "pack-objects", "--stdout", "-q", stdin=new, limit=_MOST_NEW_BYTES)
    async with quarantine(git_dir) as place:
        try:
            await output(git_dir, "index-pack", "--stdin", "--strict", "--fsck-objects", stdin=pack, env=place.env)
        except GitError as problem:
            raise InvalidInput(f"git refuses the objects: {problem.message}") from problem


async def move(git_dir: Path, ref: str, old: str, new: str) -> None:
    """Move, create (`old` all zeros) or delete (`new` all zeros) a ref.

    Conflict when it is no longer at `old`, or when its name is in the way of another ref.
    """
    command = f"update {ref}\0{new}\0{old}\0" if set(new) != {"0"} else f"delete {ref}\0{old}\0"
    try:
        await output(git_dir, "update-ref", "--stdin", "-z", "--no-deref", stdin=command.encode("utf-8"))
    except GitError as problem:
        raise Conflict(f"{ref} could not be moved: it has changed meanwhile, or its name is in the way of another "
                       "ref.") from problem


async def is_checked_out(git_dir: Path, ref: str) -> bool:
    """Whether somebody works on this branch in the repository's own folder, whose files would no longer match."""
    if ref != f"refs/heads/{await head(git_dir)}":
        return False
    return (await output(git_dir, "rev-parse", "--is-bare-repository")).strip() != b"true"
