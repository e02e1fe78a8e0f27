"""Archives and feeds become the index; what is none changes nothing."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import zipfile
from contextlib import closing

import pytest

from keyhole.advisories import archive as archives
from keyhole.advisories import store
from keyhole.core.errors import Conflict, InvalidInput, Unavailable
from keyhole.scanners.dependencies.index import Index
from tests.unit.scanners.dependencies.advisories import record


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.KEYHOLE_DATA = tmp_path / "data"
    settings.KEYHOLE_DATA.mkdir()


def archive(*records, **members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for number, each in enumerate(records):
            file.writestr(f"{number}.json", json.dumps(each))
        for name, text in members.items():
            file.writestr(name.replace("_", "."), text)
    return content.getvalue()


def taken(tmp_path, *contents):
    files = []
    for number, content in enumerate(contents):
        file = tmp_path / f"{number}.zip"
        file.write_bytes(content)
        files.append(file)
    return store.take_in(files, lambda _name, _number: None)


def test_archives_of_several_ecosystems_become_one_index(tmp_path):
    assert store.holding().reason == "there are no advisories yet"
    assert taken(tmp_path, archive(record("A"), record("B")), archive(record("C", ecosystem="npm"))) == 3
    held = store.holding()
    assert {each.ecosystem: each.advisories for each in held.ecosystems} == {"PyPI": 2, "npm": 1}
    assert held.at
    assert store.database().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", archive(x_json="[]"), archive(x_json="{"), archive(record())[:-30]],
)
def test_what_is_no_archive_leaves_everything_as_it_was(tmp_path, content):
    taken(tmp_path, archive(record("A")))
    with pytest.raises(InvalidInput):
        taken(tmp_path, archive(record("B"), record("C")), content)
    assert store.holding().ecosystems[0].advisories == 1


def test_a_bomb_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    for bomb in (b" " * (17 << 20), b" " * (1 << 20)):  # one too large, and one that shrank too much
        with pytest.raises(InvalidInput, match="more than an archive"):
            taken(tmp_path, archive(x_json=bomb))
    monkeypatch.setattr(archives, "MOST_RECORDS", 1)
    with pytest.raises(InvalidInput, match="more than an archive"):
        taken(tmp_path, archive(record("A"), record("B")))


def test_archives_replace_what_they_are_about_and_nothing_else(tmp_path):
    both = record("C", ecosystem="npm")
    both["affected"] += record(ecosystem="PyPI")["affected"]
    taken(tmp_path, archive(record("A"), record("B")), archive(both, record("D", ecosystem="npm")))
    assert taken(tmp_path, archive(record("B"))) == 3
    assert {each.ecosystem: each.advisories for each in store.holding().ecosystems} == {"PyPI": 2, "npm": 2}
    with pytest.raises(InvalidInput, match="not the archive of one ecosystem"):
        taken(tmp_path, archive(record("A"), record("B", ecosystem="npm")))


def test_one_ecosystem_alone_says_nothing_of_others_that_its_advisories_name(tmp_path):
    both = record("A")
    both["affected"] += record(ecosystem="npm")["affected"]
    taken(tmp_path, archive(both, record("B")))
    assert [each.ecosystem for each in store.holding().ecosystems] == ["PyPI"]


def test_an_old_file_is_as_old_as_it_is(tmp_path):
    file = tmp_path / "old.zip"
    file.write_bytes(archive(record("A")))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    store.take_in([file], lambda _name, _number: None)
    assert store.holding().at == "2023-11-14T22:13:20Z"


def test_exploits_are_known_by_their_content(tmp_path):
    scored = b"#model_version:v2025\ncve,epss,percentile\nCVE-2026-1111,0.97,0.99\nCVE-2026-2222,1e-05,0.1\nrubbish\n"
    catalog = json.dumps(
        {"vulnerabilities": [{"cveID": "CVE-2026-2222"}, {"cveID": "CVE-2026-3333"}]}
    ).encode()
    taken(tmp_path, archive(record("A")), gzip.compress(scored), catalog)
    assert [(each.name, each.entries) for each in store.holding().feeds] == [("EPSS", 2), ("KEV", 2)]
    index = Index(store.database())
    known = index.exploits(["CVE-2026-1111", "CVE-2026-2222", "CVE-2026-3333", "CVE-2026-4444"])
    index.close()
    assert known == {
        "CVE-2026-1111": (0.97, False),
        "CVE-2026-2222": (1e-05, True),
        "CVE-2026-3333": (-1.0, True),
    }
    taken(tmp_path, scored.replace(b"2222", b"5555"), catalog.replace(b"3333", b"1111"))
    index = Index(store.database())
    known = index.exploits(["CVE-2026-1111", "CVE-2026-2222", "CVE-2026-3333", "CVE-2026-5555"])
    index.close()
    assert known == {
        "CVE-2026-1111": (0.97, True),
        "CVE-2026-2222": (-1.0, True),
        "CVE-2026-5555": (1e-05, False),
    }


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"vulnerabilities": [1]}',
        b'{"vulnerabilities": []}',
        b"{" * 100_000,
        b"cve,epss\n",
        gzip.compress(b"cve,epss\nCVE-2026-1111,0.5\n", mtime=0)[:-10],
        b"\x1f\x8bjunk",
    ],
)
def test_feeds_that_are_none(tmp_path, content):
    taken(tmp_path, archive(record("A")))
    with pytest.raises(InvalidInput):
        taken(tmp_path, content)
    assert not store.holding().feeds


def test_a_damaged_index_says_so_and_what_to_do(tmp_path):
    taken(tmp_path, archive(record("A")))
    with closing(sqlite3.connect(store.database())) as index:
        (root,) = index.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ecosystem'").fetchone()
        (size,) = index.execute("PRAGMA page_size").fetchone()
    with store.database().open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    assert store.holding().reason == "the index of advisories is damaged"
    for change in (lambda: taken(tmp_path, archive(record("A"))), lambda: store.sync(("PyPI",), print)):
        with pytest.raises(Unavailable, match="is damaged") as told:
            change()
        assert str(store.database()) in told.value.hint
    store.database().unlink()
    assert taken(tmp_path, archive(record("A"))) == 1


def test_two_at_once_are_refused(tmp_path):
    taken(tmp_path, archive(record("A")))
    with store._alone(), pytest.raises(Conflict):
        taken(tmp_path, archive(record("B")))
