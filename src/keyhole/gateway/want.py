"""What a clone or fetch asks for: checked whole before a git process exists, then handed to git unchanged.

Refusing unknown commands and arguments here keeps away what the repository's own config could switch on: packs
fetched from other addresses (`packfile-uris`), filters that cost without bound, commands of later versions.
Source: gitprotocol-pack(5) "Packfile Negotiation" and gitprotocol-v2(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from keyhole.core.errors import MalformedRequest
from keyhole.gateway.pktline import Kind, Packet, packets

_OID = rb"(?:[0-9a-f]{40}|[0-9a-f]{64})"
_NUMBER = rb"[0-9]{1,10}"
_FILTER = rb"filter (?:blob:none|blob:limit=[0-9]{1,15}[kmgKMG]?|tree:[0-9]{1,10})"
_DEPTH = rb"deepen " + _NUMBER + rb"|deepen-since [0-9]{1,19}|deepen-not [^\x00-\x20\x7f]{1,1000}"
_CAPABILITIES = rb"(?: [^\x00-\x20\x7f]{1,1000})*"
_V2_HEAD = re.compile(rb"(?:agent|session-id)=[\x20-\x7e]{1,1000}|object-format=[a-z0-9]{1,16}")
_V2_ARGUMENTS = {
    b"command=ls-refs": re.compile(rb"peel|symrefs|unborn|ref-prefix [^\x00-\x20\x7f]{0,1000}"),
    b"command=fetch": re.compile(
        rb"thin-pack|no-progress|include-tag|ofs-delta|sideband-all|done|deepen-relative|wait-for-done"
        rb"|(?:want|have|shallow) "
        + _OID
        + rb"|want-ref [^\x00-\x20\x7f]{1,1000}|"
        + _DEPTH
        + rb"|"
        + _FILTER
    ),
}
_V0_WANTS = re.compile(
    rb"want " + _OID + _CAPABILITIES + rb"|shallow " + _OID + rb"|" + _DEPTH + rb"|" + _FILTER
)
_V0_HAVES = re.compile(rb"have " + _OID + rb"|done")


def check(whole: bytes, version: int) -> None:
    """Raises MalformedRequest unless `whole` is one request of this protocol version, to the last byte."""
    if version == 2:
        _check_v2(list(packets(whole)))
    else:
        _check_v0(packets(whole))


def _check_v2(found: list[Packet]) -> None:
    if not found or found[-1].kind is not Kind.FLUSH:
        raise MalformedRequest("The request does not end with a flush.")
    allowed = _V2_ARGUMENTS.get(found[0].line)
    if allowed is None:
        raise MalformedRequest("Only the commands ls-refs and fetch are answered.")
    in_arguments = False
    for packet in found[1:-1]:
        if packet.kind is Kind.DELIMITER and not in_arguments:
            in_arguments = True
            continue
        if packet.kind is not Kind.DATA:
            raise MalformedRequest("The request has a flush or delimiter where none belongs.")
        _check_line(allowed if in_arguments else _V2_HEAD, packet.line)


def _check_v0(found: Iterable[Packet]) -> None:
    allowed = _V0_WANTS
    for packet in found:
        if packet.kind is Kind.FLUSH:
            allowed = _V0_HAVES
            continue
        if packet.kind is not Kind.DATA:
            raise MalformedRequest("The request has a delimiter where none belongs.")
        _check_line(allowed, packet.line)


def _check_line(allowed: re.Pattern[bytes], line: bytes) -> None:
    if allowed.fullmatch(line) is not None:
        return
    word = re.match(rb"[a-z-]{1,20}", line)
    name = word.group().decode("ascii") if word else "something"
    raise MalformedRequest(
        f"The request asks for a {name} that is not answered here.",
        hint="Filters that are: blob:none, blob:limit=SIZE and tree:DEPTH." if name == "filter" else "",
    )
