"""Command lists of pushes: one reading, or refusal before anything is done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.errors import MalformedRequest
from keyhole.gateway.errors import PayloadTooLarge
from keyhole.gateway.pktline import FLUSH, encode
from keyhole.gateway.push import Command, CommandReader, Push

A, B, ZERO = "a" * 40, "b" * 40, "0" * 40
_PLAIN = f"{A} {B} refs/heads/main".encode()
_CAPS = b"\0 report-status side-band-64k object-format=sha1 agent=git/2.39.5"


def _stream(*lines: bytes, end: bytes = FLUSH) -> bytes:
    return b"".join(encode(line) for line in lines) + end


def _read(sent: bytes) -> tuple[Push, bytes] | None:
    return CommandReader().feed(sent)


BAD = {
    "G5-length-0001": _stream(_PLAIN, end=b"0001"),
    "G5-length-0002": _stream(_PLAIN, end=b"0002"),
    "G5-length-0003": _stream(_PLAIN, end=b"0003"),
    "G5-length-zzzz": _stream(_PLAIN, end=b"zzzz"),
    "G5-length-65521": b"fff1",
    "G5-length-space": b" 06e",
    "G5-empty-line": _stream(_PLAIN, b""),
    "G5-empty-first-line": _stream(b""),
    "G6-nul-on-second-line": _stream(_PLAIN, f"{A} {B} refs/heads/two".encode() + b"\0atomic"),
    "G6-two-nuls": _stream(_PLAIN + b"\0report-status\0atomic"),
    "G6-pack-as-a-line": _stream(_PLAIN, b"PACK\0\0\0\2\0\0\0\0"),
    "G6-pack-inside-a-ref": _stream(f"{A} {B} refs/heads/x\nPACK".encode()),
    "G6-line-end-in-ref": _stream(f"{A} {B} refs/heads/x\n{A} {B} refs/heads/y".encode()),
    "G6-three-spaces": _stream(f"{A} {B} refs/heads/x y".encode()),
    "G6-double-space": _stream(f"{A}  {B} refs/heads/x".encode()),
    "G6-tab": _stream(f"{A}\t{B}\trefs/heads/x".encode()),
    "G6-no-ref": _stream(f"{A} {B} ".encode()),
    "G6-only-ids": _stream(f"{A} {B}".encode()),
    "G6-control-in-ref": _stream(f"{A} {B} refs/heads/\x1b[2J".encode()),
    "G6-delete-char-in-ref": _stream(f"{A} {B} refs/heads/\x7f".encode()),
    "G6-ref-not-utf8": _stream(f"{A} {B} refs/heads/".encode() + b"\xff"),
    "G6-id-short": _stream(f"{A[:39]} {B} refs/heads/x".encode()),
    "G6-id-long": _stream(f"{A}a {B} refs/heads/x".encode()),
    "G6-id-upper-case": _stream(f"{A.upper()} {B} refs/heads/x".encode()),
    "G6-id-not-hex": _stream(f"{'g' * 40} {B} refs/heads/x".encode()),
    "G6-id-arabic-digits": _stream(f"{'٠' * 40} {B} refs/heads/x".encode()),
    "G6-id-of-other-format": _stream(f"{'a' * 64} {'b' * 64} refs/heads/x".encode() + _CAPS),
    "G6-format-unknown": _stream(_PLAIN + b"\0object-format=md5"),
    "G6-format-empty": _stream(_PLAIN + b"\0object-format="),
    "G6-neither-old-nor-new": _stream(f"{ZERO} {ZERO} refs/heads/x".encode()),
    "G7-same-ref-twice": _stream(_PLAIN, f"{A} {ZERO} refs/heads/main".encode()),
    "G7-delete-and-create": _stream(f"{A} {ZERO} refs/heads/x".encode(), f"{ZERO} {B} refs/heads/x".encode()),
    "G10-push-options-asked": _stream(_PLAIN + b"\0report-status push-options"),
    "G10-push-cert": _stream(b"push-cert\0report-status"),
    "G10-unknown-capability": _stream(_PLAIN + b"\0report-status allow-everything"),
    "G10-capability-with-value": _stream(_PLAIN + b"\0report-status=yes"),
    "G10-capability-not-ascii": _stream(_PLAIN + b"\0\xc3\xa9"),
    "G10-capability-with-escape": _stream(_PLAIN + b"\0agent=\x1b[2J"),
    "G15-shallow-after-commands": _stream(_PLAIN, f"shallow {A}".encode()),
    "G15-shallow-not-an-id": _stream(b"shallow main", _PLAIN),
    "G15-shallow-with-capabilities": _stream(f"shallow {A}".encode() + _CAPS, _PLAIN),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    with pytest.raises(MalformedRequest):
        _read(BAD[name])


def test_a_list_as_git_sends_it():
    lines = (_PLAIN + _CAPS, f"{ZERO} {B} refs/tags/v1".encode(), f"{A} {ZERO} refs/heads/old\n".encode())
    push, rest = _read(_stream(*lines) + b"PACK...")
    assert push.commands == (
        Command(A, B, "refs/heads/main"),
        Command(ZERO, B, "refs/tags/v1"),
        Command(A, ZERO, "refs/heads/old"),
    )
    assert push.capabilities == {"report-status", "side-band-64k", "object-format", "agent"}
    assert rest == b"PACK..."
    assert push.brings_pack


def test_a_push_from_a_shallow_clone():
    push, _ = _read(_stream(f"shallow {A}".encode(), f"shallow {B}\n".encode(), _PLAIN + _CAPS))
    assert [command.ref for command in push.commands] == ["refs/heads/main"]


def test_the_probe_before_a_large_push():
    push, rest = _read(FLUSH)
    assert push.commands == ()
    assert rest == b""


def test_deletions_alone_bring_no_pack():
    push, _ = _read(_stream(f"{A} {ZERO} refs/heads/x".encode()))
    assert not push.brings_pack


@pytest.mark.parametrize("name", ["G5-missing-flush", "G5-cut-in-length", "G5-cut-in-line", "G14-no-bytes"])
def test_not_answered_until_the_flush(name):
    sent = {
        "G5-missing-flush": _stream(_PLAIN, end=b""),
        "G5-cut-in-length": _stream(_PLAIN, end=b"00"),
        "G5-cut-in-line": _stream(_PLAIN)[:50],
        "G14-no-bytes": b"",
    }[name]
    assert _read(sent) is None


def test_G7_2001_refs():
    lines = [f"{A} {B} refs/heads/b{number}".encode() for number in range(2001)]
    with pytest.raises(PayloadTooLarge):
        _read(_stream(*lines))
    push, _ = _read(_stream(*lines[:2000]))
    assert len(push.commands) == 2000


def test_G8_more_than_the_limit_of_bytes():
    reader = CommandReader(limit=1000)
    with pytest.raises(PayloadTooLarge):
        reader.feed(_stream(*[f"{A} {B} refs/heads/b{number}".encode() for number in range(20)]))
    with pytest.raises(PayloadTooLarge):
        CommandReader(limit=1000).feed(b"fff0" + b"a" * 1001)


def _reference(sent: bytes) -> list[tuple[str, str, str]] | None:
    """Slow and plain: the commands, or None where they are refused; no capabilities but one."""
    lines: list[bytes] = []
    while True:
        if len(sent) < 4:
            return None
        number = int(sent[:4], 16)
        if number == 0:
            break
        if number < 4 or len(sent) < number:
            return None
        lines.append(sent[4:number])
        sent = sent[number:]
    found: list[tuple[str, str, str]] = []
    for place, line in enumerate(lines):
        if b"\0" in line:
            if place > 0 or line.split(b"\0", 1)[1] != b"report-status":
                return None
            text = line.split(b"\0", 1)[0]
        else:
            text = line[:-1] if line[-1:] == b"\n" else line
        try:
            words = text.decode().split(" ")
        except UnicodeDecodeError:
            return None
        ids_ok = len(words) == 3 and all(
            len(word) == 40 and set(word) <= set("0123456789abcdef") for word in words[:2]
        )
        if not ids_ok or words[2] == "" or any(ord(char) <= 32 or ord(char) == 127 for char in words[2]):
            return None
        if words[0] == words[1] == ZERO or words[2] in [ref for _, _, ref in found]:
            return None
        found.append((words[0], words[1], words[2]))
    return found


_ID = st.sampled_from([A, B, ZERO, "c" * 39, "D" * 40])
_REF = st.sampled_from(
    ["refs/heads/main", "refs/heads/b", "refs/tags/v", "HEAD", "a b", "", "x\x00y", "é", "x\n"]
)
_COMMAND = st.tuples(_ID, _ID, _REF, st.sampled_from(["", "\n", "\0report-status", "\0evil", "\n\n"])).map(
    lambda parts: encode(f"{parts[0]} {parts[1]} {parts[2]}{parts[3]}".encode())
)


@given(
    st.lists(_COMMAND, max_size=4).map(b"".join), st.sampled_from([FLUSH, b"", b"0001"]), st.integers(1, 60)
)
def test_reads_as_the_reference_does_in_any_pieces(lines, end, step):
    sent = lines + end
    reader, answer = CommandReader(), None
    try:
        for at in range(0, len(sent), step):
            if (answer := reader.feed(sent[at : at + step])) is not None:
                break
        found = None if answer is None else [(c.old, c.new, c.ref) for c in answer[0].commands]
    except MalformedRequest:
        found = None
    assert found == _reference(sent)
