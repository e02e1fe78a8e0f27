"""The door of the data plane: what reaches it is read once, in one order, and answered once.

Headers, target, method, token, then git or REST. Nothing a client says about its method, address or path elsewhere
than in the request line counts; cookies are never read.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings

from keyhole.core.canonical import Target, check_headers, parse_target
from keyhole.core.credentials import presented
from keyhole.core.errors import BadCredentials, KeyholeError, MalformedRequest
from keyhole.gateway import git, leaked
from keyhole.gateway.answers import json_answer, text_answer
from keyhole.gateway.body import Body, ClientGone
from keyhole.gateway.errors import MethodNotAllowed
from keyhole.gateway.http import HttpRequest, Response
from keyhole.gateway.places import in_thread
from keyhole.gateway.rest import dispatch
from keyhole.gateway.watch import watched
from keyhole.tokens.authority import (
    Bearer,
    Circumstances,
    Known,
    identify,
    refuse_known,
    unauthenticated,
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = logging.getLogger(__name__)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_GIT_ENDINGS = (b"/info/refs", b"/git-upload-pack", b"/git-receive-pack", b"/git-upload-archive")
_SLOWEST_READER = 15.0
"""Seconds in which a client must take an answer."""
_SLOWEST_STREAM = 30.0
"""Seconds in which it must take 64 KiB of a stream: who receives a pack also unpacks it and may fall silent."""
_EVERY_ANSWER = (
    (b"cache-control", b"private, no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"referrer-policy", b"no-referrer"),
    (b"server", b"keyhole"),
)


def claims(raw_path: bytes) -> bool:
    """Whether a path is the gateway's. Generous: what only looks like one is refused here, not shown a page."""
    if not raw_path.startswith(b"/"):
        return True  # `*` and the like, which no page can make anything of
    plain = b"/" + unquote_to_bytes(raw_path).lower().lstrip(b"/")
    return (
        plain in (b"/api/v3", b"/api/graphql")
        or plain.startswith(b"/api/v3/")
        or plain.endswith(_GIT_ENDINGS)
        or b".git/" in plain
        or plain.endswith(b".git")
    )


