"""The local provider: repositories in a folder of this machine, bare or with a working tree.

A repository is known by a marker, a random id in a file of its git directory, not by its path: a renamed folder
keeps its identity and a new repository under an old name gets a new one. Inode numbers would need no file, but
file systems hand the number of a deleted folder to the next one made.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from keyhole.core.errors import InvalidInput
from keyhole.providers.addresses import pin
from keyhole.providers.gitcli import GitError, over_http, run

MARKER = "keyhole-id"
"""Name of the marker file in a git directory."""
_MARKER_LENGTH = 32
_MAX_FOLDERS = 10_000


@dataclass(frozen=True, slots=True)
class Discovered:
    """A repository found below a folder."""

    git_dir: Path
    owner: str | None
    """Name of the folder it lies in, where that folder is below the root; None directly below the root."""
    name: str
    """Folder name without `.git`."""


def discover(root: Path) -> Iterator[Discovered]:
    """Every repository at `root`, or one or two levels below it (`REPO` and `OWNER/REPO`), sorted by path.

    Symbolic links are not followed: what lies outside the folder was not offered. InvalidInput when the
    folder is not there, cannot be read, or holds more than 10,000 folders.
    """
    if (own := git_dir_of(root)) is not None:
        yield Discovered(own, None, _plain(root.name))
        return
    for child in _folders(root):
        if (own := git_dir_of(child)) is not None:
            yield Discovered(own, None, _plain(child.name))
            continue
        for grandchild in _folders(child):
            if (own := git_dir_of(grandchild)) is not None:
                yield Discovered(own, child.name, _plain(grandchild.name))


def _plain(name: str) -> str:
    return name.removesuffix(".git")


def _folders(parent: Path) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            found = [
                Path(entry.path)
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and entry.name != ".git"
            ]
    except OSError as problem:
        raise InvalidInput(
            f"{parent} cannot be read: {problem.strerror}.",
            field="path",
            hint="Name a folder that Keyhole's user may read.",
        ) from problem
    if len(found) > _MAX_FOLDERS:
        raise InvalidInput(
            f"{parent} holds {len(found)} folders; at most {_MAX_FOLDERS} are looked at.",
            field="path",
            hint="Name a folder closer to the repositories.",
        )
    return sorted(found)


def git_dir_of(folder: Path) -> Path | None:
    """The git directory of a repository at `folder`: the folder itself when bare, else its `.git` folder.

    None when there is none. A `.git` that is a file or a link points elsewhere and is not followed.
    """
    for candidate in (folder / ".git", folder):
        if (
            _is_real(candidate, stat.S_ISDIR)
            and _is_real(candidate / "HEAD", stat.S_ISREG)
            and _is_real(candidate / "objects", stat.S_ISDIR)
            and _is_real(candidate / "refs", stat.S_ISDIR)
        ):
            return candidate
    return None


def _is_real(path: Path, kind: object) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return bool(kind(mode)) if callable(kind) else False


def borrows(git_dir: Path) -> bool:
    """Whether objects come from another folder: by git's alternates, or by a link in the place of a folder.

    Whoever may write one repository could so lend to its readers what lies in any other on this machine.
    """
    objects = git_dir / "objects"
    folders = [objects / name for name in ("info", "pack")]
    return any(folder.is_symlink() for folder in folders) or any(
        (objects / "info" / name).is_symlink() or _has_content(objects / "info" / name)
        for name in ("alternates", "http-alternates")
    )


def _has_content(path: Path) -> bool:
    try:
        return bool(path.read_bytes().strip())
    except FileNotFoundError:
        return False
    except OSError:
        return True  # what cannot be read may name a folder


def marker_of(git_dir: Path) -> str | None:
    """The id in the repository's marker file; None when it has none or what is there is not an id."""
    path = git_dir / MARKER
    if not _is_real(path, stat.S_ISREG):
        return None
    text = path.read_text("ascii", "replace").strip()
    return text if len(text) == _MARKER_LENGTH and text.isalnum() else None


def mark(git_dir: Path) -> str:
    """Give the repository a new id, replacing the one it may have (a copy brings the original's along)."""
    marker = secrets.token_hex(_MARKER_LENGTH // 2)
    path = git_dir / MARKER
    temporary = git_dir / f"{MARKER}.{os.getpid()}.new"
    try:
        temporary.write_text(marker + "\n", "ascii")
        temporary.replace(path)
    except OSError as problem:
        raise InvalidInput(
            f"{git_dir} cannot be written: {problem.strerror}.",
            field="path",
            hint="Keyhole keeps a repository's id in a file of its git directory.",
        ) from problem
    return marker


def default_branch(git_dir: Path) -> str:
    """Short name of the branch that HEAD names, whether or not it has a commit; empty when detached."""
    try:
        return run(git_dir, "symbolic-ref", "--short", "HEAD").decode("utf-8", "replace").strip()
    except GitError:
        return ""


def size_in_kilobytes(git_dir: Path) -> int:
    """Disk use of the objects, as `git count-objects` tells it."""
    lines = run(git_dir, "count-objects", "-v").decode().splitlines()
    numbers = dict(line.split(": ", 1) for line in lines if ": " in line)
    return int(numbers.get("size", 0)) + int(numbers.get("size-pack", 0))


def clone_into(
    source: str, target: Path, *, allow_private: bool = False, ca_file: str = "", timeout: float = 3600.0
) -> None:
    """A bare clone of a path or an `https://` address; on failure nothing is left at `target`.

    Only these two transports: every other one (`ext::`, `ssh:`, `file:`) can run a program or reach elsewhere.
    """
    protocol, config = _pinned(source, allow_private, ca_file) if "://" in source else ("file", _from(source))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        run(
            None,
            "clone",
            "--bare",
            "--quiet",
            "--no-local",
            "--template=",
            "--",
            source,
            str(target),
            timeout=timeout,
            config=config,
            allow_protocols=(protocol,),
        )
    except GitError as problem:
        shutil.rmtree(target, ignore_errors=True)
        raise InvalidInput(f"{source} could not be cloned: {problem.message}", field="source") from problem


def _pinned(source: str, allow_private: bool, ca_file: str) -> tuple[str, dict[str, str]]:
    pinned = pin(source, allow_private=allow_private)
    return pinned.scheme, over_http(pinned, ca_file)


def _from(source: str) -> dict[str, str]:
    git_dir = git_dir_of(Path(source))
    if git_dir is None or not Path(source).is_absolute():
        raise InvalidInput(
            f"{source} is neither a repository on this machine nor an https:// address.",
            field="source",
            hint="Give the full path of a repository, or its clone address.",
        )
    return {"protocol.file.allow": "always", "safe.directory": str(git_dir)}


def name_in(source: str) -> str:
    """The repository name that a path or address suggests: its last part without `.git`."""
    last = source.rstrip("/").removesuffix("/.git").rpartition("/")[2]
    return last.removesuffix(".git")
