"""Rules that were read once are the same when they come from what was kept, and are read anew where they may not be."""

from __future__ import annotations

import pytest

from keyhole.core.secret import Secret
from keyhole.scanners.kept import Kept
from keyhole.scanners.secrets import parsed, rules

CODE = "c" * 64


@pytest.fixture(autouse=True)
def readings(monkeypatch):
    """How often the files were read. What is known of them is forgotten before and after."""
    known, made = rules._read[:], []
    read = rules._all_files
    monkeypatch.setattr(rules, "_all_files", lambda: made.append(1) or read())
    rules._read.clear()
    yield made
    rules._read[:] = known


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path / "kept", Secret("of the tests"))


def test_they_are_read_once_and_stay_what_they_are(kept, readings):
    parsed.use(kept, CODE)
    first = rules.all_rules()
    rules._read.clear()
    parsed.use(kept, CODE)
    assert rules.all_rules() == tuple(rule._replace(examples=(), counterexamples=()) for rule in first)
    assert rules.digest_of_all() == rules.digest(first)
    assert len(readings) == 1


def test_another_code_reads_them_again(kept, readings):
    parsed.use(kept, CODE)
    rules._read.clear()
    parsed.use(kept, "d" * 64)
    assert len(readings) == 2


def test_what_was_changed_is_not_used(kept, readings, tmp_path):
    parsed.use(kept, CODE)
    (file,) = (tmp_path / "kept").glob("rules-*")
    file.write_bytes(file.read_bytes().replace(b"github", b"gitlab"))
    rules._read.clear()
    parsed.use(kept, CODE)
    assert len(readings) == 2
    assert any(rule.id == "github-personal-token" for rule in rules.all_rules())
