"""The second half of a push: every ref is judged before it moves, and what is refused is said in GitHub's words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from keyhole.providers.gitcli import kill_tree, spawn
from keyhole.testing.github import gitdata
from keyhole.testing.github.actors import Actor
from keyhole.testing.github.tokens import Kind
from keyhole.testing.github.world import Repository, World

_CHUNK = 1 << 16
_HOOK = """#!/bin/sh
# Refuses a ref whose new commits change workflow files. The objects are in quarantine until every ref is judged.
case "$3" in *[!0]*) ;; *) exit 0 ;; esac
changed=$(git log --format= --name-only --no-renames -m "$3" --not --all -- .github/workflows | sed -n '/./{p;q;}')
[ -z "$changed" ] && exit 0
echo "workflow $changed" >&2
exit 1
"""
_DECLINED = re.compile(rb"ng ([^\n]+) hook declined")


def hooks(folder: Path) -> Path:
    """The folder with our own hook, made when first asked for. The repository's own hooks never run."""
    place = folder / "hooks"
    if not place.exists():
        place.mkdir()
        (place / "update").write_text(_HOOK)
        (place / "update").chmod(0o755)
    return place


async def receive(
    world: World, request: web.BaseRequest, repository: Repository, actor: Actor, may_change_workflows: bool
) -> tuple[web.StreamResponse, bool]:
    """Receives the pack, moves what may move, and answers; whether any ref moved."""
    config = {
        "receive.denyDeletes": "false",
        "receive.denyNonFastForwards": "false",
        "receive.fsckObjects": "true",
    }
    if not may_change_workflows:
        config["core.hooksPath"] = str(hooks(world.folder))
    before = await asyncio.to_thread(gitdata.refs, repository.git_dir)
    process = await spawn(
        repository.git_dir, "receive-pack", "--stateless-rpc", str(repository.git_dir), config=config
    )
    try:
        feeding = asyncio.create_task(feed(process, request.content.iter_chunked(_CHUNK)))
        said = b"" if process.stdout is None else await process.stdout.read()
        await feeding
    finally:
        await kill_tree(process)
    after = await asyncio.to_thread(gitdata.refs, repository.git_dir)
    with world.lock:
        if moved := before != after:
            repository.pushed_at = world.now()
            world.changes += 1
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/x-git-receive-pack-result",
            "Server": "GitHub.com",
            "Cache-Control": "no-cache",
        }
    )
    await response.prepare(request)
    await response.write(in_githubs_words(said, actor))
    await response.write_eof()
    return response, moved


async def feed(process: asyncio.subprocess.Process, body: AsyncIterator[bytes] | None) -> None:
    """Hands a request's body to git's standard input, and closes it."""
    if process.stdin is None:
        return
    try:
        if body is not None:
            async for chunk in body:
                process.stdin.write(chunk)
                await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):  # git has read enough; its answer says why
        pass
    finally:
        process.stdin.close()


def in_githubs_words(said: bytes, actor: Actor) -> bytes:
    """Git's report with the reason that GitHub gives in place of `hook declined`."""
    packets = _packets(said)
    file = next(
        (
            match[1].decode("utf-8", "replace")
            for kind, data in packets
            if kind == 2 and (match := re.search(rb"workflow (\.github/\S+)", data))
        ),
        "",
    )
    if not file:
        return said
    report = b"".join(data for kind, data in packets if kind == 1)
    lines = [
        _DECLINED.sub(lambda match: b"ng " + match[1] + b" " + _reason(file, actor).encode(), line)
        for line in _lines(report)
    ]
    rewritten = b"".join(f"{len(line) + 4:04x}".encode() + line for line in lines) + b"0000"
    return f"{len(rewritten) + 5:04x}".encode() + b"\x01" + rewritten + b"0000"


def _reason(file: str, actor: Actor) -> str:
    kind = actor.token.kind if actor.token is not None else Kind.CLASSIC
    match kind:
        case Kind.CLASSIC:
            who, what = "a Personal Access Token", "`workflow` scope"
        case Kind.OAUTH:
            who, what = "an OAuth App", "`workflow` scope"
        case Kind.INSTALLATION:
            who, what = "a GitHub App", "`workflows` permission"
        case _:  # the words for a fine-grained token were not seen; these are an app's
            who, what = "a Personal Access Token", "`workflows` permission"
    return f"refusing to allow {who} to create or update workflow `{file}` without {what}"


def _packets(said: bytes) -> list[tuple[int, bytes]]:
    """(band, data) of every packet of a side-band stream."""
    found, at = [], 0
    while at + 4 <= len(said):
        size = int(said[at : at + 4], 16)
        if size > 4:
            found.append((said[at + 4], said[at + 5 : at + size]))
        at += max(size, 4)
    return found


def _lines(report: bytes) -> list[bytes]:
    found, at = [], 0
    while at + 4 <= len(report):
        size = int(report[at : at + 4], 16)
        if size > 4:
            found.append(report[at + 4 : at + size])
        at += max(size, 4)
    return found
