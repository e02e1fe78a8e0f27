"""A path leads to the repository it names, and to no other."""

from __future__ import annotations

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.scanners.locate import git_dir_of
from tests.unit.scanners.conftest import git


def test_a_bare_repository_and_a_working_copy(history, tmp_path):
    history.commit({"a": b"1"})
    copy = tmp_path / "planted" / "copy"
    git(tmp_path, "clone", "-q", str(history.path), str(copy))
    assert git_dir_of(history.path) == history.path.resolve()
    assert git_dir_of(copy) == (copy / ".git").resolve()


def test_a_linked_worktree(history, tmp_path, scan):
    history.commit({"a": b"1"})
    git(history.path, "worktree", "add", "-q", str(tmp_path / "planted" / "linked"), "main")
    found = git_dir_of(tmp_path / "planted" / "linked")
    assert found.parent == (history.path / "worktrees").resolve()
    assert scan(found).clean


def test_no_folder_and_no_repository(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InvalidInput) as refused:
            git_dir_of(path)
        assert refused.value.field == "path"


def test_a_folder_below_a_repository_is_not_that_repository(history, tmp_path):
    (tmp_path / "planted" / "copy" / "below").mkdir(parents=True)
    git(tmp_path / "planted" / "copy", "init", "-q")
    with pytest.raises(InvalidInput):
        git_dir_of(tmp_path / "planted" / "copy" / "below")


def test_a_pointer_to_a_repository_that_does_not_point_back_is_refused(history, tmp_path):
    thief = tmp_path / "thief"
    thief.mkdir()
    (thief / "HEAD").write_text("ref: refs/heads/main\n")
    (thief / "commondir").write_text(str(history.path))
    with pytest.raises(InvalidInput, match="does not know it"):
        git_dir_of(thief)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"gitdir: /nowhere/at/all", b"\xff\xfe" * 3000])
def test_a_dot_git_file_that_is_nonsense_is_refused(tmp_path, content):
    (tmp_path / ".git").write_bytes(content)
    with pytest.raises(InvalidInput):
        git_dir_of(tmp_path)
