"""git processes of a scan."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from keyhole.scanners.gitpipe import Facts, Git
from tests.unit.scanners.conftest import History

MEMORY = 64 << 30  # more than what runs all tests may hold already


@pytest.fixture
def limited():
    """This process with a memory limit like that of one that scans."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_DATA, before)


def test_git_may_take_less_memory_than_whoever_starts_it(history, limited):
    with Git(history.path).start("cat-file", "--batch", fed=True) as process:
        soft, hard = resource.prlimit(process.pid, resource.RLIMIT_DATA)
    assert soft == hard < MEMORY * 0.8


def test_git_is_as_free_as_whoever_starts_it_where_nothing_is_limited(history):
    with Git(history.path).start("cat-file", "--batch", fed=True) as process:
        assert (
            resource.prlimit(process.pid, resource.RLIMIT_DATA)[0]
            == resource.getrlimit(resource.RLIMIT_DATA)[0]
        )


# A name may be anything: line breaks, what looks like an id or a format, and bytes that are no text.
NAMES = ["a\nb", "a\n" + "0" * 40, "a\nsha1", "sha1", "\n", "Ünï", "\udcff\udcfe"]


@pytest.fixture(params=NAMES, ids=ascii)
def oddly_named(request, tmp_path):
    return History(tmp_path / request.param / request.param)


def test_facts_of_a_repository_whatever_its_folders_are_called(oddly_named):
    path = oddly_named.path
    assert Git(path).facts() == Facts(str(path), "")
    commit = oddly_named.commit({"a": b"1"})
    assert Git(path).facts() == Facts(str(path), commit)


def test_facts_of_a_worktree_are_those_of_its_repository(history, tmp_path):
    commit = history.commit({"a": b"1"})
    history.git("worktree", "add", "-q", str(tmp_path / "tree"), "main")
    facts = Git(history.path / "worktrees" / "tree").facts()
    assert Path(facts.folder).resolve() == history.path
    assert facts.has("objects")
    assert not facts.has("shallow")
    assert facts.commit == commit


def test_what_is_no_repository_has_no_facts(tmp_path):
    assert Git(tmp_path).facts() == Facts("", "")


def test_a_damaged_branch_is_not_taken_for_one_that_is_not_born_whatever_its_folders_are_called(oddly_named):
    assert Git(oddly_named.path).unborn()
    oddly_named.commit({"a": b"1"})
    (oddly_named.path / "refs/heads/main").write_text("garbage\n")
    assert not Git(oddly_named.path).unborn()


def test_a_repository_is_scanned_whatever_its_folders_are_called(oddly_named, token, scan):
    commit = oddly_named.commit({"a": token})
    for head in (False, True):
        result = scan(oddly_named, head=head)
        assert (result.reasons, result.commit, len(result.findings)) == ((), commit, 1)
    (oddly_named.path / "refs/heads/main").write_text("garbage\n")
    assert scan(oddly_named, head=True).reasons
