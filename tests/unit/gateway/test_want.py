"""Requests of a fetch: what git sends passes, everything else is refused before a git process exists."""

from __future__ import annotations

import pytest

from keyhole.core.errors import MalformedRequest
from keyhole.gateway.pktline import FLUSH, encode
from keyhole.gateway.want import check

A = b"a" * 40
DELIMITER = b"0001"


def _v2(
    *arguments: bytes, command: bytes = b"command=fetch", head: tuple[bytes, ...] = (b"agent=git/2.39",)
) -> bytes:
    lines = [encode(command), *map(encode, head), DELIMITER, *map(encode, arguments), FLUSH]
    return b"".join(lines)


GOOD_V2 = {
    "clone": _v2(b"thin-pack", b"ofs-delta", b"want " + A + b"\n", b"done\n"),
    "negotiation": _v2(b"want " + A, b"have " + A, b"have " + b"b" * 40),
    "shallow": _v2(b"shallow " + A, b"deepen 1", b"deepen-relative", b"want " + A),
    "since": _v2(b"deepen-since 1700000000", b"deepen-not refs/tags/v1", b"want " + A),
    "filters": _v2(b"filter blob:none", b"filter blob:limit=10k", b"filter tree:0", b"want " + A),
    "sha256": _v2(b"want " + b"a" * 64, head=(b"object-format=sha256",)),
    "ls-refs": _v2(b"peel", b"symrefs", b"unborn", b"ref-prefix refs/heads/", command=b"command=ls-refs\n"),
    "ls-refs-without-arguments": encode(b"command=ls-refs") + FLUSH,
    "G15-deepen-2^31": _v2(b"deepen 2147483648", b"want " + A),  # git answers that itself
}
BAD_V2 = {
    "G5-no-flush": _v2()[:-4],
    "G5-empty": b"",
    "G5-only-flush": FLUSH,
    "G5-flush-inside": encode(b"command=fetch") + FLUSH + FLUSH,
    "G5-two-delimiters": _v2().replace(DELIMITER, DELIMITER * 2),
    "G5-response-end": encode(b"command=fetch") + b"0002" + FLUSH,
    "G5-empty-line": _v2(b""),
    "G5-trailing": _v2() + b"0005a",
    "G4-unknown-command": _v2(command=b"command=receive-pack"),
    "G4-no-command": encode(b"agent=x") + FLUSH,
    "G4-command-with-option": _v2(command=b"command=fetch --upload-pack=x"),
    "G4-upper-case": _v2(command=b"COMMAND=fetch"),
    "G15-filter-sparse": _v2(b"filter sparse:oid=main:spec"),
    "G15-filter-object-type": _v2(b"filter object:type=tree"),
    "G15-filter-combine": _v2(b"filter combine:blob:none+tree:1"),
    "G15-filter-nested-1000": _v2(b"filter " + b"combine:" * 1000 + b"blob:none"),
    "G15-filter-empty": _v2(b"filter "),
    "G15-filter-with-more": _v2(b"filter blob:none x"),
    "G15-packfile-uris": _v2(b"packfile-uris https"),
    "G15-deepen-negative": _v2(b"deepen -1"),
    "G15-deepen-huge": _v2(b"deepen 99999999999"),
    "G15-want-name": _v2(b"want main"),
    "G15-want-short": _v2(b"want aaaa"),
    "G15-want-upper-case": _v2(b"want " + b"A" * 40),
    "G15-want-two": _v2(b"want " + A + b" " + A),
    "G15-unknown-argument": _v2(b"everything"),
    "G10-server-option": _v2(head=(b"server-option=a;b",)),
    "G10-newline-inside": _v2(b"want " + A + b"\ndone"),
    "G10-nul": _v2(b"want " + A + b"\0x"),
    "G10-escape-in-agent": _v2(head=(b"agent=\x1b[2J",)),
    "N9-prefix-with-space": _v2(b"ref-prefix refs/heads/a b", command=b"command=ls-refs"),
}
GOOD_V0 = {
    "clone": encode(b"want " + A + b" multi_ack_detailed ofs-delta agent=git/2.39\n")
    + encode(b"want " + A + b"\n")
    + FLUSH
    + encode(b"done\n"),
    "shallow": encode(b"want " + A + b" shallow") + encode(b"shallow " + A) + encode(b"deepen 1") + FLUSH,
    "haves": encode(b"want " + A) + FLUSH + encode(b"have " + A) + FLUSH + encode(b"done"),
    "filter": encode(b"want " + A + b" filter") + encode(b"filter blob:none") + FLUSH + encode(b"done"),
    "only flush": FLUSH,
}
BAD_V0 = {
    "G5-cut": GOOD_V0["clone"][:-1],
    "G5-delimiter": encode(b"want " + A) + DELIMITER,
    "G4-v2-request": _v2(),
    "G5-have-before-flush": encode(b"want " + A) + encode(b"have " + A),
    "G5-want-after-flush": FLUSH + encode(b"want " + A),
    "G15-filter-sparse": encode(b"want " + A) + encode(b"filter sparse:oid=x") + FLUSH,
    "G5-trailing": GOOD_V0["clone"] + b"PACK",
}


@pytest.mark.parametrize("name", GOOD_V2)
def test_what_git_sends_in_version_2_passes(name):
    check(GOOD_V2[name], 2)


@pytest.mark.parametrize("name", BAD_V2)
def test_refused_in_version_2(name):
    with pytest.raises(MalformedRequest):
        check(BAD_V2[name], 2)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("name", GOOD_V0)
def test_what_git_sends_in_version_0_passes(name, version):
    check(GOOD_V0[name], version)


@pytest.mark.parametrize("name", BAD_V0)
def test_refused_in_version_0(name):
    with pytest.raises(MalformedRequest):
        check(BAD_V0[name], 0)
