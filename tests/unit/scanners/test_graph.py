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


@pytest.mark.parametrize("seconds", ["-5", "0", "1700000000", "99999999999"])
def test_a_date_is_told_as_git_lists_it_whatever_it_is(history, seconds):
    history.commit({"a": b"1"})
    tree = history.git("rev-parse", "main^{tree}").strip()
    text = f"tree {tree}\nauthor a <a@b> {seconds} +0000\ncommitter a <a@b> {seconds} +0000\n\nx\n".encode()
    commit = history.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text).strip()
    listed = history.git("rev-list", "--no-walk", TOLD, commit).splitlines()[1]
    mine, theirs = Graph(), Graph()
    mine.take(told(commit.encode(), text))
    theirs.take(listed.encode())
    assert mine.commits == theirs.commits


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
