"""Reading packs here and reading through git find the same, whatever the repository is made of."""

from __future__ import annotations

import hashlib

import pytest

from keyhole.scanners import reading as module
from keyhole.scanners.collect import Collector
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Trouble
from keyhole.scanners.reading import Reading
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules
from tests.unit.scanners.conftest import only


def nobody(_done, _total):
    return None


@pytest.fixture(scope="module")
def engine():
    return Engine(all_rules(), lambda value: hashlib.sha256(value).hexdigest()[:32])


def reading(history, engine, **limits):
    trouble = Trouble()
    kept = Limits(**limits)
    collector = Collector(kept, trouble)
    return (
        Reading(Git(history.path), {"secrets": engine}, collector, kept, trouble, nobody),
        collector,
        trouble,
    )


def sites(collector):
    return sorted(
        (record.hit.fingerprint, *site) for record in collector._records.values() for site in record.sites
    )


def through_packs(history, engine, **limits):
    each, collector, trouble = reading(history, engine, **limits)
    store = each.store(history.path / "objects")
    families = each.prepare(store, None)
    with each.pool() as pool:
        left = each.packs(pool, lambda: None)
    left += [family.pack.name(position) for family in families for position in family.stuck]
    each.through_git(each.described(left + store.only_loose()))
    return sites(collector), each, trouble


def through_git(history, engine):
    each, collector, trouble = reading(history, engine)
    each.through_git(each.listed())
    assert not trouble.counts
    return sites(collector), each


@pytest.fixture
def leaky(history, token):
    """A history with the same secret in files, in a message, in wide characters and in a version of a long file."""
    body = b"".join(b"line %d\n" % number for number in range(2000))
    for number in range(12):
        extra = b"key%d = " % number + token + b"\n" if number % 4 == 1 else b"%d\n" % number
        history.commit({"long": body + extra, f"f{number}": b"nothing"})
    history.commit({"wide": b"\xff\xfe" + ("x " + token.decode() + " y").encode("utf-16-le")})
    history.commit({"z": b"1"}, message="do not push " + token.decode())
    return history


@pytest.mark.parametrize("how", ["as written", "one pack", "by id", "two packs", "loose", "all"])
def test_both_ways_find_the_same_places(leaky, engine, how):
    match how:
        case "one pack":
            leaky.git("repack", "-adfq", "--depth=50")
        case "by id":
            leaky.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=50")
        case "two packs":
            leaky.git("repack", "-adfq")
            leaky.commit({"later": b"a second pack"})
        case "loose":
            (pack,) = (
                (leaky.path / "objects/pack").glob("*.pack") if leaky.git("repack", "-adq") == "" else ()
            )
            content = pack.read_bytes()
            for file in (leaky.path / "objects/pack").iterdir():
                file.unlink()
            leaky.git("unpack-objects", "-q", stdin=content)
        case "all":
            leaky.git("repack", "-adfq")
            leaky.git("hash-object", "-w", "--stdin", stdin=b"loose")
            leaky.git("update-ref", "refs/blobs/loose", leaky.git("hash-object", "--stdin", stdin=b"loose"))
    mine, fast, trouble = through_packs(leaky, engine)
    theirs, slow = through_git(leaky, engine)
    assert mine == theirs
    assert len(mine) >= 5
    assert (fast.objects, fast.bytes) == (slow.objects, slow.bytes)
    assert not trouble.counts


def test_a_limit_of_object_size_is_told_by_both(leaky, engine):
    leaky.git("repack", "-adfq")
    mine, _, trouble = through_packs(leaky, engine, object_bytes=1000)
    assert any("larger than" in sentence for sentence in trouble.sentences())
    assert mine


def test_a_limit_of_all_bytes_ends_the_reading(leaky, engine):
    leaky.git("repack", "-adfq")
    _, _, trouble = through_packs(leaky, engine, total_bytes=1 << 10)
    assert any("beyond the first" in sentence for sentence in trouble.sentences())


def test_more_objects_than_allowed_are_left_to_git_to_count(leaky, engine):
    leaky.git("repack", "-adfq")
    each, _, _ = reading(leaky, engine, objects=3)
    assert each.store(leaky.path / "objects") is None


def test_a_repository_that_is_not_plain_has_no_store(history, engine):
    each, _, _ = reading(history, engine)
    assert each.store(history.path / "nowhere") is None


def test_a_packed_file_in_wide_characters_without_a_mark_is_read_whatever_it_begins_with(
    history, token, scan
):
    history.commit(
        {"wide": ("\u4e2d x = " + token.decode() + "\n" + "plain text\n" * 20).encode("utf-16-le")}
    )
    assert only(scan(history))
    history.git("gc", "-q")
    assert only(scan(history))


def test_there_may_be_more_packs_than_parts(history, engine, token, monkeypatch):
    for number in range(6):
        history.commit({f"f{number}": (token + b" %d\n" % number) * 10})
        history.git("repack", "-dq")
    monkeypatch.setattr(module, "MOST_PARTS", 13)
    monkeypatch.setattr(module, "_SMALL", 0)
    found, each, _ = through_packs(history, engine)
    assert len(each._parts) <= 13
    assert each._processes
    assert found == through_git(history, engine)[0]
    monkeypatch.setattr(module, "MOST_PARTS", 5)
    again, each, _ = through_packs(history, engine)
    assert not each._processes
    assert again == found


def test_the_total_has_what_packs_have_not(leaky, engine):
    leaky.git("repack", "-adfq")
    leaky.git("hash-object", "-w", "--stdin", stdin=b"not in a pack")
    _, each, _ = through_packs(leaky, engine)
    assert each.total == each.objects > 0
