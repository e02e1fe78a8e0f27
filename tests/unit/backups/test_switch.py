"""All files are exchanged or none, and whoever comes next goes on where somebody was stopped."""

import json
import os
from contextlib import suppress

import pytest

from keyhole.backups import switch

OLD = {
    "keyhole.sqlite3": "old",
    "keyhole.sqlite3-wal": "old",
    "vault.keys": "old",
    "jobs.sqlite": "old",
    "notes": "mine",
}
NEW = {"keyhole.sqlite3": "new", "vault.keys": "new", "audit.head": "new"}
STAGING, REPLACED = ".restore-0123abcd", "replaced-20260101-000000-0123abcd"


class Killed(BaseException):
    """What a kill is to the code that it hits."""


def put(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content)


def content(folder):
    return {
        path.name: path.read_text() for path in folder.iterdir() if path.is_file() and "lock" not in path.name
    }


@pytest.fixture
def data(tmp_path):
    put(tmp_path / "data", OLD)
    put(tmp_path / "data" / STAGING, NEW)
    return tmp_path / "data"


def test_new_files_are_in_place_and_old_ones_aside(data):
    switch.begin(data, STAGING, REPLACED, sorted(NEW))
    assert content(data) == {**NEW, "notes": "mine"}
    assert content(data / REPLACED) == {name: text for name, text in OLD.items() if name != "notes"}
    assert not (data / STAGING).exists()
    assert switch.finish(data) is False


def test_into_an_empty_folder_nothing_is_put_aside(tmp_path):
    put(tmp_path / STAGING, NEW)
    switch.begin(tmp_path, STAGING, REPLACED, sorted(NEW))
    assert content(tmp_path) == NEW
    assert not (tmp_path / REPLACED).exists()


def test_what_the_backup_lacks_stays_unless_it_belongs_to_the_old_database(data):
    (data / STAGING / "vault.keys").unlink()
    switch.begin(data, STAGING, REPLACED, ["audit.head", "keyhole.sqlite3"])
    assert content(data) == {**NEW, "vault.keys": "old", "notes": "mine"}


def stopping_at(monkeypatch, number):
    left = [number]
    for name in ("replace", "fsync", "mkdir", "unlink", "rmdir", "open"):
        real = getattr(os, name)

        def counted(*args, real=real, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return real(*args, **kwargs)

        monkeypatch.setattr(os, name, counted)


@pytest.mark.parametrize("number", range(60))
def test_stopped_at_any_step_it_is_the_old_state_or_becomes_the_new_one(data, number):
    with pytest.MonkeyPatch.context() as patched, suppress(Killed):
        stopping_at(patched, number)
        switch.begin(data, STAGING, REPLACED, sorted(NEW))
    begun = (data / switch.JOURNAL).exists()
    if not begun and (data / STAGING).exists():
        assert {name: text for name, text in content(data).items() if not name.startswith(".")} == OLD
        return
    switch.finish(data)
    assert content(data) == {**NEW, "notes": "mine"}
    assert content(data / REPLACED) == {name: text for name, text in OLD.items() if name != "notes"}
    assert not (data / STAGING).exists()


def test_a_journal_that_names_other_folders_moves_nothing(data):
    journal = {"staging": "../elsewhere", "replaced": REPLACED, "names": ["keyhole.sqlite3"]}
    (data / switch.JOURNAL).write_text(json.dumps(journal))
    put(data.parent / "elsewhere", NEW)
    with pytest.raises(ValueError, match="journal"):
        switch.finish(data)
    assert content(data)["keyhole.sqlite3"] == "old"
