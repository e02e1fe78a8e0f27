"""What is kept comes back exactly as it was written, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from keyhole.core.secret import Secret
from keyhole.scanners import kept as module
from keyhole.scanners.kept import Kept


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path / "kept", Secret("of the tests"))


def file_of(kept, name):
    return Path(kept._folder, name)


def test_what_was_written_is_read_and_is_private(kept):
    assert kept.read("a") is None
    assert kept.write("a", b"content")
    assert kept.write("a", b"newer")
    assert kept.read("a") == b"newer"
    assert file_of(kept, "a").stat().st_mode & 0o777 == 0o600
    assert Path(kept._folder).stat().st_mode & 0o777 == 0o700
    assert [file.name for file in Path(kept._folder).iterdir()] == ["a"]


@pytest.mark.parametrize(
    "change", [lambda raw: raw[:-1], lambda raw: raw + b"x", lambda raw: b"", lambda raw: b"x" * len(raw)]
)
def test_what_was_changed_is_as_good_as_nothing(kept, change):
    kept.write("a", b"content")
    file = file_of(kept, "a")
    file.write_bytes(change(file.read_bytes()))
    assert kept.read("a") is None


def test_a_file_with_another_name_or_key_is_not_taken(kept, tmp_path):
    kept.write("a", b"content")
    file_of(kept, "a").rename(file_of(kept, "b"))
    assert kept.read("b") is None
    kept.write("a", b"content")
    assert Kept(tmp_path / "kept", Secret("another")).read("a") is None


def test_a_file_that_others_may_write_or_that_is_none_is_not_taken(kept):
    kept.write("a", b"content")
    file_of(kept, "a").chmod(0o620)
    assert kept.read("a") is None
    kept.write("a", b"content")
    file_of(kept, "b").symlink_to("a")
    assert kept.read("b") is None
    os.mkfifo(file_of(kept, "c"), 0o600)
    assert kept.read("c") is None


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "kept").write_text("a file")
    kept = Kept(tmp_path / "kept", Secret("of the tests"))
    assert not kept.write("a", b"content")
    assert kept.read("a") is None
    monkeypatch.setattr(module, "LARGEST", 3)
    assert not Kept(tmp_path / "other", Secret("of the tests")).write("a", b"content")
    assert not (tmp_path / "other").exists()


def test_only_the_newest_of_a_kind_stay(kept):
    for number in range(5):
        kept.write(f"kind-{number}", b"")
        os.utime(file_of(kept, f"kind-{number}"), ns=(number, number))
    kept.write("other", b"")
    kept.only("kind-", 2)
    assert sorted(file.name for file in Path(kept._folder).iterdir()) == ["kind-3", "kind-4", "other"]


@pytest.mark.parametrize(("size", "stay"), [(10_000, 4), (2_500, 2), (1_000, 1), (0, 1)])
def test_and_only_as_much_of_them_as_there_is_room_for(kept, size, stay):
    for number in range(4):
        kept.write(f"kind-{number}", bytes(1_000))
        os.utime(file_of(kept, f"kind-{number}"), ns=(number, number))
    kept.only("kind-", 10, size)
    assert [kept.exists(f"kind-{number}") for number in range(4)] == [
        number >= 4 - stay for number in range(4)
    ]


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".hidden", "A"])
def test_a_name_is_no_path(kept, name):
    with pytest.raises(ValueError, match="not a name"):
        kept.write(name, b"")
