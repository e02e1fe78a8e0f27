"""A second scan costs what changed, says so, and finds the same; nobody else's memory is taken for it."""

from __future__ import annotations

import dataclasses
from shutil import copytree

import pytest

from keyhole.core.secret import Secret
from keyhole.core.terms import Status
from keyhole.scanners import child, earlier
from keyhole.scanners.kept import Kept
from keyhole.scanners.limits import Limits
from keyhole.scanners.registry import chosen
from keyhole.scanners.remembered import ids_of
from tests.unit.scanners.conftest import only
from tests.unit.scanners.growing import unpacked_again


@pytest.fixture
def again(history, tmp_path):
    def run(key="of the tests", at=history.path, **options):
        return child.run(at, hmac_secret=Secret(key), kept=tmp_path / "kept", **options)

    return run


_only = Kept.only


def kept(tmp_path, prefix):
    (file,) = (tmp_path / "kept").glob(f"{prefix}-*")
    return file


def without_notes(result):
    return dataclasses.replace(result, notes=(), duration=0.0)


def test_nothing_new_is_the_earlier_result_and_says_that_it_is(history, again, token):
    history.commit({"a": token})
    first, second = again(), again()
    assert without_notes(first) == without_notes(second)
    assert not first.notes
    assert "nothing has changed since the scan of" in second.notes[0]
    assert again().notes == second.notes


def test_what_is_new_is_found_and_the_rest_is_said_to_be_remembered(history, again, token, scan):
    history.commit({"a": b"1"})
    again()
    history.commit({"b": token})
    result = again()
    assert only(result).locations[0].commit == history.tip()
    assert result.notes == ("Remembered: 2 objects were read by an earlier scan, 2 by this one.",)
    assert without_notes(result) == without_notes(scan(history))


def test_a_result_is_told_before_the_rest_is_kept_and_once_whatever_becomes_of_the_scan(
    history, again, token, tmp_path
):
    history.commit({"a": token})
    told = []

    def hears(result):
        told.append((result, list((tmp_path / "kept").glob("history-*"))))

    first = again(on_result=hears)
    assert told == [(first, [])]
    second = again(on_result=hears)
    assert "nothing has changed" in second.notes[0]
    third = again(on_result=hears, limits=Limits(seconds=0.0))
    assert third.status is Status.INCOMPLETE
    assert [result for result, _ in told] == [first, second, third]


def test_who_fails_to_hear_a_result_gets_the_error_and_the_result_is_kept(history, again, tmp_path):
    history.commit({"a": b"1"})

    def fails(_result):
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        again(on_result=fails)
    assert not list((tmp_path / "kept").glob("history-*"))
    assert "nothing has changed" in again().notes[0]


def test_another_key_remembers_nothing(history, again, token):
    history.commit({"a": token})
    again()
    result = again("another key")
    assert only(result).fingerprint != only(again()).fingerprint
    assert "nothing has changed" not in "".join(result.notes)


def test_what_another_version_of_the_scanners_read_is_read_again(history, again, monkeypatch):
    history.commit({"a": b"1"})
    again()
    monkeypatch.setattr(earlier, "code", lambda _kept: "mended since")
    monkeypatch.setattr(child, "code", lambda _kept: "mended since")
    history.commit({"b": b"2"})
    assert again().notes == ()


@pytest.mark.parametrize("prefix", ["result", "history", "ids"])
def test_a_damaged_memory_is_not_used(history, again, token, tmp_path, prefix):
    history.commit({"a": token})
    first = again()
    file = kept(tmp_path, prefix)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    history.commit({"b": b"2"})
    result = again()
    assert only(result).id == only(first).id
    if prefix != "result":
        assert "is damaged, so everything was read again" in result.notes[0]
    assert result.objects == 4


def test_ids_are_written_once_and_what_joined_them_beside(history, again, token, tmp_path):
    history.commit({f"f{number}": b"%d" % number for number in range(9)})
    again()
    ids = kept(tmp_path, ids_of("history"))
    before = ids.read_bytes()
    for number in range(3):
        history.commit({"k": token + b" %d" % number})
        result = again()
        assert result.notes[0].endswith("by an earlier scan, 2 by this one.")
        assert ids.read_bytes() == before
    history.git("update-ref", "refs/heads/main", "main~1")  # what left is in them
    history.commit({"l": token})
    assert again().status is Status.COMPLETE
    assert ids.read_bytes() != before


