"""A real Keyhole for stories: the server as `keyhole up` runs it, on a free port, with a data folder of its own."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import canaries

_CONTROL = Path(__file__).with_name("control.py")
_READY = 60.0
_names = itertools.count(1)


@dataclass(frozen=True)
class Issued:
    """A generated token."""

    id: int
    text: str

    @property
    def header(self) -> str:
        """Value of an Authorization header, as git sends it."""
        return "Basic " + base64.b64encode(f"x-access-token:{self.text}".encode()).decode()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class KeyholeProcess:
    """The server, what people do with it, and git as its users run it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.repositories = folder / "repos"
        self.log = folder / "server.log"
        self.data.mkdir(mode=0o700, parents=True)
        self.repositories.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "KEYHOLE_DATA": str(self.data),
            "DJANGO_SETTINGS_MODULE": "keyhole.settings",
            "KEYHOLE_LISTEN": f"127.0.0.1:{self.port}",
            **environment,
        }
        self.ids: dict[str, int] = {}
        self.process: Any = None

    def start(self) -> None:
        """Start the server, wait until it answers, then start the process that acts for people."""
        self.restart()
        with self.log.open("ab") as log:
            self._control = subprocess.Popen(
                [sys.executable, str(_CONTROL)],
                stdin=subprocess.PIPE,
                text=True,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment,
            )

    def restart(self) -> None:
        """Start the server, once more on the same data after it has ended, and wait until it answers."""
        assert self.process is None or self.process.poll() is not None, "the server still runs"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "keyhole.server"],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self.environment,
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End the server as `kill -9` does."""
        self.process.kill()
        self.process.wait()

    def _wait(self) -> None:
        end = time.monotonic() + _READY
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End both processes."""
        try:
            self._control.communicate(timeout=20)
        finally:
            self._control.kill()
            self._stop_server()

    def _stop_server(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop when told:\n{self.log.read_text()}") from None

    def do(self, command: str, **arguments: Any) -> Any:
        """What a person does, by the name of a function of `control.py`."""
        self._control.stdin.write(json.dumps([command, arguments]) + "\n")
        self._control.stdin.flush()
        line = self._control.stdout.readline()
        assert line, f"the control process died:\n{self.log.read_text()}"
        answer = json.loads(line)
        assert "error" not in answer, answer
        return answer["value"]

    def make_repo(self, full_name: str, files: dict[str, str] | None = None, *, bare: bool = True) -> Path:
        """A repository below the connected folder, with one commit, and connected; returns its git directory."""
        target = self.repositories / (f"{full_name}.git" if bare else full_name)
        target.parent.mkdir(parents=True, exist_ok=True)
        work = self.folder / "seed" / f"{next(_names)}" if bare else target
        self.git("init", "-q", "-b", "main", str(work))
        for name, text in (files or {"README.md": "hello\n"}).items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A", at=work)
        self.git("commit", "-q", "-m", "first", at=work)
        if bare:
            self.git("clone", "-q", "--bare", str(work), str(target))
            shutil.rmtree(work)
        self.connect()
        return target if bare else target / ".git"

    def connect(self) -> dict[str, int]:
        """Connect the folder of repositories (again)."""
        self.ids = self.do("connect", folder=str(self.repositories))
        return self.ids

    def token(self, *full_names: str, days: int | None = 30, **permissions: str) -> Issued:
        """A token for these repositories, all of one owner."""
        made = self.do(
            "token",
            owner=full_names[0].split("/")[0],
            name=f"story {next(_names)}",
            permissions=permissions,
            repository_ids=[self.ids[name] for name in full_names],
            days=days,
        )
        return Issued(made["id"], canaries.watch("story token", made["text"]))

    def git(
        self,
        *args: str,
        at: Path | None = None,
        token: Issued | None = None,
        check: bool = True,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """git as a user runs it; the token is handed over by a credential helper, never in arguments."""
        environment, helper = dict(os.environ), []
        if token is not None:
            place = self.folder / "planted"
            place.mkdir(exist_ok=True)
            credential = place / f"{token.id}.sh"
            credential.write_text(f"#!/bin/sh\necho username=x-access-token\necho password={token.text}\n")
            credential.chmod(0o700)
            helper = ["-c", "credential.helper=", "-c", f"credential.helper={credential}"]
        environment["GIT_TERMINAL_PROMPT"] = "0"
        done = subprocess.run(
            ["git", *helper, *args],
            cwd=at or self.folder,
            env=environment,
            text=True,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        assert not check or done.returncode == 0, f"git {args}: {done.stdout}{done.stderr}"
        return done

    def clone(self, full_name: str, token: Issued, *options: str) -> Path:
        """A new clone through the gateway."""
        target = self.folder / "clones" / f"{next(_names)}"
        self.git(
            *_global(options),
            "clone",
            "-q",
            *_own(options),
            f"{self.url}/{full_name}.git",
            str(target),
            token=token,
        )
        return target

    def commit(self, work: Path, files: dict[str, str | None], message: str = "change") -> str:
        """A commit that writes these files (None removes); returns its id."""
        for name, text in files.items():
            path = work / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self.git("add", "-A", at=work)
        self.git("commit", "-q", "--allow-empty", "-m", message, at=work)
        return self.git("rev-parse", "HEAD", at=work).stdout.strip()

    def http(
        self, method: str, path: str, token: Issued | None = None, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of one request; redirects are not followed."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            given.setdefault("Authorization", f"Bearer {token.text}")
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=given)
        try:
            with _opener.open(request, timeout=30) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, {k.lower(): v for k, v in answer.headers.items()}, answer.read()

    def raw(self, sent: bytes, timeout: float = 5.0) -> bytes:
        """What comes back for exactly these bytes: one whole answer, or all there was when the server closed."""
        # No half-close: the server takes it for a client that has gone away.
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as client:
            client.sendall(sent)
            answer = b""
            try:
                while not _whole(answer) and (piece := client.recv(65536)):
                    answer += piece
            except (TimeoutError, ConnectionResetError):
                pass
        return answer


def _whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if b"transfer-encoding" in fields:
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(fields.get(b"content-length", b"0"))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def _global(options: tuple[str, ...]) -> list[str]:
    return [part for option in options if option.startswith("-c ") for part in ("-c", option[3:])]


def _own(options: tuple[str, ...]) -> list[str]:
    return [option for option in options if not option.startswith("-c ")]
