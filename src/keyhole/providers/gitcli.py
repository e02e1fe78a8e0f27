"""Running git: always with the hardened arguments and environment, always with a limit, never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from keyhole.core.errors import KeyholeError
from keyhole.core.git_safety import git_argv, git_env
from keyhole.providers.addresses import Pinned


class GitError(KeyholeError):
    """A git process ended badly. `message` is what git said, without its prefix."""

    status = 500


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
