"""Moving one ref, only from the value that was judged."""

from __future__ import annotations

from pathlib import Path

from keyhole.core.errors import Conflict, InvalidInput
from keyhole.core.request import RefUpdate
from keyhole.gateway.newcommits import updates
from keyhole.gateway.places import in_thread
from keyhole.gateway.push import Command
from keyhole.gateway.quarantine import Quarantine, quarantine
from keyhole.gateway.receive import in_the_way
from keyhole.gateway.rest.gitread.process import output
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
    new = await output(
        git_dir,
        "rev-list",
        "--objects",
        "--no-object-names",
        "--stdin",
        "--not",
        "--all",
        stdin=f"{oid}\n".encode(),
    )
    if not new:
        return
    pack = await output(git_dir, "pack-objects", "--stdout", "-q", stdin=new, limit=_MOST_NEW_BYTES)
    async with quarantine(git_dir) as place:
        try:
            await output(
                git_dir, "index-pack", "--stdin", "--strict", "--fsck-objects", stdin=pack, env=place.env
            )
        except GitError as problem:
            raise InvalidInput(f"git refuses the objects: {problem.message}") from problem


async def move(git_dir: Path, ref: str, old: str, new: str) -> None:
    """Move, create (`old` all zeros) or delete (`new` all zeros) a ref.

    Conflict when it is no longer at `old`, or when its name is in the way of another ref. A ref that only points to
    another one is moved itself: the other one was not judged.
    """
    command = f"update {ref}\0{new}\0{old}\0" if set(new) != {"0"} else f"delete {ref}\0{old}\0"
    try:
        await output(git_dir, "update-ref", "--stdin", "-z", "--no-deref", stdin=command.encode("utf-8"))
    except GitError as problem:
        raise Conflict(
            f"{ref} could not be moved: it has changed meanwhile, or its name is in the way of another ref."
        ) from problem


async def refuse_in_the_way(git_dir: Path, ref: str, old: str, new: str) -> None:
    """InvalidInput when the repository's own state forbids the move, by the same rules as for a push: the branch is
    checked out somewhere, it is the default branch and would be deleted, or the repository's settings say no.
    """
    why = (await in_thread(in_the_way, git_dir, (Command(old, new, ref),))).get(ref)
    if why is not None:
        raise InvalidInput(f"Reference cannot be updated: {why}")
