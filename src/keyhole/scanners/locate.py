"""From a path that a person gave to the folder git calls its git dir."""

from __future__ import annotations

from pathlib import Path

from keyhole.core.errors import InvalidInput

_POINTER_LIMIT = 4096


def git_dir_of(path: Path) -> Path:
    """The git dir of the bare repository, working copy or linked worktree at exactly this path.

    Parents are not searched: what is scanned is what was named. Raises InvalidInput if there is no repository, or
    if a pointer in it (`.git` file, `commondir`) leads to one that does not point back: such a pointer could make
    us read somebody else's repository.
    """
    if not path.is_dir():
        raise InvalidInput("There is no such folder.", field="path")
    entry = path / ".git"
    git_dir = _follow(path, entry) if entry.is_file() else entry if entry.is_dir() else path
    if not (git_dir / "HEAD").is_file():
        raise InvalidInput(
            "This folder is not a git repository.",
            field="path",
            hint="Name the folder that holds .git, or a bare repository.",
        )
    common = git_dir / "commondir"
    if common.is_file():
        _check_worktree(git_dir, (git_dir / _pointer(common)).resolve())
    elif not (git_dir / "objects").is_dir():
        raise InvalidInput(
            "This folder is not a git repository.", field="path", hint="It has no objects folder."
        )
    return git_dir.resolve()


def _follow(working_copy: Path, entry: Path) -> Path:
    content = _pointer(entry)
    if not content.startswith("gitdir: "):
        raise InvalidInput("the .git file of this folder is not understood", field="path")
    return (working_copy / content.removeprefix("gitdir: ")).resolve()


def _check_worktree(git_dir: Path, common: Path) -> None:
    if git_dir.resolve().parent != common / "worktrees":
        raise InvalidInput("this repository points to another one that does not know it", field="path")


def _pointer(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(_POINTER_LIMIT).decode("utf-8", "surrogateescape").rstrip("\r\n")