async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application. Never raises: whatever happens ends as an answer or a closed connection."""
    if scope["type"] != "http":
        return
    exchange = _Exchange(scope, receive, send)
    try:
        await exchange.run()
    except ClientGone:
        return  # nobody is left to be told
    except KeyholeError as problem:
        # Too late for a status: the stream ends without its end, which every client notices.
        _log.warning(
            "an answer to %s was cut short: %s", scope["raw_path"].decode("ascii", "replace"), problem
        )


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._headers = tuple((bytes(name).lower(), bytes(value)) for name, value in scope["headers"])
        self._body = Body(receive, self._declared())
        self._rest = unquote_to_bytes(scope["raw_path"]).lstrip(b"/").lower().startswith(b"api/")

    def _declared(self) -> int | None:
        lengths = [value for name, value in self._headers if name == b"content-length"]
        return int(lengths[0]) if len(lengths) == 1 and lengths[0].isdigit() else None

    async def run(self) -> None:
        """Answer. An error that nobody foresaw is a 500 without details, and never lets anything pass."""
        try:
            response = await self._answer()
        except KeyholeError as problem:
            response = self._said(problem)
        except ClientGone:
            raise
        except Exception:  # noqa: BLE001 - the last resort: an unforeseen error must end as a refusal with an id
            _log.exception("unforeseen error in the gateway")
            response = self._said(KeyholeError("Server Error"))
        await self._deliver(response)

    def _said(self, problem: KeyholeError) -> Response:
        return json_answer(problem) if self._rest else text_answer(problem)

    async def _answer(self) -> Response:
        check_headers(list(self._headers))
        method = self._scope["method"]
        if method not in _METHODS:
            raise MethodNotAllowed("This method is not answered here.")
        target = await self._target(method)
        await self._no_body_on_reads(method)
        http = HttpRequest(method, target, self._headers, self._address(), self._body)
        if leaked.is_report(http):
            return await leaked.answer(http)
        bearer = await self._bearer(http)
        handle = dispatch.handle if self._rest else git.handle
        return await watched(handle(http, bearer), self._body, bearer.held)

    async def _target(self, method: str) -> Target:
        try:
            return parse_target(bytes(self._scope["raw_path"]), bytes(self._scope["query_string"]))
        except BadCredentials as problem:
            # A token in the address: the target holds it, so the record must not hold the target.
            return await self._unauthenticated(problem, method, "(a credential was in the query)")

    async def _no_body_on_reads(self, method: str) -> None:
        if method not in ("GET", "HEAD"):
            return
        if self._declared() or any(name == b"transfer-encoding" for name, _ in self._headers):
            raise MalformedRequest("A request that reads has no body.")
        await self._body.read(0)

    async def _bearer(self, http: HttpRequest) -> Bearer:
        shown = http.target.render().decode("ascii")
        try:
            token = presented(http.headers)
            if token is None:
                raise BadCredentials("Requires authentication", hint="Send a Keyhole token as the password.")
            return await in_thread(identify, token)
        except Known as problem:
            problem.explain = await in_thread(refuse_known, problem, self._circumstances(http.method, shown))
            raise
        except BadCredentials as problem:
            return await self._unauthenticated(problem, http.method, shown)

    async def _unauthenticated(self, problem: BadCredentials, method: str, target: str) -> Any:
        circumstances = self._circumstances(method, target)
        problem.explain = await in_thread(unauthenticated, circumstances, problem.message)
        raise problem

    def _circumstances(self, method: str, target: str) -> Circumstances:
        agent = next(
            (value.decode("latin-1")[:200] for name, value in self._headers if name == b"user-agent"), ""
        )
        return Circumstances(
            surface="rest" if self._rest else "git",
            method=method,
            target=target,
            address=self._address(),
            agent=agent,
        )

    def _address(self) -> str:
        client = self._scope.get("client")
        peer = str(client[0]) if client else ""
        if not _is_proxy(peer):
            return peer
        said = [value for name, value in self._headers if name == b"x-forwarded-for"]
        last = said[-1].split(b",")[-1].strip().decode("ascii", "replace") if said else ""
        try:
            return str(ipaddress.ip_address(last))
        except ValueError:
            return peer

    async def _deliver(self, response: Response) -> None:
        start = {"type": "http.response.start", "status": response.status, "headers": _with_common(response)}
        if isinstance(response.body, bytes):
            await self._put(start)
            body = b"" if self._scope["method"] == "HEAD" else response.body
            await self._put({"type": "http.response.body", "body": body, "more_body": False})
            return
        await watched(self._stream(start, response.body), self._body, response.held)

    async def _stream(self, start: MutableMapping[str, Any], pieces: AsyncIterator[bytes]) -> None:
        try:
            await self._put(start)
            if self._scope["method"] != "HEAD":
                async for piece in pieces:
                    await self._put(
                        {"type": "http.response.body", "body": piece, "more_body": True}, _SLOWEST_STREAM
                    )
            await self._put({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if (close := getattr(pieces, "aclose", None)) is not None:
                await close()

    async def _put(self, message: MutableMapping[str, Any], patience: float = _SLOWEST_READER) -> None:
        try:
            await asyncio.wait_for(self._send(message), patience)
        except TimeoutError:
            _log.info("cut %s: its client took nothing for %.0f s", self._address(), patience)
            raise ClientGone from None


def _is_proxy(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in settings.KEYHOLE_PROXIES)


def _with_common(response: Response) -> list[tuple[bytes, bytes]]:
    headers = [
        (name.lower().encode("ascii"), value.encode("latin-1", "replace")) for name, value in response.headers
    ]
    given = {name for name, _ in headers}
    number = response.explain or secrets.token_hex(8)
    if b"vary" not in given:
        headers.append((b"vary", b"Authorization"))
    if isinstance(response.body, bytes) and response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    if response.explain:
        headers.append((b"x-keyhole-explain", response.explain.encode()))
    headers.append((b"x-github-request-id", number.encode()))
    return headers + [(name, value) for name, value in _EVERY_ANSWER if name not in given]
