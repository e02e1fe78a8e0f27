"""Which new commits change workflow files, told by paths alone.

Every new commit counts, against each of its parents: a change that a later commit undoes was still pushed, and CI
may run it. A merge that brings a workflow from one parent to the other is a change against the other; GitHub lets
some of those pass, we do not, because whether the content was harmless on the other branch cannot be seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What HFS+ drops from names (git's utf8.c calls it "HFS ignored"), so that `.git<U+200C>hub` would be `.github`.
_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_SHORT_GITHUB = re.compile(r"githu[b0-9a-f]?~[0-9]+|gi[0-9a-f]{4}~[0-9]+")
_SHORT_WORKFLOWS = re.compile(r"workfl~[0-9]+|wo[0-9a-f]{4}~[0-9]+")


def is_github_folder(name: bytes) -> bool:
    """Whether some file system reads this name of a top-level entry as `.github`."""
    plain = _plain(name)
    return plain == ".github" or _SHORT_GITHUB.fullmatch(plain) is not None


def is_workflow_path(path: bytes) -> bool:
    """Whether a changed path is `.github`, `.github/workflows` or below it, as any file system would read it.

    `.github` alone is only a changed path when it is a link, a submodule or a file: then what is below is unknown.
    """
    parts = path.split(b"/")
    if not is_github_folder(parts[0]):
        return False
    return len(parts) == 1 or _is_workflows_folder(parts[1])


def _is_workflows_folder(name: bytes) -> bool:
    plain = _plain(name)
    return plain == "workflows" or _SHORT_WORKFLOWS.fullmatch(plain) is not None


def _plain(name: bytes) -> str:
    text = _IGNORED.sub("", name.decode("utf-8", "replace")).casefold()
    return text.rstrip(" .")  # Windows drops these


@dataclass(frozen=True, slots=True)
class Change:
    """One path that one commit changes against one of its parents."""

    commit: str
    path: bytes


class ChangeReader:
    """Takes apart what `git diff-tree --stdin -z --raw` prints: a commit's id, then its changed entries."""

    def __init__(self) -> None:
        self._rest = b""
        self._commit = ""
        self._path_follows = False

    def feed(self, chunk: bytes) -> Iterator[Change]:
        """The changes that are complete with this chunk."""
        *fields, self._rest = (self._rest + chunk).split(b"\0")
        for field in fields:
            if self._path_follows:
                self._path_follows = False
                yield Change(self._commit, field)
            elif field.startswith(b":"):
                self._path_follows = True
            else:
                self._commit = field.decode("ascii")
