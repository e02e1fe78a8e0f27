"""The demo's world: a Keyhole of its own, started as `keyhole up` starts it, and clients that talk to it."""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from keyhole.cli.demo.stage import StepFailed
from keyhole.core.secret import Secret

if TYPE_CHECKING:
    from keyhole.testing.github import GitHub

_READY_WITHIN = 30.0
_OWNER = "demo"
_PR_SET_PDEATHSIG = 1


class World:
    """Everything a demo uses, below one folder, gone when left (but for the data folder if it is kept)."""

    def __init__(self, scratch: Path, keep: Path | None, source: Path) -> None:
        self.scratch = scratch
        self.source = source
        """The repository that the demo is about."""
        self.data = keep or scratch / "data"
        self.port = _free_port()
        self.token: Secret | None = None
        self.token_id = 0
        self.full_name = f"{_OWNER}/{_plain_name(source)}"
        self.other_name = f"{_OWNER}/payroll"
        self.on_github = ""
        """Full name of the repository's copy in the sandbox."""
        self.link = ""
        """Leads to the filled-in form for a new token there."""
        self.github_token: Secret | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._sandbox: GitHub | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._prepare_data()
        os.environ.update(
            KEYHOLE_DATA=str(self.data),
            KEYHOLE_LISTEN=f"127.0.0.1:{self.port}",
            KEYHOLE_URL=self.url(),
            KEYHOLE_DEFAULT_OWNER=_OWNER,
            KEYHOLE_ALLOW_PRIVATE_ADDRESSES="yes",  # the sandbox is on this machine
        )
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._stack.close()
        finally:
            if self._server is not None:
                self._server.terminate()
                try:
                    self._server.wait(15)
                except subprocess.TimeoutExpired:
                    self._server.kill()
                    self._server.wait()

    def _prepare_data(self) -> None:
        mark = self.data / "made-by-keyhole-demo"
        if mark.exists():
            shutil.rmtree(self.data)
        elif self.data.exists() and any(self.data.iterdir()):
            raise StepFailed(f"{self.data} is not empty and was not made by a demo; it is left alone.")
        self.data.mkdir(parents=True, mode=0o700, exist_ok=True)
        mark.touch()

    def url(self, path: str = "") -> str:
        """An address of this Keyhole."""
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self) -> float:
        """Start the server and wait until it answers; the seconds that took."""
        begun = time.monotonic()
        log = (self.scratch / "server.log").open("wb")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "keyhole.cli", "up"],
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=partial(_end_with, os.getpid()),  # noqa: PLW1509 - only prctl is called
        )
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() - begun > _READY_WITHIN:
                raise StepFailed(
                    "The server did not start:\n" + (self.scratch / "server.log").read_text()[-2000:]
                )
            time.sleep(0.05)
        return time.monotonic() - begun

    def _answers(self) -> bool:
        try:
            self.get("/api/v3/user", None)
        except OSError:
            return False
        return True

    def get(self, path: str, token: Secret | None) -> tuple[int, dict[str, Any]]:
        """One GET as a tool sends it; status and JSON body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"User-Agent": "keyhole-demo"} | (
            {"Authorization": f"Bearer {token.reveal()}"} if token else {}
        )
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        finally:
            connection.close()

    def start_sandbox(self) -> GitHub:
        """A sandbox GitHub, until the world ends."""
        from keyhole.testing.github import GitHub  # only a demo needs it

        self._sandbox = self._stack.enter_context(GitHub(folder=self.scratch))
        return self._sandbox

    @property
    def sandbox(self) -> GitHub:
        """The sandbox. StepFailed before it was started."""
        if self._sandbox is None:
            raise StepFailed("The sandbox was not started.")
        return self._sandbox

    def keyhole(self, *args: str, secret: Secret | None = None) -> Any:
        """One `keyhole` command with `--json`, a secret on its standard input; its document. StepFailed if it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "keyhole.cli", *args, "--json"],
            input=secret.reveal() if secret else "",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1) or not done.stdout:
            raise StepFailed(f"keyhole {' '.join(args)} ended with {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def git(self, *args: str, token: Secret | None = None) -> subprocess.CompletedProcess[str]:
        """One git command as a person types it, with the token where git looks for passwords.

        It lies in a 0600 file: an argument or a variable would be readable in the process list.
        """
        settings = [
            "-c",
            "user.name=Demo",
            "-c",
            "user.email=demo@example.invalid",
            "-c",
            "credential.helper=",
        ]
        if token is not None:
            store = self.scratch / "credentials"
            store.touch(0o600)
            store.write_text(f"http://x-access-token:{token.reveal()}@127.0.0.1:{self.port}\n")
            settings += ["-c", f"credential.helper=store --file={store}"]
        return subprocess.run(
            ["git", *settings, *args],
            capture_output=True,
            text=True,
            check=False,
            env={**_git_environment(), "HOME": str(self.scratch)},
        )


def _end_with(starter: int) -> None:
    """In the new process, on Linux: it is told to end when the one that starts it is gone, by `kill -9`, say."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != starter:  # it was gone before that
            os._exit(1)


def _git_environment() -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _plain_name(source: Path) -> str:
    name = "".join(
        char if char.isalnum() or char in "-_." else "-" for char in source.name.removesuffix(".git")
    )
    return name.strip("-.") or "repository"
