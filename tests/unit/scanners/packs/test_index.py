"""The arrays say of each object what git says, for packs as git writes them; anything else is refused."""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
import pytest

from keyhole.scanners.packs.index import KINDS, NO_BASE, NotPlain, _order, ids_of, open_pack
from tests.unit.scanners.packs.conftest import everything


def pack_of(history):
    (index,) = (history.path / "objects/pack").glob("*.idx")
    return open_pack(index)


def test_kinds_and_ids_are_what_git_says(packed):
    pack = pack_of(packed)
    mine = {pack.name(n): KINDS[int(pack.kinds[n])] for n in range(len(pack)) if int(pack.kinds[n]) in KINDS}
    assert mine == everything(packed)
    assert (pack.bases != NO_BASE).sum() > 20
    assert ids_of(pack, [0, 3]) == [pack.name(0), pack.name(3)]


def test_bases_are_what_git_says(packed):
    pack = pack_of(packed)
    (index,) = (packed.path / "objects/pack").glob("*.idx")
    told = {}
    for line in packed.git("verify-pack", "-v", str(index)).splitlines():
        words = line.split()
        if len(words) == 7:
            told[words[0].encode()] = words[6].encode()
    assert told == {
        pack.name(n): pack.name(int(pack.bases[n])) for n in range(len(pack)) if pack.bases[n] != NO_BASE
    }


def test_bases_named_by_id_are_found(packed):
    packed.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=50", "--window=50")
    pack = pack_of(packed)
    assert (pack.bases != NO_BASE).sum() > 20
    assert set(everything(packed)) <= {pack.name(n) for n in range(len(pack))}


@pytest.mark.parametrize(
    "where", ["magic", "count", "short index", "long index", "pack count", "header", "no pack"]
)
def test_what_is_not_as_documented_is_refused(packed, where):
    (index,) = (packed.path / "objects/pack").glob("*.idx")
    pack = index.with_suffix(".pack")
    for file in (index, pack):
        file.chmod(0o600)
    table, content = bytearray(index.read_bytes()), bytearray(pack.read_bytes())
    match where:
        case "magic":
            table[0] = 0
        case "count":
            table[8 + 255 * 4 : 8 + 256 * 4] = b"\xff\xff\xff\xff"
        case "short index":
            del table[-2000:]
        case "long index":
            table += bytes(8)
        case "pack count":
            content[8:12] = b"\0\0\0\1"
        case "header":
            content[12] &= 0x8F  # kind 0
        case "no pack":
            del content[:]
    index.write_bytes(table)
    pack.write_bytes(content)
    with pytest.raises((NotPlain, ValueError)):
        open_pack(index)


def one_object(folder, header):
    """The index of a pack of one object that begins with this header."""
    pack = b"PACK\0\0\0\2\0\0\0\1" + header + zlib.compress(b"A" * 100)
    name = hashlib.sha1(b"whatever").digest()
    fanout = b"".join((number >= name[0]).to_bytes(4, "big") for number in range(256))
    table = b"\377tOc\0\0\0\2" + fanout + name + bytes(4) + (12).to_bytes(4, "big") + bytes(40)
    (folder / "one.pack").write_bytes(pack + bytes(20))
    (folder / "one.idx").write_bytes(table)
    return folder / "one.idx"


@pytest.mark.parametrize(
    "header",
    [
        b"\xbf" + b"\xff" * 8 + b"\x7f",
        b"\xbf" + b"\xff" * 8 + b"\x78",
        b"\x65" + b"\xff" * 8 + b"\x7f",
        b"\x65" + b"\xff" * 9 + b"\x7f",
    ],
    ids=["size below zero", "size far below zero", "base behind the end", "base far behind the end"],
)
def test_numbers_that_are_too_large_to_be_counted_in_are_refused(tmp_path, header):
    with pytest.raises(NotPlain):
        open_pack(one_object(tmp_path, header))


def test_a_pack_of_one_object_is_read(tmp_path):
    assert len(open_pack(one_object(tmp_path, b"\xb4\x06"))) == 1


@pytest.mark.parametrize("largest", [10, 1 << 32, 1 << 52, (1 << 63) - 1])
@pytest.mark.parametrize("count", [0, 1, 2, 1000, 4096])
def test_places_are_in_the_order_of_their_numbers(count, largest):
    numbers = np.random.default_rng(count).integers(0, largest, count)
    assert _order(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()


def test_numbers_below_zero_are_in_no_order_that_is_taken_for_one(tmp_path):
    index = one_object(tmp_path, b"\xb4\x06")
    table = bytearray(index.read_bytes())
    table[-44:-40] = b"\x80\0\0\0"  # the offset is the first of the long ones
    table[-40:-40] = b"\xff" * 8
    index.write_bytes(table)
    with pytest.raises(NotPlain):
        open_pack(index)
