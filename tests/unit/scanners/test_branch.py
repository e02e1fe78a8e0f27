"""A scan of one branch or tag that remembers finds exactly what one that reads all of it does."""

from __future__ import annotations

import random

import pytest

from keyhole.scanners import branch, reading
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Trouble
from keyhole.scanners.packs import store
from tests.unit.scanners.growing import grow, looked, one_rule, secret, unpacked_again


@pytest.fixture(scope="module")
def engine():
    return one_rule()


@pytest.fixture
def look(history, engine):
    def run(memory=None, ref="main", **options):
        return looked(history, engine, memory, (history.git("rev-parse", ref),), **options)

    return run


def change(history, chance, tokens):
    """One more thing that happens, mostly to what is not only added to."""
    name = chance.choice(history.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split())
    match chance.randrange(12):
        case 0:
            said = f"says {chance.choice(['nothing', tokens[0].decode()])}"
            who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
            history.git(*who, "tag", "-f", "-a", "-m", said, "v", name)
        case 1:
            before = history.git("rev-list", "--first-parent", name).split()
            history.git("update-ref", f"refs/heads/{name}", chance.choice(before))
        case 2:
            unpacked_again(history)
        case 3:
            history.git("update-ref", "refs/heads/main", name)
        case 4:
            history.commit({"closed.7z": b"7z\xbc\xaf\x27\x1c%d" % chance.randrange(3)}, branch=name)
        case _:
            grow(history, chance, tokens)


@pytest.mark.parametrize("seed", range(8))
def test_remembering_changes_no_result(history, look, engine, seed, monkeypatch):
    monkeypatch.setattr(branch, "_FEW", seed % 2)  # packs are opened again, and are not
    chance = random.Random(seed)
    tokens = [secret(seed * 10 + number) for number in range(3)]
    history.commit({"a/d": tokens[0], "z": b"1"})
    memories = {}
    used = 0
    for _ in range(8):
        for _ in range(chance.randrange(1, 4)):
            change(history, chance, tokens)
        refs = history.git("for-each-ref", "--format=%(refname)").split()
        for ref in {"refs/heads/main", chance.choice(refs), *(ref for ref in refs if "tags/v" in ref)}:
            cold, all_of_it, _ = look(ref=ref)
            warm, now, left = look(memories.get(ref), ref)
            assert warm == cold
            assert left is not None
            used += now < all_of_it
            memories[ref] = left
            told, _, _ = look(
                memories[chance.choice(list(memories))], ref
            )  # another's, or that of everything
            assert told == cold
        memories["everything"] = looked(history, engine)[2]
        assert memories["everything"] is not None
    assert used >= 4


@pytest.fixture
def never_listed(monkeypatch):
    """From now on nobody lists all of it."""

    def forbid():
        monkeypatch.setattr(reading.Reading, "listed", lambda _self: pytest.fail("everything was listed"))

    return forbid


def test_only_what_is_new_is_listed_and_read(history, look, never_listed):
    history.commit({f"f{number}": b"%d" % number for number in range(20)})
    _, first, memory = look()
    assert first == 21
    history.commit({"new": secret(1)})
    never_listed()
    told, now, memory = look(memory)
    assert now == 2
    assert told[0][0].locations[0].commit == history.tip()
    assert look(memory)[1] == 0


def test_what_another_branch_got_costs_nothing_until_it_is_merged(history, look, never_listed):
    root = history.commit({"a": b"1"})
    brought = history.commit({"k": secret(2)}, branch="side", parents=[root])
    history.git("repack", "-adq")  # so that the secret lies where this branch was read
    _, _, memory = look()
    never_listed()
    history.commit({"b": b"2"}, branch="side")
    told, now, memory = look(memory)
    assert (told[0], now) == ((), 0)
    history.commit({}, parents=[root, history.tip("side")])
    told, now, memory = look(memory)
    assert told[0][0].locations[0].commit == brought
    assert now == 5


def test_what_was_pushed_away_is_gone_and_what_is_left_is_not_read_again(history, look):
    root = history.commit({"a": b"1"})
    history.commit({"k": secret(3)})
    told, _, memory = look()
    assert len(told[0]) == 1
    history.commit({"b": b"2"}, parents=[root])
    told, now, memory = look(memory)
    assert (told[0], now) == ((), 2)
    assert not memory.found


