"""The one HTTP client for addresses that people give: GitHub, webhooks, chat.

A request goes to the address that was checked (`addresses.pin`), over a connection of its own, which is closed after
one answer: nothing that a server sends can be taken for the answer to a later request. No redirect is followed, no
proxy, `.netrc` or environment variable is asked, nothing is decoded, nothing is retried. Everything together, from the
look-up to the last byte, ends at one deadline, however slowly the bytes drip; and no more than a fixed number of bytes
is ever read.

Built on `http.client`, which does none of these things unless told to. docs/decisions/0022 has the reasons.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import MappingProxyType

from django.conf import settings

import keyhole
from keyhole.core.errors import Unavailable
from keyhole.core.secret import Secret
from keyhole.providers.addresses import CannotLookUp, Pinned, pin
from keyhole.providers.trust import trusted
from keyhole.providers.wire import TooMuch, Wire

LARGEST = 16 << 20
"""Bytes of an answer's body that are read unless said otherwise."""
_HEAD = 256 << 10
_METHOD = re.compile(r"[A-Z]+")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "expect", "te", "upgrade"})
_NOTHING: Mapping[str, str | Secret] = MappingProxyType({})


class Unreachable(Unavailable):
    """There is no answer, or none that can be used. A later attempt may succeed."""


class Untrusted(Unreachable):
    """The other side could not prove that it is who it should be. Trying again will not help."""


