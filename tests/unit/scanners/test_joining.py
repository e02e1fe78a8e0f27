"""Which commits joined a remembered history, and when what left it makes the memory worthless."""

from __future__ import annotations

import pytest

from keyhole.scanners.gitpipe import Git
from keyhole.scanners.joining import joined_since
from tests.unit.scanners.growing import looked, one_rule, secret


@pytest.fixture(scope="module")
def engine():
    return one_rule()


@pytest.fixture
def remember(history, engine):
    def run(*tips):
        return looked(history, engine, tips=tips)[2]

    return run


def test_what_was_made_and_what_was_merged_has_joined(history, remember):
    root = history.commit({"a": b"1"})
    memory = remember(root)
    side = history.commit({"b": b"2"}, branch="side", parents=[root])
    tip = history.commit({}, parents=[root, side])
    joined = joined_since(Git(history.path, [tip]), memory)
    assert joined.commits.seconds.keys() - {root.encode()} == {side.encode(), tip.encode()}
    assert root.encode() in joined.stay[0]


def test_a_part_that_lost_a_commit_or_a_tags_text_has_become_less(history, remember):
    root = history.commit({"a": b"1"})
    old = history.commit({"b": b"2"})
    new = history.commit({"c": b"3"}, parents=[root])
    who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    history.git(*who, "tag", "-a", "-m", "text", "v", root)
    tag = history.git("rev-parse", "v")
    assert joined_since(Git(history.path, [new]), remember(old)).less
    assert joined_since(Git(history.path, [new]), remember(tag)).less
    assert not joined_since(Git(history.path, [new]), remember(root)).less
    assert not joined_since(Git(history.path, [tag]), remember(tag)).less


def test_what_is_remembered_may_lose_commits_that_brought_nothing_first(history, remember):
    root = history.commit({"a": secret(1)})
    history.commit({"b": b"2"}, branch="side", parents=[root])
    found = history.commit({"c": secret(2)}, branch="found", parents=[root])
    memory = remember()
    history.git("branch", "-D", "side")
    joined = joined_since(Git(history.path), memory)
    assert len(memory.commits) == 3
    assert len(joined.stay[0]) == len(joined.stay[1]) == 2
    assert found.encode() in joined.stay[0]
    history.git("branch", "-D", "found")
    assert joined_since(Git(history.path), memory) is None


def test_a_tip_that_git_no_longer_has_says_nothing(history, remember):
    root = history.commit({"a": b"1"})
    memory = remember(history.commit({"b": b"2"}))
    new = history.commit({"c": b"3"}, parents=[root])
    history.git("repack", "-adq")
    history.git("prune", "--expire=now")
    assert joined_since(Git(history.path, [new]), memory) is None
