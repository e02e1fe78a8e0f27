"""Running git: always with the hardened arguments and environment, always with a limit, never left behind."""

from __future__ import annotations

import asyncio
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from keyhole.core.errors import KeyholeError
from keyhole.core.git_safety import git_argv, git_env
from keyhole.providers.addresses import Pinned


class GitError(KeyholeError):
    """A git process ended badly. `message` is what git said, without its prefix."""

    status = 500
    said = ""
    """Everything that git said, for those who tell failures apart; not safe to show."""


def run(
    git_dir: Path | None,
    *args: str,
    stdin: bytes = b"",
    timeout: float = 30.0,
    env: Mapping[str, str] | None = None,
    config: Mapping[str, str] | None = None,
    allow_protocols: Collection[str] = (),
    filters: Collection[str] | None = None,
) -> bytes:
    """Standard output of one git command that ends within `timeout` seconds.

    Raises GitError when git fails or does not end in time; the process and its children are then gone.
    """
    argv = git_argv(git_dir, *args, config=config or {}, filters=filters)
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**git_env(allow_protocols=allow_protocols), **(env or {})},
        cwd="/",
    )
    try:
        out, err = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired as slow:
        raise GitError(f"git {args[0]} did not end within {timeout:.0f} s.") from slow
    finally:
        _kill_group(process.pid, process.returncode)
    if process.returncode != 0:
        raise GitError(said(err) or f"git {args[0]} ended with code {process.returncode}.")
    return out


def succeeds(git_dir: Path | None, *args: str, timeout: float = 30.0) -> bool:
    """Whether one git command ends well; for questions that git answers by exit code."""
    try:
        run(git_dir, *args, timeout=timeout)
    except GitError:
        return False
    return True


def follow(
    git_dir: Path | None,
    *args: str,
    on_line: Callable[[str], None],
    timeout: float,
    config: Mapping[str, str] | None = None,
    allow_protocols: Collection[str] = (),
    inherit: Collection[int] = (),
) -> None:
    """Run one git command to its end and hand on what it says, line by line, while it says it.

    Lines end as git ends them on a terminal, so that its progress is seen. `inherit`: open file descriptors that git
    and its helpers also have. Raises GitError with all that git said in `said` when it fails or takes longer than
    `timeout` seconds; what `on_line` raises ends git too. The process and its children are then gone.
    """
    process = subprocess.Popen(
        git_argv(git_dir, *args, config=config or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=git_env(allow_protocols=allow_protocols),
        cwd="/",
        pass_fds=tuple(inherit),
    )
    try:
        heard = _hear(process, on_line, time.monotonic() + timeout)
    except subprocess.TimeoutExpired as slow:
        raise GitError(f"git {args[0]} did not end in time.") from slow
    finally:
        _kill_group(process.pid, process.poll())
        process.wait()
    if process.returncode != 0:
        failure = GitError(said(heard) or f"git {args[0]} ended with code {process.returncode}.")
        failure.said = heard.decode("utf-8", "replace")
        raise failure


def _hear(process: subprocess.Popen[bytes], on_line: Callable[[str], None], ends: float) -> bytes:
    """What the process says until it has ended: its last 64 KiB."""
    heard = rest = b""
    with cast("IO[bytes]", process.stderr) as pipe, selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while True:
            if not ready.select(max(ends - time.monotonic(), 0)):
                raise GitError("git did not end in time.")
            chunk = os.read(pipe.fileno(), 65536)
            *lines, rest = re.split(rb"[\r\n]+", rest + (chunk or b"\n"))
            for line in filter(None, lines):
                on_line(line.decode("utf-8", "replace"))
            rest = rest[-4096:]
            if not chunk:
                process.wait(max(ends - time.monotonic(), 1))
                return heard
            heard = (heard + chunk)[-65536:]


def over_http(pinned: Pinned, ca_file: str = "") -> dict[str, str]:
    """Settings with which git opens the checked address and nothing else: no redirect, no proxy, no other name."""
    trust = {"http.sslCAInfo": ca_file} if ca_file else {}
    return {
        f"protocol.{pinned.scheme}.allow": "always",
        "http.followRedirects": "false",
        "http.proxy": "",
        "http.curloptResolve": pinned.curl_resolve,
        **trust,
    }


async def spawn(
    git_dir: Path,
    *args: str,
    env: Mapping[str, str] | None = None,
    config: Mapping[str, str] | None = None,
    stdin: int | None = asyncio.subprocess.PIPE,
    limit: int = 1 << 16,
    filters: Collection[str] | None = None,
) -> asyncio.subprocess.Process:
    """A git process with piped output, in a group of its own so that `kill_tree` ends its helpers too."""
    argv = git_argv(git_dir, *args, config=config or {}, filters=filters)
    return await asyncio.create_subprocess_exec(
        *argv,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",
        env={**git_env(), **(env or {})},
        start_new_session=True,
        limit=limit,
    )


async def kill_tree(process: asyncio.subprocess.Process) -> None:
    """End the process and every process it started, and reap it."""
    _kill_group(process.pid, process.returncode)
    await process.wait()


def _kill_group(group: int, returncode: int | None) -> None:
    if returncode is None:
        with suppress(ProcessLookupError):  # it ended between the question and the signal
            os.killpg(group, signal.SIGKILL)


def said(stderr: bytes) -> str:
    """The last thing git complained about, as text that is safe to show."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
    text = fatal[-1].removeprefix("fatal: ").removeprefix("error: ") if fatal else ""
    return "".join(char if char.isprintable() else "?" for char in text)[:500]
