"""What a push would bring: every object connected, and which refs bring commits that change workflow files.

All of it is asked of the quarantine before anything is decided, so that a decision never rests on a guess.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from keyhole.core.request import RefUpdate
from keyhole.gateway.push import Command
from keyhole.gateway.quarantine import Quarantine
from keyhole.gateway.workflows import ChangeReader, is_github_folder, is_workflow_path
from keyhole.providers.gitcli import GitError, kill_tree, said, spawn

_CONFIG = {"core.commitGraph": "false"}
"""A commit graph is a file of the repository that may name other parents than the commits do."""
_STEP = 1 << 16
_REFS_TOLD_APART = 64


class Disconnected(GitError):
    """Objects are missing that a pushed ref needs."""

    status = 422


async def list_reachable(place: Quarantine, commands: tuple[Command, ...]) -> None:
    """Write the list of objects that the new refs bring. Disconnected when one of them is not there."""
    try:
        with place.reachable.open("wb") as listed:
            await _output(
                place,
                listed.write,
                "rev-list",
                "--objects",
                "--stdin",
                "--not",
                "--all",
                stdin=_tips(commands),
            )
    except GitError as problem:
        raise Disconnected(f"objects are missing: {problem.message}") from problem


async def updates(
    place: Quarantine, commands: tuple[Command, ...]
) -> tuple[tuple[RefUpdate, ...], dict[str, str]]:
    """The refs as they are to be judged, and for those that touch workflow files one path that says so."""
    touching = await _touching(place, commands)
    told_apart = len(commands) <= _REFS_TOLD_APART
    paths: dict[str, str] = {}
    for command in commands if touching else ():
        if command.deletes:
            continue
        own = await _new_commits(place, (command,)) if told_apart else list(touching)
        if hit := next((commit for commit in own if commit in touching), None):
            paths[command.ref] = touching[hit]
    judged = tuple(
        RefUpdate(command.ref, command.old, command.new, command.ref in paths) for command in commands
    )
    return judged, paths


async def _touching(place: Quarantine, commands: tuple[Command, ...]) -> dict[str, str]:
    """New commits that change workflow files -> one such path. Two looks: most commits never touch `.github`."""
    new = await _new_commits(place, commands)
    near = await _changed(place, new, lambda path: is_github_folder(path.split(b"/")[0]), recursive=False)
    return await _changed(place, list(near), is_workflow_path, recursive=True)


async def _new_commits(place: Quarantine, commands: tuple[Command, ...]) -> list[str]:
    found = bytearray()
    await _output(place, found.extend, "rev-list", "--stdin", "--not", "--all", stdin=_tips(commands))
    return found.decode("ascii").split()


async def _changed(
    place: Quarantine, commits: list[str], wanted: Callable[[bytes], bool], *, recursive: bool
) -> dict[str, str]:
    if not commits:
        return {}
    reader, hits = ChangeReader(), {}

    def look(chunk: bytes) -> None:
        for change in reader.feed(chunk):
            if change.commit not in hits and wanted(change.path):
                hits[change.commit] = _shown(change.path)

    options = ["--stdin", "-m", "--root", "--no-renames", "--raw", "-z", *(["-r"] if recursive else [])]
    await _output(
        place, look, "diff-tree", *options, stdin="".join(f"{commit}\n" for commit in commits).encode()
    )
    return hits


def _shown(path: bytes) -> str:
    return "".join(char if char.isprintable() else "?" for char in path.decode("utf-8", "replace"))[:200]


def _tips(commands: tuple[Command, ...]) -> bytes:
    return "".join(f"{command.new}\n" for command in commands if not command.deletes).encode()


async def _output(place: Quarantine, take: Callable[[bytes], object], *args: str, stdin: bytes) -> None:
    """Give each piece of a git command's output to `take`. GitError when it fails; it never outlives the caller."""
    async with AsyncExitStack() as stack:
        process = await spawn(place.git_dir, *args, env=place.env, config=_CONFIG)
        stack.push_async_callback(kill_tree, process)
        assert process.stdin  # noqa: S101 - a pipe was asked for, as for the other two
        assert process.stdout  # noqa: S101
        assert process.stderr  # noqa: S101
        feeding = asyncio.create_task(_feed(process.stdin, stdin))
        complaints = asyncio.create_task(process.stderr.read(_STEP))
        while piece := await process.stdout.read(_STEP):
            take(piece)
        await feeding
        if await process.wait() != 0:
            raise GitError(said(await complaints) or f"git {args[0]} failed.")


async def _feed(pipe: asyncio.StreamWriter, data: bytes) -> None:
    try:
        for at in range(0, len(data), _STEP):
            pipe.write(data[at : at + _STEP])
            await pipe.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # git ended early and says why on its standard error
    finally:
        pipe.close()
