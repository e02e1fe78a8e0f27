"""Commits in an order that depends on nothing but their own history."""

from __future__ import annotations

import pytest

from keyhole.scanners.graph import TOLD, Graph, in_order, told

A, B, C, D = (letter * 40 for letter in (b"a", b"b", b"c", b"d"))


def graph_of(*lines):
    graph = Graph()
    for line in lines:
        graph.take(b",".join((*line, b"f" * 40)))
    return graph


def test_what_is_told_from_a_text_is_what_git_lists(history):
    first = history.commit({"a": b"1"})
    history.commit({"b": b"2"}, branch="side", parents=[first])
    history.commit({"c": b"3"}, parents=[first, history.tip("side")], message="joined\n\nauthor > 1 2")
    listed = [line for line in history.git("rev-list", "--all", TOLD).splitlines() if "," in line]
    mine = [
        told(line[:40].encode(), history.git("cat-file", "commit", line[:40]).encode()).decode()
        for line in listed
    ]
    assert mine == listed


WRITTEN = b"author A <a@b> 1700000000 +0000"
MADE = b"committer A <a@b> 1800000000 +0000"


def same_as_git(history, lines):
    """What is told of a commit of these lines, which has to be what git lists."""
    tree = history.git("mktree").encode()
    text = b"\n".join((b"tree " + tree, *lines, b"", b"author A <a@b> 3 +0000", b""))
    commit = history.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text).strip()
    listed = history.git("rev-list", "--no-walk", TOLD, commit).splitlines()[1]
    mine, theirs = Graph(), Graph()
    mine.take(told(commit.encode(), text))
    theirs.take(listed.encode())
    assert mine.commits == theirs.commits
    return mine.commits[commit.encode()][:2]


@pytest.mark.parametrize(
    "date",
    [
        *("-5 +0000", "0 +0000", "1700000000 -1200", "99999999999 +0000", " +0000", "x +0000", "x5 +0000"),
        *(f"{'9' * 18} +0000", f"{'9' * 19} +0000", f"{'0' * 20}7 +0000", f"{'9' * 5000} +0000"),
        *("1900000000x +0000", "1900000000, +0000", "1900000000", "1900000000+0", "1900000000 0000"),
        *("1900000000 -", "  1700000000\t +0000", "\r17\r-0", "<17 +0000", ">17 +0000", "17>18 +0000", ""),
    ],
)
def test_a_date_is_told_as_git_lists_it_whatever_it_is(history, date):
    ident = f" a <a@b> {date}".encode()
    same_as_git(history, (b"author" + ident, b"committer" + ident))


def test_what_only_begins_like_a_date_is_none(history):
    assert same_as_git(history, (b"author A <a@b> 1900000000x +0000", MADE)) == (b"", 1_800_000_000)
    assert same_as_git(history, (WRITTEN, b"committer A <a@b> 1900000000x +0000")) == (b"1700000000", 0)


@pytest.mark.parametrize(
    ("lines", "dates"),
    [
        ((b"author nobody", MADE), (b"", 1_800_000_000)),
        ((MADE,), (b"", 1_800_000_000)),
        ((MADE, WRITTEN), (b"1700000000", 1_800_000_000)),
        ((WRITTEN, MADE, b"author A <a@b> 5 +0000"), (b"5", 1_800_000_000)),
        ((WRITTEN, MADE, b"gpgsig x", b" author A <a@b> 5 +0000"), (b"1700000000", 1_800_000_000)),
        ((WRITTEN, MADE, b"gpgsig x\0committer A <a@b> 5 +0000"), (b"1700000000", 5)),
        ((b"author A <a@b>\0 6 +0000", MADE), (b"", 1_800_000_000)),
        ((b"author a@b 5 +0000", b"committer A> <a@b 5 +0000"), (b"", 0)),
    ],
)
def test_of_lines_that_git_would_not_write_its_own_reading_is_told(history, lines, dates):
    assert same_as_git(history, lines) == dates


def test_a_text_that_is_no_commit_tells_nothing():
    graph = Graph()
    graph.take(told(A, b"tree nonsense\n"))
    assert not graph.commits


def test_nonsense_for_a_date_is_no_date_and_the_farthest_one_has_an_end():
    head = b"tree " + b"0" * 40 + b"\n"
    assert told(A, head + b"author nobody\ncommitter nobody\n\nx") == A + b",,,," + b"0" * 40
    graph = graph_of((A, b"", b"9" * 18, b""))
    assert graph.reached([A])[0][A] < 1 << 61


def test_parents_come_first_although_their_clock_was_ahead():
    graph = graph_of(
        (A, b"9", b"900", b""), (B, b"5", b"500", A), (C, b"6", b"600", A), (D, b"7", b"700", b"")
    )
    seconds, missing = graph.reached([B, C, D])
    assert not missing
    assert in_order(seconds) == [D, A, B, C]
    assert seconds[B] == seconds[A] + 1


def test_what_else_there_is_moves_no_commit():
    graph = graph_of((A, b"1", b"100", b""), (B, b"2", b"90", A), (C, b"3", b"300", b""), (D, b"3", b"1", C))
    alone, together = graph.reached([B])[0], graph.reached([D, B])[0]
    assert {each: together[each] for each in alone} == alone


def test_commits_that_are_not_there_are_counted_and_those_after_them_are_reached():
    graph = graph_of((B, b"2", b"90", A + b" " + C), (D, b"3", b"95", B))
    seconds, missing = graph.reached([D])
    assert missing == {A, C}
    assert in_order(seconds) == [B, D]


def test_a_history_longer_than_the_stack_of_python():
    ids = [b"%040x" % number for number in range(5000)]
    graph = graph_of(
        *((each, b"1", b"1", ids[number - 1] if number else b"") for number, each in enumerate(ids))
    )
    assert in_order(graph.reached([ids[-1]])[0]) == ids