def test_what_is_remembered_without_its_ids_is_nothing(history, again, tmp_path):
    history.commit({"a": b"1"})
    again()
    kept(tmp_path, "ids").unlink()
    history.commit({"b": b"2"})
    assert again().objects == 4
    history.commit({"c": b"3"})
    assert again().notes == ("Remembered: 4 objects were read by an earlier scan, 2 by this one.",)


def test_what_an_earlier_version_left_is_not_called_damaged(history, again, tmp_path):
    history.commit({"a": b"1"})
    again()
    kept(tmp_path, ids_of("history")).unlink()
    history.commit({"b": b"2"})
    assert again().notes == ()


def test_ids_that_another_scan_wrote_meanwhile_are_not_taken_for_those_that_were_read(tmp_path, history):
    def left(memory, ids):
        each = earlier.Earlier(history.path, Secret("k"), chosen(["secrets"]), [], (), tmp_path / "kept")
        each.keep(memory, ids)
        return [(tmp_path / "kept" / name).read_bytes()[32:] for name in (each.memory, ids_of(each.memory))]

    ours, theirs = b"o" * 32, b"t" * 32
    assert left(ours + b"1", ours + b"ids") == [ours + b"1", ours + b"ids"]
    assert left(ours + b"2", b"") == [ours + b"2", ours + b"ids"]
    assert left(theirs + b"1", theirs + b"ids") == [theirs + b"1", theirs + b"ids"]
    assert left(ours + b"3", b"") == [theirs + b"1", theirs + b"ids"]


def test_what_was_remembered_goes_when_its_ids_are_let_go(tmp_path, history, monkeypatch):
    monkeypatch.setattr(earlier, "_REFS_KEPT", 2)
    tip = history.commit({"a": b"1"})
    monkeypatch.setattr(earlier.Kept, "only", lambda self, prefix, newest: _only(self, prefix, newest, 200))
    for ref in "abc":
        each = earlier.Earlier(
            history.path,
            Secret("k"),
            chosen(["secrets"]),
            [tip],
            (),
            tmp_path / "kept",
            ref=f"refs/heads/{ref}",
        )
        each.keep(b"small", b"i" * 150)
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_a_memory_that_no_scan_can_begin_with_is_let_go(history, again, token, tmp_path):
    history.commit({"a": token})
    again()
    key, name = Secret("of the tests"), kept(tmp_path, "history").name
    store = Kept(tmp_path / "kept", key)
    store.write(name, store.read(name).replace(b'"packs":[', b'"packs":[[],'))
    history.commit({"b": b"2"})
    for _ in range(2):
        result = again()
    assert result.status is Status.COMPLETE
    only(result)


def test_a_result_is_not_kept_if_something_changed_meanwhile(history, again, monkeypatch):
    first = history.commit({"a": b"1"})
    second = history.commit({"a": b"2"})
    note = earlier.Earlier.note

    def meanwhile(self, result, line):
        history.git("update-ref", "refs/heads/main", first)
        note(self, result, line)

    monkeypatch.setattr(earlier.Earlier, "note", meanwhile)
    again()
    history.git("update-ref", "refs/heads/main", second)
    assert "has changed since" not in "".join(again().notes)


def test_what_was_incomplete_is_not_remembered(history, again, tmp_path):
    history.commit({"a": b"x" * 5000})
    assert again(limits=Limits(object_bytes=1000)).status is Status.INCOMPLETE
    assert not list((tmp_path / "kept").glob("result-*"))
    assert not list((tmp_path / "kept").glob("history-*"))
    assert again().status is Status.COMPLETE


def test_nothing_that_is_kept_holds_the_value(history, again, token, tmp_path):
    history.commit({"a": b"x = " + token, "b": b"y = " + token})
    again()
    assert all(token not in file.read_bytes() for file in (tmp_path / "kept").iterdir())


def test_with_other_scanners_history_is_remembered_and_the_result_is_not(history, again, token, tmp_path):
    history.commit({"a": token})
    both = ("secrets", "dependencies")
    again(scanners=both)
    assert not list((tmp_path / "kept").glob("result-*"))
    history.commit({"requirements.txt": b"flask==0.1\n"})
    result = again(scanners=both)
    assert result.notes[0] == "Remembered: 2 objects were read by an earlier scan, 2 by this one."
    assert [library.name for library in result.libraries] == ["flask"]
    assert [finding.rule for finding in result.findings] == ["github-personal-token"]
    assert again().notes[0].startswith("Remembered: 4 objects")


