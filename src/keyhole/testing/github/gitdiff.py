"""What changed between two commits, file by file. Format: git-diff-tree(1), with -z."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from keyhole.providers.gitcli import run
from keyhole.testing.github.links import RepositoryLinks, spelled

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_SECTION = re.compile(rb"^diff --git ", re.MULTILINE)
_HUNK = re.compile(rb"^@@ ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs."""

    path: str
    previous: str | None
    """Where it was, when renamed or copied."""
    status: str
    oid: str
    """The blob afterwards; the one before when removed."""
    additions: int
    deletions: int
    patch: str | None

    def shown(self, commit: str, here: RepositoryLinks) -> dict[str, Any]:
        """The change in an answer, as it is in `commit`."""
        return {
            "sha": self.oid,
            "filename": self.path,
            "status": self.status,
            "additions": self.additions,
            "deletions": self.deletions,
            "changes": self.additions + self.deletions,
            "blob_url": here.page("blob", commit, self.path),
            "raw_url": here.page("raw", commit, self.path),
            "contents_url": f"{here.api}/contents/{spelled(self.path)}?ref={commit}",
            **({"patch": self.patch} if self.patch is not None else {}),
            **({"previous_filename": self.previous} if self.previous is not None else {}),
        }


def changes(git_dir: Path, before: str | None, after: str) -> list[Change]:
    """How `after` differs from `before`; from nothing when there is no before."""
    sides = (
        ["--end-of-options", before, after] if before is not None else ["--root", "--end-of-options", after]
    )
    options = ["-r", "-M", "--no-commit-id", "--no-color", "--full-index"]
    raw = run(git_dir, "diff-tree", "-z", "--raw", *options, *sides).decode("utf-8", "surrogateescape")
    numbers = run(git_dir, "diff-tree", "--numstat", *options, *sides).decode("utf-8", "replace").splitlines()
    patches = _patches(run(git_dir, "diff-tree", "-p", *options, *sides))
    found, fields = [], iter(raw.split("\0"))
    for number, field in enumerate(each for each in fields if each.startswith(":")):
        words = field.split(" ")
        status, first = words[4][0], next(fields, "")
        path = next(fields, "") if status in "RC" else first
        added, deleted = (numbers[number].split("\t")[:2]) if number < len(numbers) else ("0", "0")
        found.append(
            Change(
                path,
                first if status in "RC" else None,
                _STATUS.get(status, "modified"),
                words[2] if status == "D" else words[3],
                int(added) if added.isdigit() else 0,
                int(deleted) if deleted.isdigit() else 0,
                patches[number] if number < len(patches) else None,
            )
        )
    return found


def text(git_dir: Path, before: str | None, after: str) -> bytes:
    """The difference as `git diff` writes it."""
    sides = (
        ["--end-of-options", before, after] if before is not None else ["--root", "--end-of-options", after]
    )
    return run(git_dir, "diff-tree", "-r", "-p", "-M", "--no-commit-id", "--no-color", "--full-index", *sides)


def _patches(whole: bytes) -> list[str | None]:
    starts = [match.start() for match in _SECTION.finditer(whole)]
    found: list[str | None] = []
    for start, end in pairwise([*starts, len(whole)]):
        hunk = _HUNK.search(whole, start, end)
        found.append(
            whole[hunk.start() : end].decode("utf-8", "replace").removesuffix("\n") if hunk else None
        )
    return found