def test_what_nobody_could_look_into_is_counted_anew_where_some_of_it_left(history, look):
    root = history.commit({"a": b"1", "x.7z": b"7z\xbc\xaf\x27\x1c"})
    history.commit({"b": b"2", "y.7z": b"7z\xbc\xaf\x27\x1c more"})
    told, _, memory = look()
    assert "(2 times)" in told[4][0]
    history.commit({"c": b"3"}, parents=[root])
    told, now, memory = look(memory)
    assert told == look()[0]
    assert now == 3  # the new commit and its file, and the archive
    assert look(memory)[1] == 0


def test_a_tag_that_was_moved_takes_its_text_along(history, look, engine):
    history.commit({"a": b"1"})
    who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    history.git(*who, "tag", "-a", "-m", secret(4).decode(), "v")
    told, _, memory = look(ref="v")
    assert len(told[0]) == 1
    assert look(memory, "v")[0] == told
    history.git(*who, "tag", "-f", "-a", "-m", "nothing", "v")
    told, now, _ = look(memory, "v")
    assert (told[0], now) == ((), 1)


@pytest.mark.parametrize("what", ["main:b", "main^{tree}"])
def test_a_loose_object_that_went_missing_is_told_although_it_was_read_before(history, look, what):
    history.commit({"a": b"1", "b": b"2"})
    unpacked_again(history)
    _, _, memory = look()
    missing = history.git("rev-parse", what)
    (history.path / "objects" / missing[:2] / missing[2:]).unlink()
    told, _, left = look(memory)
    assert told[3]
    assert left is None


@pytest.mark.parametrize("went", ["*", "*.pack"])
def test_a_pack_that_went_missing_is_told_although_it_was_read_before(history, look, went):
    history.commit({"a": b"1", "b": b"2"})
    unpacked_again(history)
    blob = history.git("rev-parse", "main:b")
    history.git("pack-objects", "-q", str(history.path / "objects/pack/pack"), stdin=blob.encode())
    history.git("prune-packed")
    _, _, memory = look()
    for file in (history.path / "objects/pack").glob(went):
        file.unlink()
    told, _, left = look(memory)
    assert told[3]
    assert left is None


def test_what_is_packed_since_is_still_there(history, look, never_listed):
    history.commit({"a": b"1"})
    unpacked_again(history)
    _, _, memory = look()
    history.git("repack", "-dq")
    never_listed()
    assert look(memory)[1] == 0


def test_where_something_is_wrong_already_nothing_is_taken_for_read(history, look):
    root = history.commit({"a": secret(6)})
    history.commit({"b": b"2"})
    _, _, memory = look()
    (history.path / "shallow").write_text(f"{history.tip()}\n")
    cut_off = []
    for known in (memory, None):
        trouble = Trouble()
        trouble.note("history is cut off")
        cut_off.append(look(known, trouble=trouble))
    assert cut_off[0] == cut_off[1]
    assert root not in history.git("rev-list", "main")
    assert cut_off[0][2] is None


def test_more_bytes_than_the_limit_are_no_less_told_in_two_scans_than_in_one(history, look):
    limits = Limits(total_bytes=1000)
    history.commit({"a": b"1" * 500})
    _, _, memory = look(limits=limits)
    assert memory is not None
    history.commit({"b": b"2" * 500})
    told, _, left = look(memory, limits=limits)
    assert told[3] == look(limits=limits)[0][3] != ()
    assert left is None


@pytest.mark.parametrize("what", ["the branch", "everything"])
def test_what_git_packs_between_two_looks_is_read(history, engine, monkeypatch, what):
    history.commit({"a": b"1"})
    history.git("repack", "-adq")
    history.commit({"b": secret(7)}, message=secret(8).decode())
    loose, open_pack = store._loose, store.open_pack

    def packed(seen):
        history.git("repack", "-dq")
        return seen

    monkeypatch.setattr(store, "_loose", lambda folder: packed(list(loose(folder))))
    monkeypatch.setattr(store, "open_pack", lambda index: packed(open_pack(index)))
    told, _, left = looked(history, engine, tips=(history.tip(),) if what == "the branch" else ())
    assert (len(told[0]), told[3]) == (2, ())
    assert left is not None