def test_scanners_of_the_newest_files_remember_nothing(history, again, tmp_path):
    history.commit({"a": b"1"})
    again(scanners=("dependencies",))
    assert not list((tmp_path / "kept").glob("*-*"))


@pytest.fixture
def again_of(history, again):
    """Scans one branch or tag, as it is called in full."""

    def run(ref="refs/heads/main", **options):
        return again(tips=[history.git("rev-parse", ref)], **{"ref": ref, **options})

    return run


def test_a_branch_costs_what_it_got_and_nothing_for_what_others_got(history, again_of, token):
    history.commit({"a": b"1"})
    first = again_of()
    history.commit({"b": token}, branch="side", parents=[history.tip()])
    second = again_of()
    assert without_notes(first) == without_notes(second)
    assert "nothing of this branch or tag has changed since the scan of" in second.notes[0]
    history.commit({}, parents=[history.tip(), history.tip("side")])
    result = again_of()
    assert only(result).locations[0].commit == history.tip("side")
    assert result.notes == ("Remembered: 2 objects were read by an earlier scan, 3 by this one.",)


def test_the_earlier_result_of_a_branch_is_none_once_some_of_it_is_gone(history, again_of):
    history.commit({"a": b"1", "b": b"2"})
    unpacked_again(history)
    assert again_of().status is Status.COMPLETE
    blob = history.git("rev-parse", "main:b")
    (history.path / "objects" / blob[:2] / blob[2:]).unlink()
    assert again_of().status is Status.INCOMPLETE


def test_branches_tags_and_the_whole_have_a_result_each(history, again, again_of, token, tmp_path):
    history.git("tag", "side", history.commit({"a": b"1"}))
    history.commit({"b": token}, branch="side", parents=[history.tip()])
    refs = ("refs/heads/main", "refs/tags/side", "refs/heads/side")
    before = [again(), *map(again_of, refs)]
    assert [len(result.findings) for result in before] == [1, 0, 0, 1]
    nobody_says_what = again(tips=[history.tip()])
    assert without_notes(nobody_says_what) == without_notes(before[1])
    assert not nobody_says_what.notes
    after = [again(), *map(again_of, refs)]
    assert [without_notes(result) for result in after] == [without_notes(result) for result in before]
    assert all("has changed since" in result.notes[0] for result in after)
    assert len(list((tmp_path / "kept").glob("ref-history-*"))) == 3


def test_a_branch_that_was_never_scanned_costs_what_others_have_not(history, again_of, token):
    history.commit({f"f{number}": b"%d" % number for number in range(9)})
    assert again_of().notes == ()
    history.commit({"k": token}, branch="side", parents=[history.tip()])
    side = again_of("refs/heads/side")
    assert side.notes == ("Remembered: 10 objects were read by an earlier scan, 2 by this one.",)
    assert only(side).locations[0].commit == history.tip("side")
    history.git("branch", "later", "main")
    later = again_of("refs/heads/later")
    assert later.notes == ("Remembered: 10 objects were read by an earlier scan, 0 by this one.",)
    assert not later.findings


def test_a_branch_is_known_from_a_scan_of_everything_and_from_no_other_repository(
    history, again, again_of, tmp_path
):
    history.commit({"a": b"1"})
    again()
    assert again_of().notes == ("Remembered: 2 objects were read by an earlier scan, 0 by this one.",)
    other = copytree(history.path, tmp_path / "other.git")
    assert again_of(at=other).notes == ()


def test_a_damaged_memory_of_another_branch_is_told_and_not_used(history, again_of, tmp_path):
    history.commit({"a": b"1"})
    again_of()
    file = kept(tmp_path, "ref-history")
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    history.git("branch", "side", "main")
    result = again_of("refs/heads/side")
    assert "is damaged, so everything was read again" in result.notes[0]
    assert result.objects == 2


def test_many_branches_do_not_take_the_place_of_whole_repositories(history, tmp_path, monkeypatch):
    monkeypatch.setattr(earlier, "_REFS_KEPT", 2)
    tip = history.commit({"a": b"1"})
    for ref in ("", "refs/heads/b", "refs/heads/c", "refs/heads/d"):
        tips = [tip] if ref else []
        each = earlier.Earlier(
            history.path, Secret("of the tests"), chosen(["secrets"]), tips, (), tmp_path / "kept", ref=ref
        )
        each.keep(b"what was read", b"its ids")
    names = sorted(file.name.partition("history-")[0] + "history" for file in (tmp_path / "kept").iterdir())
    assert names == ["history", "ids-history", *["ids-ref-history"] * 2, *["ref-history"] * 2]
