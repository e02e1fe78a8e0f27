"""Several gits compare commits; silence is given up, and an end in the middle leaves nothing behind."""

from __future__ import annotations

import contextlib
import threading

import pytest

from keyhole.scanners import history as module
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.graph import TOLD, Graph
from keyhole.scanners.history import Asked, History, LeftOut, by_trees, trees_fit


def comparing(history, processes, change=lambda asked: asked):
    """The whole history, parents first."""
    graph = Graph()
    listed = history.git("rev-list", "--all", "--reverse", "--topo-order", TOLD).encode().splitlines()
    commits = graph.take_listed(listed)
    return History(
        Git(history.path),
        commits,
        lambda some: [change(each) for each in by_trees(graph, some)],
        processes,
    )


def told(changes):
    """Each commit with its changes."""
    found, at = {}, {}
    for process, lines in changes.lines(30):
        for line in filter(None, lines):
            if line.startswith(b":"):
                found[at[process]].append(line)
            else:
                at[process] = changes.commit(process, line)
                found[at[process]] = []
    return found


@pytest.mark.parametrize("processes", [1, 3, 100])
def test_every_commit_is_told(history, monkeypatch, processes):
    monkeypatch.setattr(module, "_FEWEST_COMMITS", 2)
    ids = [history.commit({"a": b"%d" % (number // 2)}).encode() for number in range(7)]
    with comparing(history, processes) as changes:
        found = told(changes)
    assert list(map(len, map(found.get, ids))) == [1, 0, 1, 0, 1, 0, 1]
    assert changes.whole


def test_asked_by_their_trees_commits_have_the_changes_that_they_have_by_their_names(history):
    first = history.commit({"a": b"1", "d/e": b"2"})
    history.commit({"a": b"2", "d/f": b"3"})
    history.commit({"b": b"2"}, branch="side", parents=[first])
    history.commit({"a": b"1", "c": b"3"}, parents=[history.tip("main"), history.tip("side")])
    history.commit(
        {"a": b"2"}, parents=[history.tip("main")]
    )  # the same trees once more, the other way round
    asked = []
    answers = []
    for change in (lambda each: asked.append(each) or each, lambda each: Asked(each.commit, each.commit)):
        with comparing(history, 1, change) as changes:
            answers.append(told(changes))
        assert changes.whole
    assert sum(b" " in each.words for each in asked) == 3
    assert answers[0] == answers[1]


@pytest.mark.parametrize("gone", range(1, 5))
def test_what_git_leaves_out_is_noticed_and_the_rest_counts(history, gone):
    ids = [history.commit({"a": b"%d" % number}).encode() for number in range(6)]

    def missing(asked):
        return asked._replace(words=b"%b %b" % (b"e" * 40, b"f" * 40)) if asked.commit == ids[gone] else asked

    with comparing(history, 1, missing) as changes:
        found = told(changes)
    assert not changes.whole
    assert found.keys() == {*ids} - {ids[gone]}
    assert all(len(each) == 1 for each in found.values())


def test_an_answer_to_nothing_is_refused(history):
    history.commit({"a": b"1"})
    with comparing(history, 1) as changes:
        told(changes)
        with pytest.raises(LeftOut):
            changes.commit(0, b"f" * 40)


def test_trees_are_asked_for_where_there_is_memory_for_all_of_them(history, monkeypatch):
    for number in range(6):
        history.commit({f"a{number}": b"x"})
    graph, git = Graph(), Git(history.path)
    commits = graph.take_listed(history.git("rev-list", "--all", TOLD).encode().splitlines())
    assert not trees_fit(git, graph, commits, 2), "so few do not pay"
    monkeypatch.setattr(module, "_FEWEST_COMMITS", 2)
    assert trees_fit(git, graph, commits, 2)
    largest = int(history.git("cat-file", "-s", "main^{tree}"))
    for room, fits in ((3 * largest, True), (3 * largest - 1, False)):
        monkeypatch.setattr(module, "_MOST_TREES", room)
        assert trees_fit(git, graph, commits, 2) is fits


def test_a_damaged_history_is_not_whole(history):
    for number in range(3):
        history.commit({"a": b"%d" % number})
    changes = comparing(history, 2)
    tree = history.git("rev-parse", "main~1^{tree}")
    history.git("repack", "-adq")
    (pack,) = (history.path / "objects/pack").glob("*.pack")
    content = pack.read_bytes()
    for file in (history.path / "objects/pack").iterdir():
        file.unlink()
    history.git("unpack-objects", "-q", stdin=content)
    (history.path / "objects" / tree[:2] / tree[2:]).unlink()
    with changes, contextlib.suppress(LeftOut):
        told(changes)
    assert not changes.whole


def test_silence_is_given_up_and_leaving_ends_git(history, monkeypatch):
    history.commit({"a": b"1"})
    silent = threading.Event()
    changes = comparing(history, 2)
    monkeypatch.setattr(changes, "_keep", lambda _process, _number: silent.wait(30))
    with changes:
        with pytest.raises(TimeoutError):
            list(changes.lines(0.01))
        silent.set()
    assert all(process.returncode is not None for process in changes._running)


def test_leaving_early_does_not_wait_for_room(history, monkeypatch):
    monkeypatch.setattr(module, "_MOST_CHUNKS", 1)
    monkeypatch.setattr(module, "_CHUNK", 16)
    for number in range(30):
        history.commit({"a": b"%d" % number})
    with comparing(history, 2) as changes:
        next(changes.lines(30))
    assert not any(thread.is_alive() for thread in changes._threads)
