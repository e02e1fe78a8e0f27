"""The HTTP server: its own thread, its own loop, loopback unless told otherwise.

On aiohttp: it is what Keyhole's own upstream client stands on, keeps the bytes of a target as they came, streams in
both directions (a clone is never held whole), and lets a fault break a connection in the middle of an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from aiohttp import web

from keyhole.testing.github import faults, git, uploads
from keyhole.testing.github.api import Request, Sent
from keyhole.testing.github.record import Recorded
from keyhole.testing.github.tokens import SandboxToken
from keyhole.testing.github.web.router import COOKIE

if TYPE_CHECKING:
    from keyhole.testing.github.sandbox import GitHub

_READY = 30.0
_PREFIXES = ("/api/v3", "/api/uploads", "/api")
"""The last is for what is not there, GraphQL among it: answered as an API answers, not with a page."""
_LARGEST_BODY = 64 << 20
_LARGEST_FORM = 1 << 20
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Server:
    """Serves one sandbox."""

    def __init__(self, sandbox: GitHub, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._sandbox = sandbox
        self._host, self._port, self._tls = host, port, tls
        self._thread = threading.Thread(target=self._run, name="sandbox-github", daemon=True)
        self._started: Future[int] = Future()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> int:
        """Starts; returns the port. Raises OSError when the address is taken."""
        self._thread.start()
        return self._started.result(_READY)

    def stop(self) -> None:
        """Ends every connection and the thread."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_READY)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as problem:
            if not self._started.done():
                self._started.set_exception(problem)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port, ssl_context=self._tls)
        try:
            await site.start()
            port: int = runner.addresses[0][1]
            self._started.set_result(port)
            await self._stop.wait()
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        fault = self._sandbox.faults.take(request.method, path)
        if fault is not None and fault.kind == "stall":
            await self._sandbox.faults.wait(fault)
        elif fault is not None:
            self._note(request, path, 0 if fault.kind != "answer" else fault.status, None)
            return await faults.play(fault, request)
        if (asked := git.place(path)) is not None:
            response, actor, changed = await git.answer(self._sandbox.world, request, asked)
            self._note(request, path, response.status, actor.token, changed=changed)
            return response
        prefix = next((each for each in _PREFIXES if path == each or path.startswith(f"{each}/")), None)
        if prefix is None:
            return await self._page(request, path)
        return await self._rest(request, path, path[len(prefix) :] or "/")

    async def _rest(self, request: web.BaseRequest, path: str, below: str) -> web.StreamResponse:
        body = await uploads.whole(request, _LARGEST_BODY)
        asked = Request(
            request.method,
            below,
            request.raw_path.partition("?")[2],
            {name.lower(): value for name, value in request.headers.items()},
            body,
            request.remote or "",
            self._sandbox.url,
        )
        sent: Sent = await asyncio.to_thread(self._sandbox.api.answer, asked)
        self._note(request, path, sent.status, sent.token, operation=sent.operation, changed=sent.changed)
        response = web.Response(status=sent.status, body=sent.body or None, headers=sent.headers)
        with contextlib.suppress(ConnectionResetError):
            await response.prepare(request)
            await response.write_eof()
        return response

    async def _page(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        body = await uploads.whole(request, _LARGEST_FORM)
        cookie = request.cookies.get(COOKIE, "")
        found, session = await asyncio.to_thread(
            self._sandbox.pages.answer, request.method, request.raw_path, cookie, body, self._sandbox.url
        )
        self._note(request, path, found.status, None)
        headers = {**_PAGE_HEADERS, **found.headers}
        shown = found.html.encode() if isinstance(found.html, str) else found.html
        response = web.Response(
            status=found.status, body=b"" if request.method == "HEAD" else shown, headers=headers
        )
        if session.id != cookie:
            response.set_cookie(COOKIE, session.id, httponly=True, samesite="Lax")
        with contextlib.suppress(ConnectionResetError):
            await response.prepare(request)
            await response.write_eof()
        return response

    def _note(
        self,
        request: web.BaseRequest,
        path: str,
        status: int,
        token: SandboxToken | None,
        *,
        operation: str = "",
        changed: bool = False,
    ) -> None:
        query = request.raw_path.partition("?")[2]
        self._sandbox.record(
            Recorded(
                request.method,
                path,
                status,
                token.id if token is not None else None,
                query,
                operation,
                changed,
            )
        )
