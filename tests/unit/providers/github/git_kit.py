"""Git over HTTP as GitHub serves it: real `git http-backend`, a token as the password of Basic."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from keyhole.providers.github.instance import Instance, InstanceKind


class GitServer:
    """Serves the bare repositories below a folder to who has the token; `answers` override it by path."""

    def __init__(self, root: Path, token: str) -> None:
        self.root, self.token = root, token
        self.seen: list[tuple[str, str, bool]] = []
        """Method, path, and whether a credential came along."""
        self.on_pack: Callable[[], None] = lambda: None
        """Called while git waits for the pack."""
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.handle(self)

            do_POST = do_GET  # noqa: N815 - the name that http.server looks for

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.instance = Instance(InstanceKind.SANDBOX, self.url, f"{self.url}/api/v3")

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        path, _, query = request.path.partition("?")
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        authorization = request.headers.get("Authorization", "")
        self.seen.append((request.command, path, bool(authorization)))
        scripted = next((answer for begin, answer in self.answers.items() if path.startswith(begin)), None)
        password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")[2]
        if scripted is not None:
            self._send(request, *scripted)
        elif password != self.token:
            self._send(
                request, 401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"Invalid username or token.\n"
            )
        elif not (self.root / path.strip("/").partition(".git")[0]).with_suffix(".git").is_dir():
            self._send(request, 404, {"Content-Type": "text/plain"}, b"Repository not found.\n")
        else:
            self._backend(request, path, query, body)

    def _backend(self, request: BaseHTTPRequestHandler, path: str, query: str, body: bytes) -> None:
        if path.endswith("/git-upload-pack") and b"command=fetch" in body:
            self.on_pack()
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=True,
            env={
                "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": request.command,
                "CONTENT_TYPE": request.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""), "REMOTE_USER": "ada",
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
            },
        ).stdout  # fmt: skip
        head, _, content = done.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self._send(request, int(headers.pop("Status", "200").split()[0]), headers, content)

    def _send(
        self, request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes
    ) -> None:
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)


@contextlib.contextmanager
def git_server(root: Path, token: str) -> Iterator[GitServer]:
    """The server for the time of a `with`."""
    server = GitServer(root, token)
    try:
        yield server
    finally:
        server.close()


def git(folder: Path, *args: str) -> str:
    """Run git for a test's own repository."""
    return subprocess.run(
        ["git", "-C", str(folder), *args], check=True, capture_output=True, text=True
    ).stdout.strip()


def repository(root: Path, full_name: str) -> Path:
    """A bare repository with two branches and a tag, at `root/OWNER/REPO.git`; returns the working copy behind it."""
    bare = root / f"{full_name}.git"
    work = root / "work" / full_name
    work.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=trunk", str(bare)], check=True)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=trunk", str(work)], check=True)
    commit(work, "one")
    git(work, "branch", "side")
    git(work, "tag", "v1")
    push(work, bare)
    return work


def commit(work: Path, text: str) -> str:
    (work / "file.txt").write_text(text)
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", text)
    return git(work, "rev-parse", "HEAD")


def push(work: Path, bare: Path) -> None:
    git(
        work,
        "push",
        "--quiet",
        "--force",
        "--prune",
        str(bare),
        "+refs/heads/*:refs/heads/*",
        "+refs/tags/*:refs/tags/*",
    )
