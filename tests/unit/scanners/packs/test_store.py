"""Several packs, loose objects, and what must not be read here."""

from __future__ import annotations

import pytest

from keyhole.scanners.packs.families import Text
from keyhole.scanners.packs.index import NotPlain
from keyhole.scanners.packs.store import Store
from tests.unit.scanners.packs.conftest import everything

LARGEST = 16 << 20


def names(store, wanted=None):
    found = []
    for family in store.families(wanted, LARGEST):
        for part in family.parts(2):
            found += [
                family.pack.name(item.position) for item in family.read(part()) if isinstance(item, Text)
            ]
    return found


def test_an_object_in_two_packs_is_read_once(packed):
    objects = packed.path / "objects"
    packed.commit({"more": b"in a second pack"})
    packed.git(
        "pack-objects", "-q", str(objects / "pack/pack"), stdin=packed.git("rev-list", "--all").encode()
    )
    packed.git("repack", "-dq")
    store = Store(objects)
    assert len(store.packs) >= 2
    found = names(store)
    assert len(found) == len(set(found))
    assert set(found) | set(store.only_loose()) >= everything(packed).keys()


def test_loose_objects_are_named_unless_packed_too(packed):
    loose = packed.git("hash-object", "-w", "--stdin", stdin=b"loose").encode()
    assert Store(packed.path / "objects").only_loose() == [loose]
    packed.git("pack-objects", "-q", str(packed.path / "objects/pack/pack"), stdin=loose + b"\n")
    assert Store(packed.path / "objects").only_loose() == []


def test_only_those_asked_for_are_read(packed):
    some = frozenset(sorted(everything(packed))[:5])
    assert frozenset(names(Store(packed.path / "objects"), some)) == some


def test_ids_of_sha_256_are_left_to_git(packed):
    (packed.path / "objects" / "ab").mkdir(exist_ok=True)
    (packed.path / "objects" / "ab" / ("0" * 62)).touch()
    with pytest.raises(NotPlain):
        Store(packed.path / "objects")


def test_a_partial_clone_is_left_to_git(packed):
    (index,) = (packed.path / "objects/pack").glob("*.idx")
    index.with_suffix(".promisor").touch()
    with pytest.raises(NotPlain):
        Store(packed.path / "objects")
