"""Anything that could change a result changes the digest, and nothing else does."""

from __future__ import annotations

import os

import pytest

from keyhole.scanners import standing as module
from keyhole.scanners.limits import Limits
from keyhole.scanners.standing import holding, standing, standing_of


def digest(history, scanners=("secrets",), limits=None):
    return standing(history.path, scanners, limits or Limits())


def test_looking_twice_is_the_same(history):
    history.commit({"a": b"1"})
    assert digest(history) == digest(history) != ""


@pytest.mark.parametrize(
    "change",
    [
        lambda history: history.commit({"b": b"2"}),
        lambda history: history.git("branch", "other"),
        lambda history: history.git("symbolic-ref", "HEAD", "refs/heads/nowhere"),
        lambda history: history.git("hash-object", "-w", "--stdin", stdin=b"nobody's"),
        lambda history: history.git("repack", "-adfq"),
        lambda history: (history.path / "objects/info/alternates").write_text("/elsewhere\n"),
        lambda history: (history.path / "shallow").write_text("0" * 40 + "\n"),
    ],
)
def test_every_change_shows(history, change):
    history.commit({"a": b"1"})
    before = digest(history)
    change(history)
    assert digest(history) != before


@pytest.mark.parametrize("named", ["", "worktrees/one", "worktrees/two"])
@pytest.mark.parametrize("moved", ["", "worktrees/one"])
def test_each_head_that_moves_shows_whichever_working_copy_is_named(history, tmp_path, named, moved):
    old, new = history.commit({"a": b"1"}), history.commit({"a": b"2"})
    for name in ("one", "two"):
        history.git("worktree", "add", "-q", "--detach", str(tmp_path / name), new)
    before = standing(history.path / named, ("secrets",), Limits())
    (history.path / moved / "HEAD").write_text(f"{old}\n")
    assert standing(history.path / named, ("secrets",), Limits()) != before


def test_other_scanners_and_limits_are_something_else(history):
    history.commit({"a": b"1"})
    assert len({digest(history), digest(history, ("other",)), digest(history, limits=Limits(seconds=1))}) == 3


def test_a_folder_that_cannot_be_looked_at_is_never_the_same(tmp_path):
    assert standing(tmp_path / "nowhere", ("secrets",), Limits()) == ""


def test_a_pack_that_was_written_over_shows_although_its_times_were_set_back(history):
    history.commit({"a": b"1"})
    history.git("repack", "-adfq")
    before = digest(history)
    (pack,) = (history.path / "objects/pack").glob("*.pack")
    status = pack.stat()
    pack.chmod(0o600)
    with pack.open("r+b") as file:
        file.write(b"PACK")
    os.utime(pack, ns=(status.st_atime_ns, status.st_mtime_ns))
    pack.chmod(status.st_mode & 0o777)
    assert digest(history) != before


def of_main(history, scanners=("secrets",), limits=None):
    return standing_of([history.tip()], history.path, scanners, limits or Limits())


def test_of_a_branch_only_its_own_matters(history):
    history.commit({"a": b"1"})
    before, held = of_main(history), holding(history.path)
    history.commit({"a": b"2"}, branch="side", parents=[history.tip()])
    history.git("symbolic-ref", "HEAD", "refs/heads/side")
    assert of_main(history) == before
    assert holding(history.path) > held > set()
    history.commit({"a": b"3"})
    assert of_main(history) != before


@pytest.mark.parametrize(
    "change",
    [
        lambda history: history.git("repack", "-adfq"),
        lambda history: history.git("prune-packed"),
        lambda history: (history.path / "objects" / history.tip()[:2] / history.tip()[2:]).unlink(),
    ],
)
def test_what_holds_objects_and_has_gone_shows(history, change):
    history.commit({"a": b"1"})
    history.git("pack-objects", "-q", str(history.path / "objects/pack/pack"), stdin=history.tip().encode())
    before = holding(history.path)
    change(history)
    assert not holding(history.path) >= before


@pytest.mark.parametrize("name", ["shallow", "objects/info/alternates"])
def test_what_changes_how_a_branch_is_understood_shows(history, name):
    history.commit({"a": b"1"})
    before = of_main(history)
    (history.path / name).write_text("0" * 40 + "\n")
    assert of_main(history) != before


def test_where_too_much_lies_about_nothing_is_said_to_stand(history, monkeypatch):
    history.commit({"a": b"1"})
    monkeypatch.setattr(module, "_MOST_HOLDING", 2)
    assert holding(history.path) == frozenset()
    assert holding(history.path / "nowhere") == frozenset()
