"""Packs and objects that are damaged, that lie, or that grow without end."""

from __future__ import annotations

import zlib

from tests.stories.hostile.yard import BLOB, NAMED, OFFSET, Verdict, case, name_of, number, stored


def _beside(yard):
    """An ordinary file with the secret, in a pack of its own, so that something good lies beside what is bad."""
    yard.commit({"a": yard.token})
    yard.packed()


def _reachable(yard, *blobs):
    """Makes the blobs part of main."""
    parent = yard.repo.tip()
    tree = yard.tree(*((b"100644", b"f%03d" % each, blob) for each, blob in enumerate(blobs)))
    yard.point(tree, more=b"parent %s\n" % parent.encode() if parent else b"")


@case(Verdict.INCOMPLETE)
def a_flipped_bit(yard):
    for each in range(50):
        yard.commit({f"f{each}": yard.token + b"\n%d" % each * 50})
    pack = yard.packed()
    content = bytearray(pack.read_bytes())
    for place in range(100, len(content) - 100, 97):
        content[place] ^= 0x10
    pack.write_bytes(content)


@case(Verdict.INCOMPLETE)
def a_pack_that_ends_too_early(yard):
    _beside(yard)
    pack = next((yard.path / "objects/pack").glob("*.pack"))
    pack.write_bytes(pack.read_bytes()[:-60])


@case(Verdict.INCOMPLETE)
def an_index_that_points_outside(yard):
    _beside(yard)
    index = next((yard.path / "objects/pack").glob("*.idx"))
    content = bytearray(index.read_bytes())
    content[-44:-40] = b"\x7f\xff\xff\xff"
    index.write_bytes(content)


@case(Verdict.INCOMPLETE)
def a_pack_without_its_index(yard):
    _beside(yard)
    next((yard.path / "objects/pack").glob("*.idx")).unlink()


@case(Verdict.CUT)
def differences_from_each_other_in_a_circle(yard):
    _beside(yard)
    one, two = "11" * 20, "22" * 20
    delta = number(10) + number(10) + b"\x90\x0a"
    yard.pack([
        (one, stored(NAMED, delta, bytes.fromhex(two))),
        (two, stored(NAMED, delta, bytes.fromhex(one))),
    ])  # fmt: skip
    _reachable(yard, one, two)


@case(Verdict.CUT)
def a_difference_from_itself(yard):
    _beside(yard)
    one, two = "11" * 20, "22" * 20
    delta = number(10) + number(10) + b"\x90\x0a"
    yard.pack([(one, stored(NAMED, delta, bytes.fromhex(one))), (two, stored(OFFSET, delta, b"\0"))])
    _reachable(yard, one, two)


@case(Verdict.CUT)
def a_difference_from_nothing(yard):
    _beside(yard)
    one = "11" * 20
    yard.pack([(one, stored(NAMED, number(10) + number(10) + b"\x90\x0a", bytes.fromhex("ee" * 20)))])
    _reachable(yard, one)


@case(Verdict.NOT_CLEAN)
def a_chain_of_three_thousand_differences(yard):
    text = b"line one\n"
    entries, ids = [(name_of("blob", text), stored(BLOB, text))], [name_of("blob", text)]
    for each in range(3000):
        added = b"%d\n" % each if each < 2999 else yard.token
        delta = number(len(text)) + number(len(text) + len(added)) + b"\xb0" + len(text).to_bytes(2, "little")
        delta += bytes([len(added)]) + added
        base = bytes.fromhex(ids[-1])
        text += added
        ids.append(name_of("blob", text))
        entries.append((ids[-1], stored(NAMED, delta, base)))
    yard.pack(entries)
    _reachable(yard, ids[-1])


@case(Verdict.CUT)
def a_stream_that_is_longer_than_it_says(yard):
    _beside(yard)
    one = "11" * 20
    yard.pack([(one, stored(BLOB, bytes(200 << 20), size=100))])
    _reachable(yard, one)


