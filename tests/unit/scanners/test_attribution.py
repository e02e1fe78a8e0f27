"""History walks agree with each other, quotes are undone, and nonsense dates do no harm."""

from __future__ import annotations

import pytest

from keyhole.scanners.attribution import Sought, _date, _unquote, all_commits, in_history, introductions
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.graph import TOLD, Graph
from keyhole.scanners.interface import Limits
from keyhole.scanners.objects import OutOfTime, Trouble
from keyhole.scanners.treewalk import first_places


def nobody(_done, _total):
    return None


def graph_of(history):
    graph = Graph()
    graph.take_listed(history.git("rev-list", "--all", TOLD).encode().splitlines())
    return graph


def introduced(history, objects, limits, trouble, tick, known=None):
    git = Git(history.path)
    commits = all_commits(git, graph_of(history), trouble)
    return in_history(introductions(git, commits, Sought(frozenset(objects), known), limits, trouble, tick))


def test_the_fast_and_the_certain_walk_name_the_same_first_commit(history):
    for number in range(12):
        history.commit({f"d{number % 3}/deep/f{number}": b"content %d" % (number % 7)})
    side = history.commit({"x/side": b"only here"}, branch="side", parents=[history.tip()])
    history.commit({"x/side": b"only here", "merged": b"new in the merge"}, parents=[history.tip(), side])
    blobs = {
        line.split()[0].encode()
        for line in history.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()
        if " blob " in line
    }
    git = Git(history.path)
    fast = introduced(history, blobs, Limits(), Trouble(), nobody)
    certain = dict(first_places(git, blobs, nobody))
    assert fast.keys() == certain.keys() == blobs
    assert {oid: places[0].commit for oid, places in fast.items()} == {
        oid: seen.commit for oid, seen in certain.items()
    }
    assert all(seen.path.decode() in {place.path for place in fast[oid]} for oid, seen in certain.items())


def test_too_wide_a_history_still_names_a_commit_for_each_object(history):
    first = history.commit({f"f{number}": b"%d" % number for number in range(50)})
    blob = history.git("rev-parse", "main:f7").encode()
    trouble = Trouble()
    (place,) = introduced(history, [blob], Limits(history_lines=10), trouble, nobody)[blob]
    assert (place.commit, place.path) == (first, "f7")
    assert trouble.counts


def test_out_of_time_names_what_git_names(history):
    history.commit({"a": b"1"})
    blob = history.git("rev-parse", "main:a").encode()
    trouble = Trouble()

    def late(_done, _total):
        raise OutOfTime

    (place,) = introduced(history, [blob], Limits(), trouble, late)[blob]
    assert place.path == "a"
    assert "out of time" in trouble.sentences()[0]


def test_what_no_ref_reaches_has_no_place(history):
    history.commit({"a": b"1"})
    stray = history.git("hash-object", "-w", "--stdin", stdin=b"in no commit").encode()
    trouble = Trouble()
    assert introduced(history, [stray], Limits(), trouble, nobody) == {}
    assert not trouble.counts


def test_a_file_that_is_not_there_is_trouble_although_nothing_was_found(history):
    history.commit({"a": b"1", "b": b"2"})
    a, b = (history.git("rev-parse", f"main:{name}").encode() for name in "ab")
    trouble = Trouble()
    introduced(history, [], Limits(), trouble, nobody, frozenset({a, b}))
    assert not trouble.counts
    introduced(history, [], Limits(), trouble, nobody, frozenset({a}))
    assert trouble.sentences() == ("an object is missing or damaged",)


def test_neither_a_submodule_nor_a_removed_file_is_missed(history):
    history.commit({"a": b"1"})
    history.git("update-ref", "refs/heads/other", history.tip())
    tree = history.git("mktree", stdin=b"160000 commit " + b"7" * 40 + b"\tsub\n")
    commit = history.git("commit-tree", tree, "-p", history.tip(), "-m", "a submodule in place of the file")
    history.git("update-ref", "refs/heads/main", commit)
    trouble = Trouble()
    blob = history.git("rev-parse", "other:a").encode()
    introduced(history, [], Limits(), trouble, nobody, frozenset({blob}))
    assert not trouble.counts


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (b"plain/path", b"plain/path"),
        (rb'"a\nb"', b"a\nb"),
        (rb'"\033[2J\\\""', b'\x1b[2J\\"'),
        (rb'"\377\t"', b"\xff\t"),
    ],
)
def test_quoted_paths_are_undone(written, plain):
    assert _unquote(written) == plain


@pytest.mark.parametrize(
    ("seconds", "date"),
    [
        (b"0", "1970-01-01T00:00:00Z"),
        (b"1700000000", "2023-11-14T22:13:20Z"),
        (b"99999999999999999999", ""),
        (b"-5", "1969-12-31T23:59:55Z"),
        (b"", ""),
        (b"soon", ""),
    ],
)
def test_dates(seconds, date):
    assert _date(seconds) == date
