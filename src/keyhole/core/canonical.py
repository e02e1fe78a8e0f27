"""Bytes of a request target -> typed parts, or refusal. Nothing is repaired: what has two readings is refused.

Path and query are split and decoded once, here; whatever is judged, looked up or forwarded is rebuilt from the parts
(RFC 3986). See docs/decisions for the one spelling that each target has and for the encoded slash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from keyhole.core.errors import BadCredentials, MalformedRequest
from keyhole.core.token_text import PREFIX

_MAX_PATH = 8192
_MAX_QUERY = 8192
_MAX_SEGMENTS = 256
_MAX_PARAMETERS = 64
_API = ("api", "v3")

_RAW_PATH = re.compile(rb"/(?:[A-Za-z0-9._~!$&'()*+,=:@/-]|%[0-9A-Fa-f]{2})*")
_RAW_QUERY = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,=:@/?-]|%[0-9A-Fa-f]{2})*")
_NEEDLESSLY_ENCODED = re.compile(
    rb"%(?:4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]|3[0-9]|2[de]|5f|7e)", re.IGNORECASE
)
"""Letters, digits and `-._~`. No client encodes them; an attacker does, to be read differently further on."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ENCODED_TWICE = re.compile(r"%[0-9A-Fa-f]{2}")
_QUERY_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,100}")
_CREDENTIAL_NAMES = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "auth_token",
        "authorization",
        "bearer_token",
        "client_secret",
        "job_token",
        "oauth_token",
        "password",
        "private_token",
        "token",
    }
)

_EMPTY_TAIL = {
    ("contents",): "GET /repos/o/r/contents/ of PyGithub and octokit: the top directory",
    ("git", "matching-refs"): "octokit with ref '': all refs",
    ("tarball",): "octokit with ref '': the default branch",
    ("zipball",): "the same",
}
"""What may follow `/repos/{owner}/{repo}` and end in a slash, because real clients ask so."""

