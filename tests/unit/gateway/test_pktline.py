"""pkt-line framing: every impossible length and cut is refused, against a slow reference reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.errors import MalformedRequest
from keyhole.gateway.pktline import FLUSH, LONGEST, Kind, band, encode, packets, take

BAD = {
    "G5-length-0003": b"0003",
    "G5-length-letters": b"zzzz",
    "G5-length-sign": b"-001",
    "G5-length-plus": b"+004",
    "G5-length-space": b" 004",
    "G5-length-0x": b"0x04",
    "G5-length-unicode": "００".encode(),
    "G5-length-65521": b"fff1" + b"a" * 65517,
    "G5-length-ffff": b"ffff" + b"a" * 65531,
    "G5-body-cut": b"0009abc",
    "G5-length-cut": b"00",
    "G5-cut-after-whole": b"0005a00",
    "G5-beyond-body": b"fff0abc",
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    with pytest.raises(MalformedRequest):
        list(packets(BAD[name]))


@pytest.mark.parametrize(
    ("sent", "data"), [(b"000aAbcdef", b"Abcdef"), (b"000AAbcdef", b"Abcdef"), (b"0004", b"")]
)
def test_hexadecimal_digits_of_either_case(sent, data):
    assert [packet.data for packet in packets(sent)] == [data]


def test_special_lengths():
    assert [packet.kind for packet in packets(b"000000010002")] == [Kind.FLUSH, Kind.DELIMITER, Kind.END]


def test_the_longest_line_is_taken_and_a_longer_one_not_made():
    assert next(packets(encode(b"a" * (LONGEST - 4)))).data == b"a" * 65516
    with pytest.raises(ValueError, match="65517"):
        encode(b"a" * (LONGEST - 3))


def _reference(whole: bytes) -> list[bytes | None] | None:
    """Slow and plain: None where the stream is not one."""
    found: list[bytes | None] = []
    while whole:
        head, whole = whole[:4], whole[4:]
        if len(head) != 4 or any(chr(byte) not in "0123456789abcdefABCDEF" for byte in head):
            return None
        number = sum(
            "0123456789abcdef".index(chr(byte).lower()) * 16 ** (3 - place) for place, byte in enumerate(head)
        )
        if number in (0, 1, 2):
            found.append(None)
            continue
        if number == 3 or number > 65520 or len(whole) < number - 4:
            return None
        found.append(whole[: number - 4])
        whole = whole[number - 4 :]
    return found


_LINE = st.one_of(st.binary(max_size=40).map(encode), st.sampled_from([FLUSH, b"0001", b"0002"]))
_STREAM = st.one_of(
    st.binary(max_size=60),
    st.lists(_LINE, max_size=6).map(b"".join),
    st.tuples(st.lists(_LINE, max_size=4).map(b"".join), st.binary(max_size=6)).map(b"".join),
)


@given(_STREAM)
def test_reads_as_the_reference_does(whole):
    try:
        found = [packet.data if packet.kind is Kind.DATA else None for packet in packets(whole)]
    except MalformedRequest:
        found = None
    assert found == _reference(whole)


@given(st.lists(_LINE, max_size=5).map(b"".join), st.integers(0, 200))
def test_a_line_is_the_same_however_it_arrives(whole, cut):
    first = take(whole[:cut])
    assert first is None or first == take(whole)


@given(st.binary(max_size=200_000), st.integers(1, 3))
def test_a_band_carries_all_bytes(data, number):
    carried = list(packets(band(number, data)))
    assert all(packet.data[0] == number for packet in carried)
    assert b"".join(packet.data[1:] for packet in carried) == data
