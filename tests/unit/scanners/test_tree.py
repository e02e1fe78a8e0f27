"""The files of a commit: those wanted, once each, whatever the repository does to make them too many."""

from __future__ import annotations

from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners import tree
from keyhole.scanners.assessed import issues_as_findings
from keyhole.scanners.assessment import Issue
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.hits import About
from keyhole.scanners.limits import Limits
from keyhole.scanners.links import OUTSIDE
from keyhole.scanners.objects import Trouble


def nobody(_done, _total):
    return None


def is_lock(path):
    return path.endswith(b".lock")


def files(history, trouble, follower=None, **limits):
    return list(tree.files(Git(history.path), is_lock, Limits(**limits), trouble, nobody, follower=follower))


def test_wanted_files_with_their_content_in_order(history):
    history.commit({"b.lock": b"same", "a/c.lock": b"same", "d.txt": b"no", "e.lock": b"other"})
    trouble = Trouble()
    assert files(history, trouble) == [(b"a/c.lock", b"same"), (b"b.lock", b"same"), (b"e.lock", b"other")]
    assert not trouble.counts


class Follower:
    """Takes what has the same ending for the same."""

    def __init__(self):
        self.gone = []

    def same(self, path, files):
        return any(each.endswith(path[-5:]) for each in files)

    def astray(self, path, where):
        self.gone.append((path, where))


def test_links_come_only_to_who_follows_them_and_does_not_see_the_file_anyway(history):
    links = {
        "a.lock": b"base",
        "b.lock": b"e.lock",
        "x/c1.lock": b"../base",
        "d.lock": b"/e.lock",
        "l": b"e.lock",
    }
    history.commit({**links, "base": b"1", "e.lock": b"2"}, modes=dict.fromkeys(links, "120000"))
    trouble, follower = Trouble(), Follower()
    assert files(history, trouble) == [(b"e.lock", b"2")]
    assert files(history, trouble, follower) == [(b"a.lock", b"1"), (b"e.lock", b"2"), (b"x/c1.lock", b"1")]
    assert follower.gone == [(b"d.lock", OUTSIDE)]
    assert not trouble.counts


def test_too_many_paths_and_too_large_files_are_told(history, monkeypatch):
    history.commit({f"f{number}.lock": b"x" * 100 * number for number in range(1, 9)})
    trouble = Trouble()
    assert len(files(history, trouble, object_bytes=450)) == 4
    assert "larger than" in trouble.sentences()[0]
    monkeypatch.setattr(tree, "MOST_PATHS", 3)
    trouble = Trouble()
    assert len(files(history, trouble)) == 3
    assert "more than 3 files" in trouble.sentences()[0]


def test_a_head_without_a_commit_is_nothing_wrong_only_where_there_are_no_branches(history):
    trouble = Trouble()
    assert files(history, trouble) == []
    assert not trouble.counts
    history.commit({"a.lock": b"1"}, branch="trunk")
    assert files(history, trouble) == []
    assert "HEAD names a branch that has no commit" in trouble.sentences()[0]


def test_issues_with_one_identity_are_one_finding_with_all_places():
    about = About("t", Severity.HIGH, Confidence.HIGH, "w", "f", (), Kind.CODE)
    issues = [Issue("r", b"same", path, line, about) for path, line in ((b"b", 2), (b"a", 1), (b"b", 2))]
    (finding,) = issues_as_findings("s", issues, "a" * 40, lambda _value: "0" * 32)
    assert [(place.path, place.line) for place in finding.locations] == [("a", 1), ("b", 2)]
    assert finding.occurrences == 2
