"""The objects and refs of a push: taken into quarantine, looked at, and only when allowed made part of the repository.

No hook runs and git's own receive-pack is not used: what was parsed is judged and done by us, in one transaction over
all refs (see docs/decisions for the other way that was weighed).
"""

from __future__ import annotations

import asyncio
import re
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

from keyhole.core.errors import Conflict
from keyhole.gateway.http import LIMITS
from keyhole.gateway.push import Command
from keyhole.gateway.quarantine import Quarantine
from keyhole.providers.gitcli import GitError, kill_tree, run, said, spawn

_LOOSE_BELOW = 100
"""Objects of a pack that is taken apart rather than kept, as git does: many small packs slow every reader down."""
_REFS_NAMED = 100
_MEMORY = 3 * 1024**3
_SECONDS = 1800
_CONFIG = {
    "core.packedGitLimit": "256m",
    "core.packedGitWindowSize": "16m",
    "core.bigFileThreshold": "64m",
    "core.deltaBaseCacheLimit": "32m",
    "pack.threads": "1",
    "core.fsync": "committed",
    "pack.packSizeLimit": "0",
    "pack.writeBitmaps": "false",
    "pack.writeReverseIndex": "false",
}


class BadPack(GitError):
    """The pack is not one that may be taken; the message is git's."""

    status = 422


