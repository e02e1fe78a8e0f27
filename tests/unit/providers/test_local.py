"""Repositories in folders: what is found, what is refused, and what identity means."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.providers import local


def make(path: Path, *, bare: bool = False) -> Path:
    subprocess.run(
        ["git", "init", "--quiet", "--initial-branch=main", *(["--bare"] if bare else []), str(path)],
        check=True,
    )
    return path


def commit(path: Path, text: str = "hello") -> str:
    (path / "file.txt").write_text(text)
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"]
    subprocess.run(["git", "-C", str(path), "add", "."], check=True)
    subprocess.run(["git", "-C", str(path), *identity, "commit", "--quiet", "-m", text], check=True)
    return subprocess.run(
        ["git", "-C", str(path), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()


def found_names(root: Path) -> list[tuple[str | None, str]]:
    return [(one.owner, one.name) for one in local.discover(root)]


def test_finds_bare_and_working_repositories_on_both_levels(tmp_path: Path) -> None:
    make(tmp_path / "alpha.git", bare=True)
    make(tmp_path / "beta")
    make(tmp_path / "team" / "gamma.git", bare=True)
    make(tmp_path / "team" / "delta")
    make(tmp_path / "too" / "deep" / "epsilon")
    assert found_names(tmp_path) == [(None, "alpha"), (None, "beta"), ("team", "delta"), ("team", "gamma")]


def test_a_repository_itself_is_found_and_not_searched(tmp_path: Path) -> None:
    make(tmp_path / "outer")
    make(tmp_path / "outer" / "vendored")
    assert found_names(tmp_path / "outer") == [(None, "outer")]


@pytest.mark.parametrize("kind", ["folder", "git-directory", "git-file"])
def test_n8_links_out_of_the_folder_are_not_followed(tmp_path: Path, kind: str) -> None:
    outside = make(tmp_path / "outside")
    root = tmp_path / "root"
    root.mkdir()
    match kind:
        case "folder":
            (root / "sly").symlink_to(outside)
        case "git-directory":
            (root / "sly").mkdir()
            (root / "sly" / ".git").symlink_to(outside / ".git")
        case "git-file":
            (root / "sly").mkdir()
            (root / "sly" / ".git").write_text(f"gitdir: {outside / '.git'}\n")
    assert found_names(root) == []


def test_the_objects_folder_may_not_be_a_link(tmp_path: Path) -> None:
    sly = make(tmp_path / "sly.git", bare=True)
    shutil.rmtree(sly / "objects")
    (sly / "objects").symlink_to("/etc")
    assert found_names(tmp_path) == []


def test_a_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(local.discover(tmp_path / "nothing"))


def test_a_marker_is_an_identity_that_survives_renaming(tmp_path: Path) -> None:
    git_dir = make(tmp_path / "a.git", bare=True)
    assert local.marker_of(git_dir) is None
    marker = local.mark(git_dir)
    git_dir.rename(tmp_path / "b.git")
    assert local.marker_of(tmp_path / "b.git") == marker


@pytest.mark.parametrize("text", ["", "short", "x" * 33, "../../../etc/passwd/aaaaaaaaaaaaa"])
def test_what_is_no_marker_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    git_dir = make(tmp_path / "a.git", bare=True)
    (git_dir / local.MARKER).write_text(text)
    assert local.marker_of(git_dir) is None


def test_a_linked_marker_is_not_read(tmp_path: Path) -> None:
    git_dir, other = make(tmp_path / "a.git", bare=True), make(tmp_path / "b.git", bare=True)
    local.mark(other)
    (git_dir / local.MARKER).symlink_to(other / local.MARKER)
    assert local.marker_of(git_dir) is None


def test_a_repository_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        local.mark(tmp_path / "gone.git")


def test_default_branch_also_before_the_first_commit(tmp_path: Path) -> None:
    repository = make(tmp_path / "a")
    assert local.default_branch(repository / ".git") == "main"
    head = commit(repository)
    (repository / ".git" / "HEAD").write_text(head + "\n")
    assert local.default_branch(repository / ".git") == ""


def test_cloning_a_path_copies_everything_and_runs_nothing(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    head = commit(source)
    canary = tmp_path / "canary"
    hook = source / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {canary}\n")
    hook.chmod(0o755)
    with (source / ".git" / "config").open("a") as config:
        config.write(f'[uploadpack]\n\tpackObjectsHook = "touch {canary}; false"\n')
        config.write(f'[core]\n\tfsmonitor = "touch {canary}"\n')
    target = tmp_path / "copies" / "copy.git"
    local.clone_into(str(source), target)
    assert (target / "packed-refs").read_text().count(head) or (
        target / "refs/heads/main"
    ).read_text().strip() == head
    assert not canary.exists()
    assert local.default_branch(target) == "main"
    assert local.size_in_kilobytes(target) >= 0


@pytest.mark.parametrize(
    "source",
    [
        "ext::sh -c touch% canary",
        "file:///etc",
        "ssh://host/x",
        "git://host/x",
        "http://example.invalid/x.git",
        "--upload-pack=touch canary",
        "relative/path",
        "https://user:password@example.invalid/x.git",
        "https://127.0.0.1/x.git",
        "https://localhost/x.git",
        "https://[::1]/x.git",
        "https://169.254.169.254/latest",
        "https://2130706433/x.git",
        "https://0x7f.1/x.git",
        "https://[::ffff:127.0.0.1]/x.git",
        "https://0.0.0.0/x.git",
        "https://127.0.0.1:99999/x.git",
        "https:/\\evil",
        "",
    ],
)
def test_u6_and_g19_sources_that_are_never_opened(tmp_path: Path, source: str) -> None:
    target = tmp_path / "copy.git"
    with pytest.raises(InvalidInput):
        local.clone_into(source, target)
    assert not target.exists()
    assert not (tmp_path / "canary").exists()


def test_a_failed_clone_leaves_nothing(tmp_path: Path) -> None:
    broken = make(tmp_path / "broken")
    commit(broken)
    for loose in (broken / ".git" / "objects").glob("??/*"):
        loose.unlink()
    with pytest.raises(InvalidInput, match="could not be cloned"):
        local.clone_into(str(broken), tmp_path / "copy.git")
    assert not (tmp_path / "copy.git").exists()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/srv/git/app.git", "app"),
        ("/home/ada/app", "app"),
        ("/home/ada/app/", "app"),
        ("/home/ada/app/.git", "app"),
        ("https://example.org/team/app.git", "app"),
    ],
)
def test_the_name_that_a_source_suggests(source: str, name: str) -> None:
    assert local.name_in(source) == name


@pytest.mark.parametrize("how", ["alternates", "http-alternates", "pack", "info"])
def test_a_repository_that_takes_objects_from_elsewhere_borrows(tmp_path: Path, how: str) -> None:
    victim, thief = make(tmp_path / "victim.git", bare=True), make(tmp_path / "thief.git", bare=True)
    assert not local.borrows(thief)
    if how in ("pack", "info"):
        shutil.rmtree(thief / "objects" / how)
        (thief / "objects" / how).symlink_to(victim / "objects" / how)
    else:
        (thief / "objects" / "info" / how).write_text(f"{victim}/objects\n")
    assert local.borrows(thief)
