"""What is remembered is understood only as a whole, and only for the rules it was made with."""

from __future__ import annotations

import numpy as np
import pytest

from keyhole.scanners.collect import Record
from keyhole.scanners.examination import Site
from keyhole.scanners.hits import Hit
from keyhole.scanners.introduction import Introduction
from keyhole.scanners.memory.ids import Ids
from keyhole.scanners.memory.memory import Memory, understood

BLOB, COMMIT = b"a" * 40, b"c" * 40


@pytest.fixture
def memory():
    return Memory(
        identity="rules",
        packs=frozenset({"pack-1"}),
        loose=Ids.of(),
        read=Ids.of_names(BLOB, COMMIT),
        commits=Ids.of_names(COMMIT),
        seconds=np.array([5], np.int64),
        tips=(COMMIT,),
        objects=2,
        size=10,
        closed=[["an archive with a password", 2, [BLOB.decode()]]],
        found=(
            Record(
                "secrets", Hit("r", 0, 9, "r:" + "0" * 32, "", "x"), [Site(BLOB, "blob", 1, 2, "x", "y")] * 2
            ),
        ),
        places={BLOB: {b"a\xff": Introduction((5, COMMIT.decode()), COMMIT.decode(), "", "a\\xff")}},
        part=True,
    )


def test_it_comes_back_as_it_was(memory):
    content = memory.written()
    again = understood(content, "rules")
    assert again.written() == content
    assert again.found == memory.found
    assert again.places == memory.places
    assert BLOB in again.read
    assert (again.part, again.closed, again.closed_in) == (memory.part, memory.closed, {BLOB})


def test_for_other_rules_it_is_nothing(memory):
    assert understood(memory.written(), "other rules") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw + b"x" * 8,
        lambda raw: raw.replace(b'"packs"', b'"sacks"'),
        lambda raw: raw.replace(b'"format":5', b'"format":1'),
        lambda raw: b"\xff" * 40 + raw[40:],
    ],
)
def test_anything_else_is_nothing(memory, change):
    assert understood(change(memory.written()), "rules") is None