async def take_pack(place: Quarantine, chunks: AsyncIterator[bytes], *, small: bool) -> None:
    """Check every byte and object of a pack, into the quarantine. Raises BadPack; the rest is then still unread.

    `small`: known to be, so that taking it apart (which compresses every object again) costs little.
    """
    start = b""
    async for chunk in chunks:
        start += chunk
        if len(start) >= 12:
            break
    if len(start) < 12 or start[:4] != b"PACK" or start[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        raise BadPack("no pack follows the list of refs")
    apart = small and int.from_bytes(start[8:12]) < _LOOSE_BELOW
    command = ["unpack-objects", "-q"] if apart else ["index-pack", "--stdin", "--fix-thin"]
    async with AsyncExitStack() as stack:
        process = await spawn(
            place.git_dir,
            *command,
            "--strict",
            f"--max-input-size={LIMITS.pack}",
            env=place.env,
            config=_CONFIG,
        )
        stack.push_async_callback(kill_tree, process)
        _limit(process.pid)
        await _fill(process, start, chunks)


async def _fill(process: asyncio.subprocess.Process, start: bytes, chunks: AsyncIterator[bytes]) -> None:
    assert process.stdin  # noqa: S101 - a pipe was asked for, as for the other two
    said_so_far = asyncio.create_task(_read_some(process.stdout))
    complaints = asyncio.create_task(_read_some(process.stderr))
    too_much = False
    try:
        process.stdin.write(start)
        await process.stdin.drain()
        async for chunk in chunks:
            process.stdin.write(chunk)
            await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        too_much = True  # it failed and says why, or it has its pack and more bytes follow
    process.stdin.close()
    out, err = await said_so_far, await complaints
    if await process.wait() != 0:
        raise BadPack(_complaints(err) or "the pack could not be read")
    # Whatever git did not take as part of the pack it hands on: bytes that nobody has judged.
    if too_much or re.sub(rb"\Apack\t[0-9a-f]+\n", b"", out):
        raise BadPack("there is something after the pack")


def _complaints(err: bytes) -> str:
    """Everything git said: for an object it will not take, the reason stands before the last line."""
    lines = [said(line) for line in err.splitlines()]
    return "; ".join(line for line in lines if line)[:500]


async def _read_some(stream: asyncio.StreamReader | None) -> bytes:
    """All of a stream, of which the first bytes are kept."""
    kept = bytearray()
    while stream is not None and (piece := await stream.read(1 << 16)):
        if len(kept) < 1 << 16:
            kept += piece
    return bytes(kept)


def _limit(pid: int) -> None:
    """A pack can ask for any amount of memory and time; the child may have this much."""
    if hasattr(resource, "prlimit"):
        resource.prlimit(pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.prlimit(pid, resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


async def keep(place: Quarantine) -> None:
    """Make the reachable objects part of the repository; whatever else the client sent is dropped.

    An object without a ref changes nothing for anybody, so this may be interrupted at any point.
    """
    if not place.has_pack:
        await asyncio.to_thread(place.move_loose)
        return
    with place.reachable.open("rb") as listed:
        # --window=0: deltas are used again as they came; looking for better ones would cost minutes.
        process = await spawn(
            place.git_dir,
            "pack-objects",
            "-q",
            "--window=0",
            "--delta-base-offset",
            str(place.git_dir / "objects" / "pack" / "pack"),
            env=place.env,
            config=_CONFIG,
            stdin=listed.fileno(),
        )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(kill_tree, process)
        _, err = await process.communicate()
        if process.returncode != 0:
            raise BadPack(said(err) or "the objects could not be kept")


def move_refs(git_dir: Path, commands: tuple[Command, ...]) -> None:
    """Move all refs or none, each only if it still is what the client saw. Conflict says what was in the way."""
    lines = ["start", *(_line(command) for command in commands), "prepare", "commit"]
    try:
        run(
            git_dir,
            "update-ref",
            "--no-deref",
            "--stdin",
            stdin="".join(f"{line}\n" for line in lines).encode(),
            timeout=120,
        )
    except GitError as problem:
        raise Conflict(problem.message) from problem


def _line(command: Command) -> str:
    if command.deletes:
        return f"delete {command.ref} {command.old}"
    return f"update {command.ref} {command.new} {command.old}"


def in_the_way(git_dir: Path, commands: tuple[Command, ...]) -> dict[str, str]:
    """Refs that the repository's own state forbids to move, with the reason.

    A branch that is checked out somewhere: its files would no longer be what the branch says. And the branch that
    HEAD names, against deletion: the repository would have no default branch.
    """
    used = _checked_out(git_dir)
    pointing = _symbolic(git_dir, commands)
    head = _head_of(git_dir / "HEAD")
    never_back = _flag(git_dir, "receive.denyNonFastForwards")
    never_away = _flag(git_dir, "receive.denyDeletes")
    found: dict[str, str] = {}
    for command in commands:
        if command.ref in used:
            found[command.ref] = "branch is currently checked out"
        elif command.ref in pointing:
            found[command.ref] = "the ref only points to another one, which was not judged"
        elif command.deletes and command.ref == head:
            found[command.ref] = "deletion of the current branch prohibited"
        elif command.deletes and never_away:
            found[command.ref] = "deletion prohibited"
        elif never_back and not _forward(git_dir, command):
            found[command.ref] = "non-fast-forward"
    return found


def _symbolic(git_dir: Path, commands: tuple[Command, ...]) -> set[str]:
    # Beyond some, all refs are listed: 2,000 names of 1,000 bytes would not fit into an argument list.
    patterns = [command.ref for command in commands] if len(commands) <= _REFS_NAMED else []
    listed = run(git_dir, "for-each-ref", "--format=%(refname) %(symref)", *patterns).decode(
        "utf-8", "replace"
    )
    return {line.split(" ")[0] for line in listed.splitlines() if line.partition(" ")[2]}


def _checked_out(git_dir: Path) -> set[str]:
    heads = list(git_dir.glob("worktrees/*/HEAD"))
    if run(git_dir, "rev-parse", "--is-bare-repository").strip() != b"true":
        heads.append(git_dir / "HEAD")
    return {ref for head in heads if (ref := _head_of(head))}


def _head_of(path: Path) -> str:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return ""
    return text.removeprefix("ref:").strip() if text.startswith("ref:") else ""


def _flag(git_dir: Path, name: str) -> bool:
    try:
        return run(git_dir, "config", "--local", "--type=bool", "--get", name).strip() == b"true"
    except GitError:
        return False  # not set


def _forward(git_dir: Path, command: Command) -> bool:
    if command.deletes or command.creates:
        return True
    try:
        run(git_dir, "merge-base", "--is-ancestor", command.old, command.new)
    except GitError:
        return False
    return True