@case(Verdict.CUT)
def a_size_of_two_to_the_sixtieth(yard):
    _beside(yard)
    one = "11" * 20
    yard.pack([(one, stored(BLOB, b"small", size=1 << 60))])
    _reachable(yard, one)


@case(Verdict.CUT)
def a_difference_that_makes_a_gigabyte(yard):
    _beside(yard)
    base = b"x" * 0xFFFF
    times = 16_384
    delta = number(len(base)) + number(len(base) * times) + b"\xb0\xff\xff" * times
    one, two = name_of("blob", base), "22" * 20
    yard.pack([(one, stored(BLOB, base)), (two, stored(NAMED, delta, bytes.fromhex(one)))])
    _reachable(yard, one, two)


@case(Verdict.NOT_CLEAN)
def hundreds_of_differences_of_ten_megabytes_each(yard):
    _beside(yard)
    base = b"y" * 0xFFFF
    entries, ids = [(name_of("blob", base), stored(BLOB, base))], []
    for each in range(1, 120):
        delta = (
            number(len(base)) + number(0xFFFF * 250 + each) + b"\xb0\xff\xff" * 250 + b"\x90" + bytes([each])
        )
        ids.append(f"{each:040x}")
        entries.append((ids[-1], stored(NAMED, delta, bytes.fromhex(entries[0][0]))))
    yard.pack(entries)
    _reachable(yard, *ids)


@case(Verdict.CUT)
def a_difference_of_nonsense(yard):
    _beside(yard)
    base = b"some text"
    one, two = name_of("blob", base), "22" * 20
    wrong = number(9) + number(500) + b"\xff" * 40 + b"\0"
    yard.pack([(one, stored(BLOB, base)), (two, stored(NAMED, wrong, bytes.fromhex(one)))])
    _reachable(yard, one, two)


@case(Verdict.NOT_CLEAN)
def an_object_under_the_name_of_another(yard):
    _beside(yard)
    yard.raw("blob", b"nothing to see\n", "44" * 20)
    _reachable(yard, "44" * 20)


@case(Verdict.CUT)
def an_object_that_is_not_compressed(yard):
    _beside(yard)
    _reachable(yard, yard.loose(b"this is not zlib", "55" * 20))


@case(Verdict.NOT_CLEAN)
def a_loose_object_that_never_ends(yard):
    _beside(yard)
    _reachable(yard, yard.loose(zlib.compress(b"blob 10\0" + bytes(200 << 20), 1), "66" * 20))


@case(Verdict.NOT_CLEAN)
def tags_in_a_circle(yard):
    _beside(yard)
    for name, other in (("77" * 20, "88" * 20), ("88" * 20, "77" * 20)):
        yard.raw("tag", b"object %s\ntype tag\ntag t\ntagger A <a> 0 +0000\n\nx\n" % other.encode(), name)
    yard.ref("refs/tags/t", "77" * 20)


@case(Verdict.INCOMPLETE)
def a_commit_that_is_missing(yard):
    gone = yard.commit({"a": b"1"})
    yard.commit({"b": yard.token})
    (yard.path / "objects" / gone[:2] / gone[2:]).unlink()


@case(Verdict.INCOMPLETE)
def a_tree_that_is_missing(yard):
    yard.commit({"d/a": yard.token})
    tree = yard.repo.git("rev-parse", "main:d")
    yard.commit({"d/a": b"clean"})
    (yard.path / "objects" / tree[:2] / tree[2:]).unlink()


@case(Verdict.FOUND)
def the_same_objects_in_many_packs(yard):
    yard.commit({"a": yard.token})
    pack = yard.packed()
    for each in range(20):
        copy = pack.with_name(f"pack-{each:040x}.pack")
        copy.write_bytes(pack.read_bytes())
        copy.with_suffix(".idx").write_bytes(pack.with_suffix(".idx").read_bytes())