_MAX_HEADERS = 100
_MAX_HEADER = 8192
_MAX_HEADERS_TOTAL = 32768
_HEADER_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_HEADER_VALUE = re.compile(rb"[\x20-\x7e\x80-\xff]*")
_HOST = re.compile(rb"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_ONCE = (
    b"host",
    b"authorization",
    b"content-length",
    b"transfer-encoding",
    b"content-type",
    b"content-encoding",
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a request asks for, in exactly one form."""

    segments: tuple[str, ...]
    """The path, decoded. A segment that holds a slash was sent as one segment with `%2F`."""
    query: tuple[tuple[str, str], ...]
    """Names and values, decoded, in the order they came; no name twice."""

    def render(self) -> bytes:
        """The one spelling of this target; parsing it gives an equal target."""
        path = "/" + "/".join(quote(segment, safe="") for segment in self.segments)
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.query)
        return (f"{path}?{query}" if query else path).encode("ascii")


def parse_target(raw_path: bytes, raw_query: bytes) -> Target:
    """The target in a request line's path and query, as they came over the wire.

    Raises MalformedRequest for everything that is not canonical, BadCredentials for a token in the query.
    """
    return Target(_segments(raw_path), _query(raw_query))


def _segments(raw: bytes) -> tuple[str, ...]:
    if len(raw) > _MAX_PATH:
        raise MalformedRequest("The path is too long.")
    if _RAW_PATH.fullmatch(raw) is None:
        raise MalformedRequest("The path is not an absolute path of allowed characters and %XX.")
    if raw == b"/":
        return ()
    segments = [_decoded(part) for part in raw[1:].split(b"/")]
    if segments[-1] == "" and _may_end_in_slash(segments[:-1]):
        segments.pop()
    if len(segments) > _MAX_SEGMENTS:
        raise MalformedRequest("The path has too many segments.")
    for segment in segments:
        _check_segment(segment, slash_allowed=tuple(segments[:2]) == _API)
    return tuple(segments)


def _may_end_in_slash(segments: list[str]) -> bool:
    if tuple(segments) == _API:
        return True
    return tuple(segments[:3]) == (*_API, "repos") and tuple(segments[5:]) in _EMPTY_TAIL


def _check_segment(segment: str, *, slash_allowed: bool) -> None:
    if "/" in segment and not slash_allowed:
        raise MalformedRequest("An encoded slash is not understood here.")
    if any(part in ("", ".", "..") for part in segment.split("/")):
        raise MalformedRequest("The path has an empty segment or one of dots.")
    if "\\" in segment:
        raise MalformedRequest("The path has a backslash.")
    if "%" in segment and _ENCODED_TWICE.search(segment):
        raise MalformedRequest("The path is encoded twice.")


def _decoded(raw: bytes) -> str:
    if b"%" not in raw:
        return raw.decode("ascii")
    if _NEEDLESSLY_ENCODED.search(raw):
        raise MalformedRequest("The target encodes characters that need no encoding.")
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRequest("The target is not UTF-8.") from None
    if _CONTROL.search(text):
        raise MalformedRequest("The target has control characters.")
    return text


def _query(raw: bytes) -> tuple[tuple[str, str], ...]:
    if not raw:
        return ()
    if len(raw) > _MAX_QUERY or raw.count(b"&") >= _MAX_PARAMETERS:
        raise MalformedRequest("The query is too long.")
    if _RAW_QUERY.fullmatch(raw) is None:
        raise MalformedRequest("The query has characters that must be encoded.")
    pairs: dict[str, str] = {}
    for part in raw.split(b"&"):
        name, value = (_decoded(half.replace(b"+", b"%20")) for half in part.partition(b"=")[::2])
        if _QUERY_NAME.fullmatch(name) is None:
            raise MalformedRequest("The query has a parameter without a proper name.")
        if name.lower() in _CREDENTIAL_NAMES or PREFIX in value:
            raise BadCredentials("Bad credentials", hint="Tokens are never taken from the address.")
        if name in pairs:
            raise MalformedRequest("The query names a parameter twice.")
        pairs[name] = value
    return tuple(pairs.items())


def check_headers(headers: list[tuple[bytes, bytes]]) -> None:
    """Refuses header blocks that two programs could read differently (RFC 9112, 3.2 and 6.3) or that are too large.

    Raises MalformedRequest; BadCredentials for an Authorization header longer than any credential.
    """
    if len(headers) > _MAX_HEADERS:
        raise MalformedRequest("Too many headers.")
    for name, value in headers:
        _check_header(name.lower(), value)
    if sum(len(name) + len(value) for name, value in headers) > _MAX_HEADERS_TOTAL:
        raise MalformedRequest("The headers are too large.")
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name.lower() in _ONCE and name.lower() in found:
            raise MalformedRequest(f"More than one {name.decode('ascii')} header.")
        found[name.lower()] = value
    _check_framing(found)


def _check_header(name: bytes, value: bytes) -> None:
    if _HEADER_NAME.fullmatch(name) is None:
        raise MalformedRequest("A header has no proper name.")
    if len(value) > _MAX_HEADER:
        if name == b"authorization":
            raise BadCredentials("Bad credentials")
        raise MalformedRequest("A header is too large.")
    if _HEADER_VALUE.fullmatch(value) is None:
        raise MalformedRequest("A header has control characters.")


def _check_framing(found: dict[bytes, bytes]) -> None:
    if _HOST.fullmatch(found.get(b"host", b"")) is None:
        raise MalformedRequest("The Host header is missing or not a host.")
    if b"content-length" in found and b"transfer-encoding" in found:
        raise MalformedRequest("Content-Length and Transfer-Encoding contradict each other.")
    if _LENGTH.fullmatch(found.get(b"content-length", b"0")) is None:
        raise MalformedRequest("Content-Length is not a number.")
    if found.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        raise MalformedRequest("The only Transfer-Encoding is chunked.")