class Headers:
    """An answer's headers: names in any letter case, all values kept."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str, default: str = "") -> str:
        """The first value, or the default."""
        return next(iter(self.all(name)), default)

    def all(self, name: str) -> list[str]:
        """Every value, in order."""
        return [value for each, value in self._pairs if each.lower() == name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __repr__(self) -> str:  # values may be credentials (Set-Cookie)
        return f"Headers({sorted({name for name, _ in self._pairs})})"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    """As sent: not decompressed, whatever the headers say."""
    url: str = field(repr=False)
    """The address that was asked; only its origin where the address was a `Secret`."""


class Outgoing:
    """Sends requests. Has no state between two of them, so any number of threads may share one."""

    def __init__(
        self, *, allow_private: bool = False, ca_file: str = "", timeout: float = 20.0, largest: int = LARGEST
    ) -> None:
        """`ca_file`: PEM file of authorities to trust besides the system's. `timeout`: seconds for all of a request.

        `largest`: bytes of a body.
        """
        self.allow_private = allow_private
        self.ca_file = ca_file
        self._timeout = timeout
        self._largest = largest

    def request(
        self,
        method: str,
        url: str | Secret,
        *,
        headers: Mapping[str, str | Secret] = _NOTHING,
        body: bytes = b"",
        timeout: float | None = None,
    ) -> Reply:
        """The answer, whatever its status, to one request.

        Raises InvalidInput for an address that may not be opened (before anything is sent), Unreachable when there is
        no whole answer in time, Untrusted when TLS fails. No error shows more of the address than its host.
        """
        text = url.reveal() if isinstance(url, Secret) else url
        ends = time.monotonic() + (self._timeout if timeout is None else timeout)
        try:
            pinned = pin(text, allow_private=self.allow_private, name="address")
        except CannotLookUp as problem:
            raise Unreachable(problem.message, hint=problem.hint) from problem
        plain = _checked(method, headers)
        shown = f"{pinned.scheme}://{pinned.authority}" if isinstance(url, Secret) else text
        with closing(self._connect(pinned, ends)) as sock:
            try:
                return self._exchange(
                    Wire(sock, ends, _HEAD + self._largest), pinned, method, plain, body, shown
                )
            except (OSError, HTTPException, TooMuch, ValueError) as problem:
                # Without the cause: what a broken server sent may repeat the credential that it was sent.
                raise _unreachable(pinned, problem) from None

    def _connect(self, pinned: Pinned, ends: float) -> socket.socket:
        """A connection to the first of the checked addresses that takes one."""
        last: OSError = TimeoutError()
        for tried, address in enumerate(pinned.addresses):
            left = ends - time.monotonic()
            if left <= 0:
                break
            # One that swallows everything must leave time for those after it.
            share = left / (len(pinned.addresses) - tried)
            try:
                return self._secured(socket.create_connection((address, pinned.port), share), pinned, ends)
            except ssl.SSLError as problem:
                raise _unreachable(pinned, problem) from problem
            except OSError as problem:
                last = problem
        raise _unreachable(pinned, last) from last

    def _secured(self, sock: socket.socket, pinned: Pinned, ends: float) -> socket.socket:
        if pinned.scheme == "http":
            return sock
        try:
            sock.settimeout(max(ends - time.monotonic(), 0.001))
            return trusted(self.ca_file).wrap_socket(sock, server_hostname=pinned.host)
        except BaseException:  # whatever it was, the socket is not left open
            sock.close()
            raise

    def _exchange(
        self, wire: Wire, pinned: Pinned, method: str, headers: dict[str, str], body: bytes, shown: str
    ) -> Reply:
        connection = HTTPConnection(pinned.host, pinned.port)
        connection.auto_open = 0
        connection.sock = wire
        connection.putrequest(method, _target(pinned.url), skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body or method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Host", pinned.authority)
        connection.putheader("Connection", "close")
        connection.endheaders(body or None)
        with closing(connection.getresponse()) as response:
            if wire.ended:  # http.client takes an end in the middle of the headers for their end
                raise HTTPException("the answer ended early")
            content = self._body(response)
            return Reply(response.status, Headers(response.getheaders()), content, shown)

    def _body(self, response: HTTPResponse) -> bytes:
        if response.status < 200:
            raise HTTPException("an interim answer and no final one")
        if (response.length or 0) > self._largest:
            raise TooMuch
        content = response.read(self._largest + 1) if response.length != 0 else b""
        if len(content) > self._largest:
            raise TooMuch
        if response.length:
            raise HTTPException("the answer ended early")
        return content


def configured(*, timeout: float = 20.0, largest: int = LARGEST) -> Outgoing:
    """The client as the settings want it."""
    return Outgoing(
        allow_private=settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES,
        ca_file=settings.KEYHOLE_CA_FILE,
        timeout=timeout,
        largest=largest,
    )


def _checked(method: str, headers: Mapping[str, str | Secret]) -> dict[str, str]:
    """The headers as text. ValueError for what is no header; its text never holds a value."""
    if _METHOD.fullmatch(method) is None:
        raise ValueError("not a method")
    plain = {"User-Agent": f"Keyhole/{keyhole.__version__}", "Accept-Encoding": "identity"}
    for name, value in headers.items():
        text = value.reveal() if isinstance(value, Secret) else value
        if _NAME.fullmatch(name) is None or name.lower() in _OURS:
            raise ValueError(f"{name!r} is not a header that can be given")
        if _VALUE.fullmatch(text) is None:
            raise ValueError(f"the value of {name} is not one line of ASCII")
        plain = {each: known for each, known in plain.items() if each.lower() != name.lower()} | {name: text}
    return plain


def _target(url: str) -> str:
    """Path and query exactly as given."""
    rest = url.partition("://")[2]
    start = next((index for index, char in enumerate(rest) if char in "/?"), len(rest))
    target = rest[start:]
    return target if target.startswith("/") else f"/{target}"


def _unreachable(pinned: Pinned, problem: Exception) -> Unreachable:
    host = pinned.authority
    match problem:
        case ssl.SSLCertVerificationError():
            return Untrusted(
                f"{host} could not prove who it is: {problem.verify_message}.",
                hint="If its certificate is from your own authority, name that authority's file in KEYHOLE_CA_FILE.",
            )
        case TimeoutError():
            return Unreachable(f"{host} did not answer in time.", hint="Try again later.")
        case ssl.SSLError() if not isinstance(problem, ssl.SSLEOFError):
            return Untrusted(
                f"{host} does not speak TLS as it should ({problem.reason}).",
                hint="At least TLS 1.2 is needed.",
            )
        case TooMuch():
            return Unreachable(f"The answer of {host} is larger than what is read.")
        case ConnectionRefusedError():
            return Unreachable(f"{host} refuses connections.", hint="Check the address and the port.")
        case OSError():
            return Unreachable(f"The connection to {host} failed: {problem.strerror or 'it broke off'}.")
        case _:
            return Unreachable(f"{host} did not answer as a web server does.")
