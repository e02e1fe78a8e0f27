"""Every object of a pack is read as git reads it; what is damaged takes only its own descendants along."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from keyhole.scanners.packs import families
from keyhole.scanners.packs.families import Families, Text, Wrong, _target_size
from keyhole.scanners.packs.index import KINDS, NO_BASE, open_pack
from tests.unit.scanners.packs.conftest import everything


def opened(history, largest=16 << 20, wanted=None):
    (index,) = (history.path / "objects/pack").glob("*.idx")
    pack = open_pack(index)
    mask = np.isin(pack.kinds, (*KINDS, 0)) if wanted is None else wanted(pack)
    return Families(pack, mask, largest)


def read(family, parts=4):
    texts, unread = {}, set()
    for part in family.parts(parts):
        for item in family.read(part()):
            if isinstance(item, Text):
                name = family.pack.name(item.position)
                assert name not in texts
                texts[name] = item.text
            else:
                unread.add(family.pack.name(item.position))
    return texts, unread


def object_id(kind, text):
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(text)) + text, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("parts", [1, 3, 1000])
def test_every_object_is_read_once_and_is_what_its_id_says(packed, parts):
    family = opened(packed)
    texts, unread = read(family, parts)
    kinds = everything(packed)
    assert texts.keys() == kinds.keys()
    assert family.count == len(texts)
    assert not unread
    for name, text in texts.items():
        assert object_id(kinds[name], text) == name.decode()


def test_only_what_is_wanted_comes_out(packed):
    family = opened(packed, wanted=lambda pack: pack.kinds == 3)
    texts, _ = read(family)
    assert texts.keys() == {name for name, kind in everything(packed).items() if kind == "blob"}


def test_nothing_wanted_nothing_read(packed):
    family = opened(packed, wanted=lambda pack: np.zeros(len(pack), np.bool_))
    assert family.parts(4) == []


def test_what_is_too_large_is_named_with_all_that_differs_from_it(packed):
    texts, unread = read(opened(packed, largest=1000))
    assert texts
    assert unread
    assert texts.keys() | unread == everything(packed).keys()
    assert all(len(text) <= 1000 for text in texts.values())


def test_bases_beyond_what_may_be_held_are_left_to_git(packed, monkeypatch):
    monkeypatch.setattr(families, "MOST_HELD", 10_000)
    texts, unread = read(opened(packed))
    assert unread
    assert texts.keys() | unread == everything(packed).keys()


def test_a_damaged_object_takes_only_its_descendants_along(packed):
    family = opened(packed)
    pack = family.pack
    root = next(n for n in range(len(pack)) if int(pack.kinds[n]) in KINDS and n in set(pack.bases.tolist()))
    below = {pack.name(n) for n in range(len(pack)) if pack.roots[n] == pack.roots[root]}
    (index,) = (packed.path / "objects/pack").glob("*.idx")
    file = index.with_suffix(".pack")
    file.chmod(0o600)
    content = bytearray(file.read_bytes())
    content[int(pack.starts[root]) + 3 : int(pack.starts[root]) + 9] = b"\0\0\0\0\0\0"
    file.write_bytes(content)
    texts, unread = read(opened(packed))
    assert unread
    assert unread <= below
    assert texts.keys() | unread == everything(packed).keys() or unread == below & everything(packed).keys()


@pytest.mark.parametrize("difference", [b"", b"\x80", b"\x80" * 30, b"\x05", b"\x05" + b"\xff" * 19])
def test_a_difference_without_a_size_is_wrong(difference):
    with pytest.raises(Wrong):
        _target_size(difference)


def test_the_size_that_a_difference_claims_is_known_before_anything_is_made():
    assert _target_size(b"\x05\x80\x80\x80\x80\x20") == 0x20 << 28
    with pytest.raises(Wrong):
        families._patched(b"hello", b"\x05\x80\x80\x80\x80\x20", 16 << 20)


@pytest.mark.parametrize("difference", [b"\x04\x05", b"\x05\x06\x90\x09", b"\x05\x02\x00"])
def test_a_difference_that_does_not_fit_its_base_is_wrong(difference):
    with pytest.raises(Wrong):
        families._patched(b"hello", difference, 1000)


def test_chains_end_where_no_base_is(packed):
    pack = opened(packed).pack
    assert (pack.bases[pack.roots] == NO_BASE).all()
