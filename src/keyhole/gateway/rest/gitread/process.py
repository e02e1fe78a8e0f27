"""One git process, its output bounded in size and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from keyhole.core.errors import Unavailable
from keyhole.gateway.places import Places
from keyhole.providers.gitcli import GitError, kill_tree, said, spawn

LIMIT = 64 << 20
"""Most bytes of output that are kept of one process, unless a caller says otherwise."""
_SILENCE = 60.0
TIMEOUT = 20.0
"""Seconds after which a process is ended, unless a caller says otherwise."""
_CHUNK = 1 << 16
_MOST_COMPLAINT = 1 << 14
# Apart from the places of transfers: sixty-four clones at once must not stop a look at a branch.
_places = Places(16, 256, 15.0)
_streams = Places(8, 32, 30.0)


@dataclass(frozen=True, slots=True)
class Captured:
    """What a process wrote."""

    out: bytes
    truncated: bool
    """Whether there was more than the limit; the process was then ended early."""
    complaint: bytes = b""
    """What it wrote on standard error, at most 16 KB, although it ended well."""


async def capture(
    git_dir: Path,
    *args: str,
    stdin: bytes = b"",
    limit: int = LIMIT,
    timeout: float = TIMEOUT,
    env: Mapping[str, str] | None = None,
) -> Captured:
    """The first `limit` bytes that git writes.

    Raises GitError when git fails, Unavailable when it does not end in time. The process is gone afterwards,
    also when the caller is cancelled.
    """
    async with _places.one():
        process = await spawn(git_dir, *args, env=env)
        try:
            async with asyncio.timeout(timeout):
                return await _drain(process, args[0], stdin, limit)
        except TimeoutError as slow:
            raise Unavailable(f"git {args[0]} took longer than {timeout:.0f} s.") from slow
        finally:
            await kill_tree(process)


async def output(
    git_dir: Path,
    *args: str,
    stdin: bytes = b"",
    limit: int = LIMIT,
    timeout: float = TIMEOUT,
    env: Mapping[str, str] | None = None,
) -> bytes:
    """All that git writes; Unavailable when that is more than `limit` bytes."""
    captured = await capture(git_dir, *args, stdin=stdin, limit=limit, timeout=timeout, env=env)
    if captured.truncated:
        raise Unavailable(f"git {args[0]} wrote more than {limit >> 20} MB.")
    return captured.out


async def _drain(process: asyncio.subprocess.Process, command: str, stdin: bytes, limit: int) -> Captured:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise GitError(f"git {command} was started without pipes.")
    feeding = asyncio.create_task(_feed(process.stdin, stdin))
    complaint = asyncio.create_task(_last(process.stderr))
    try:
        parts: list[bytes] = []
        size = 0
        while chunk := await process.stdout.read(_CHUNK):
            parts.append(chunk)
            size += len(chunk)
            if size > limit:
                return Captured(b"".join(parts)[:limit], truncated=True)
        await feeding
        complained = await complaint
        if await process.wait() != 0:
            raise GitError(said(complained) or f"git {command} ended with code {process.returncode}.")
        return Captured(b"".join(parts), truncated=False, complaint=complained)
    finally:
        feeding.cancel()
        complaint.cancel()


async def _feed(pipe: asyncio.StreamWriter, data: bytes) -> None:
    # git may end before it has read everything; what it says then is judged by its exit code.
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.write(data)
        await pipe.drain()
        pipe.close()


async def stream(git_dir: Path, *args: str, filters: Collection[str] | None = None) -> AsyncIterator[bytes]:
    """What git writes, chunk by chunk, never held whole; the process ends with the iteration.

    Raises GitError when git fails or falls silent. There is no limit of time for the whole: a slow client is ended
    by who sends to it.
    """
    async with _streams.one():
        process = await spawn(git_dir, *args, filters=filters, stdin=asyncio.subprocess.DEVNULL)
        if process.stdout is None or process.stderr is None:
            raise GitError(f"git {args[0]} was started without pipes.")
        complaint = asyncio.create_task(_last(process.stderr))
        try:
            while chunk := await asyncio.wait_for(process.stdout.read(_CHUNK), _SILENCE):
                yield chunk
            if await process.wait() != 0:
                raise GitError(
                    said(await complaint) or f"git {args[0]} ended with code {process.returncode}."
                )
        except TimeoutError as silent:
            raise GitError(f"git {args[0]} wrote nothing for {_SILENCE:.0f} s.") from silent
        finally:
            complaint.cancel()
            await kill_tree(process)


async def _last(pipe: asyncio.StreamReader) -> bytes:
    """The end of what is written there; read to its end, since a full pipe would stop git."""
    kept = b""
    while chunk := await pipe.read(_CHUNK):
        kept = (kept + chunk)[-_MOST_COMPLAINT:]
    return kept
