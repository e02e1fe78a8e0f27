"""History walks agree with each other, quotes are undone, and nonsense dates do no harm."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners import attribution
from keyhole.scanners.attribution import (
    Commits,
    Sought,
    _unquote,
    _Walk,
    _worth_a_look,
    all_commits,
    in_history,
    introductions,
)
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.graph import TOLD, Graph
from keyhole.scanners.history import by_trees
from keyhole.scanners.limits import Limits
from keyhole.scanners.memory.ids import Ids
from keyhole.scanners.objects import OutOfTime, Trouble
from keyhole.scanners.treewalk import _entries, first_places


def nobody(_done, _total):
    return None


def graph_of(history):
    graph = Graph()
    graph.take_listed(history.git("rev-list", "--all", TOLD).encode().splitlines())
    return graph


def introduced(history, objects, limits, trouble, tick, known=None):
    git = Git(history.path)
    commits = all_commits(git, graph_of(history), trouble)
    return in_history(
        introductions(
            git,
            commits,
            Sought(frozenset(objects), None if known is None else lambda: Ids.of_names(*known)),
            limits,
            trouble,
            tick,
        )
    )


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


def test_a_file_that_history_takes_for_a_submodule_has_a_place(history):
    blob = history.git("hash-object", "-w", "--stdin", stdin=b"hidden").encode()
    entry = b"160000 sub\0" + bytes.fromhex(blob.decode())
    tree = history.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=entry)
    commit = history.git("commit-tree", tree, "-m", "a file in disguise")
    history.git("update-ref", "refs/heads/main", commit)
    for known in (None, frozenset({blob}), frozenset()):
        (place,) = introduced(history, [blob], Limits(), Trouble(), nobody, known)[blob]
        assert (place.commit, place.path) == (commit, "sub")


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


IDS = [f"{number:040x}".encode() for number in range(6)]
LONG = [f"{number:064x}".encode() for number in range(3)]
MODES = st.sampled_from([b"000000", b"100644", b"120000", b"160000"])


@st.composite
def told(draw):
    """A line as git tells it: of a commit, of a change against some parents, or an empty one."""
    parents = draw(st.integers(-1, 9))
    if parents < 1:
        return [b"", IDS[0] + b" 1700000000"][parents]
    ids = draw(st.sampled_from([IDS, IDS, IDS, LONG]))
    modes = [draw(MODES) for _ in range(parents + 1)]
    names = [draw(st.sampled_from(ids)) for _ in range(parents + 1)]
    return b":" * parents + b" ".join([*modes, *names, b"M" * parents]) + b"\tpath"


def matters(line, wanted, known):
    """The same question as plainly as it can be asked."""
    columns = line.partition(b"\t")[0]
    parents = len(columns) - len(columns.lstrip(b":"))
    words = columns.lstrip(b":").split(b" ")
    mode, object_id = words[parents], words[2 * parents + 1]
    is_file = mode not in {b"000000", b"160000"}
    return object_id in wanted or (known is not None and object_id not in known and is_file)


@given(
    st.lists(told(), max_size=20),
    st.frozensets(st.sampled_from(IDS)),
    st.none() | st.frozensets(st.sampled_from(IDS)),
)
def test_no_line_is_left_out_that_matters(lines, wanted, known):
    if known is not None:  # then there are none of the longer ids, with which git has to list what there is
        lines = [line for line in lines if not any(each in line for each in LONG)]
    commits = Commits([], Graph(), {}, whole=True)
    ids = None if known is None else Ids.of_names(*known)
    kept = _worth_a_look(_Walk(wanted, {}, commits, ids), lines)
    rest = iter(lines)
    assert all(each in rest for each in kept)  # in their order
    left_out = Counter(lines) - Counter(kept)
    assert all(line.startswith(b":") and not matters(line, wanted, known) for line in left_out)


@pytest.mark.parametrize("known", [None, Ids.of_names(*IDS)])
def test_an_ordinary_change_is_not_looked_at(known):
    walk = _Walk(frozenset(IDS[:2]), {}, Commits([], Graph(), {}, whole=True), known)
    changes = [
        b":100644 %s " % mode + IDS[0] + b" " + IDS[3] + b" M\tpath" for mode in (b"100644", b"160000")
    ]
    assert _worth_a_look(walk, changes) == []
    assert _worth_a_look(walk, [changes[0].replace(IDS[3], IDS[1])]) != []


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


@pytest.mark.parametrize("number", range(4))
def test_where_git_fails_with_trees_it_is_asked_for_commits(history, monkeypatch, number):
    for each in range(4):
        history.commit({"a": b"%d" % each, f"b{each}": b"same"})
    objects = history.git("rev-list", "--objects", "--no-object-names", "--all").encode().split()
    trouble, asked = [Trouble(), Trouble()], []
    plain = introduced(history, objects, Limits(), trouble[0], nobody, frozenset(objects))

    def failing(graph, commits):
        asked.append(commits)
        return [
            each._replace(words=b"%b %b" % (b"e" * 40, b"f" * 40)) if place == number else each
            for place, each in enumerate(by_trees(graph, commits))
        ]

    monkeypatch.setattr(attribution, "trees_fit", lambda *_: True)
    monkeypatch.setattr(attribution, "by_trees", failing)
    assert introduced(history, objects, Limits(), trouble[1], nobody, frozenset(objects)) == plain
    assert asked
    assert not trouble[0].counts
    assert not trouble[1].counts


def test_a_commit_without_a_date_has_places_too(history):
    history.commit({"a": b"1"})
    tree = history.git("rev-parse", "main^{tree}").strip()
    text = f"tree {tree}\nauthor nobody\ncommitter nobody\n\nx\n".encode()
    commit = history.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text).strip()
    history.git("update-ref", "refs/heads/main", commit)
    blob = history.git("rev-parse", "main:a").strip().encode()
    ((found, seen),) = first_places(Git(history.path), {blob}, nobody)
    assert (found, seen.commit, seen.seconds, seen.path) == (blob, commit, b"", b"a")


def test_a_git_that_ended_at_a_damaged_tree_has_nothing_more_to_say():
    class Ended(io.BytesIO):
        def flush(self):
            raise BrokenPipeError

    assert _entries(b"a" * 40, Ended(), io.BytesIO()) == []
