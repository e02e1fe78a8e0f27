"""What is remembered is understood only as a whole, and only for the rules it was made with."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

from keyhole.scanners.collect import Record
from keyhole.scanners.examination import Site
from keyhole.scanners.hits import Hit
from keyhole.scanners.introduction import Introduction
from keyhole.scanners.memory import written as form
from keyhole.scanners.memory.ids import Ids
from keyhole.scanners.memory.memory import Grown, Memory
from keyhole.scanners.memory.written import understood, written

BLOB, COMMIT, LATER = b"a" * 40, b"c" * 40, b"d" * 40


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
    content = written(memory)
    again = understood(*content, "rules")
    assert again.found == memory.found
    assert again.places == memory.places
    assert BLOB in again.read
    assert (again.part, again.closed, again.closed_in) == (memory.part, memory.closed, {BLOB})
    assert written(dataclasses.replace(again, grown=None)) == content


def grown(memory, *, blobs=1):
    """The memory with a commit and blobs more, since it was written and understood."""
    more = [
        hashlib.sha1(b"%d" % number, usedforsecurity=False).hexdigest().encode() for number in range(blobs)
    ]
    before = memory.grown
    return dataclasses.replace(
        memory,
        read=memory.read | Ids.of_names(*more),
        commits=Ids.of_names(COMMIT, LATER),
        seconds=np.array([5, 9], np.int64),
        tips=(LATER,),
        grown=Grown(
            before.beside, before.read | Ids.of_names(*more), Ids.of_names(LATER), np.array([9], np.int64)
        ),
    )


def test_ids_that_grew_a_little_stay_as_they_were_written(memory):
    first = written(memory)
    memory = grown(understood(*first, "rules"))
    second = written(memory)
    assert second.ids == b""
    again = understood(second.changing, first.ids, "rules")
    assert again.read.raw == memory.read.raw
    assert again.commits.raw == memory.commits.raw
    assert again.seconds.tolist() == [5, 9]
    assert again.tips == (LATER,)
    assert written(again) == second


def test_ids_that_grew_much_are_written_anew(memory):
    memory = grown(understood(*written(memory), "rules"), blobs=form._LEAST // 20)
    content = written(memory)
    again = understood(*content, "rules")
    assert content.ids
    assert len(again.grown.read) == 0
    assert again.read.raw == memory.read.raw


def test_other_ids_than_those_it_belongs_to_make_it_nothing(memory):
    first = written(memory)
    other = written(dataclasses.replace(memory, read=Ids.of_names(BLOB)))
    assert understood(first.changing, other.ids, "rules") is None
    assert understood(first.changing, b"", "rules") is None


def test_for_other_rules_it_is_nothing(memory):
    assert understood(*written(memory), "other rules") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw + b"x" * 8,
        lambda raw: raw.replace(b'"packs"', b'"sacks"'),
        lambda raw: raw.replace(b'"format":6', b'"format":1'),
        lambda raw: raw.replace(b'"blob","blob"', b'"blob","blob","blob"'),
        lambda raw: raw.replace(b"[[0,0]", b"[[9,9]"),
        lambda raw: b"\xff" * 40 + raw[40:],
        lambda raw: raw[:40] + b"\xff" * 40 + raw[80:],
    ],
)
def test_anything_else_is_nothing(memory, change):
    changing, ids = written(memory)
    assert change(changing) != changing
    assert understood(change(changing), ids, "rules") is None


def test_seconds_are_as_many_as_commits(memory):
    wrong = dataclasses.replace(memory, seconds=np.array([5, 6], np.int64))
    assert understood(*written(wrong), "rules") is None
