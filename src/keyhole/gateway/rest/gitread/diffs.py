"""What changed between two trees, file by file. Format: git-diff-tree(1), "RAW OUTPUT FORMAT" with -z."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from keyhole.gateway.rest.gitread.process import capture

MOST_PATCH_BYTES = 8 << 20
"""Patches beyond this many bytes of one comparison are left out; the files are listed all the same."""
_MOST_LIST_BYTES = 32 << 20
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_SECTION = re.compile(rb"^diff --git ", re.MULTILINE)
_HUNK = re.compile(rb"^@@ ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs."""

    path: str
    """Where it is afterwards (or was, when removed)."""
    previous: str | None
    """Where it was, when renamed or copied."""
    status: str
    """`added`, `removed`, `modified`, `renamed`, `copied` or `changed` (another type of file)."""
    oid: str
    """The blob afterwards; the one before when removed."""
    additions: int
    deletions: int
    patch: str | None
    """The hunks; None for binary files, pure renames and what is beyond the limit."""


@dataclass(frozen=True, slots=True)
class _Raw:
    status: str
    oid: str
    path: str
    previous: str | None


async def changes(git_dir: Path, before: str | None, after: str) -> list[Change]:
    """How `after` differs from `before` (commits or trees); from nothing when `before` is None."""
    sides = _sides(before, after)
    listed = await capture(
        git_dir,
        "diff-tree",
        "-r",
        "-z",
        "-M",
        "--no-commit-id",
        "--raw",
        "--numstat",
        "--no-abbrev",
        *sides,
        limit=_MOST_LIST_BYTES,
    )
    raws, numbers = _parse(listed.out.decode("utf-8", "surrogateescape").split("\0"))
    patched = await capture(
        git_dir,
        "diff-tree",
        "-r",
        "-p",
        "-M",
        "--no-commit-id",
        "--no-color",
        "--full-index",
        *sides,
        limit=MOST_PATCH_BYTES,
    )
    patches = _hunks(patched.out, patched.truncated)
    found: list[Change] = []
    at = 0
    for position, raw in enumerate(raws):
        sections = 2 if raw.status == "T" else 1  # a file that becomes a link is shown as removed and added
        patch = next((text for text in patches[at : at + sections] if text is not None), None)
        at += sections
        added, deleted = numbers[position] if position < len(numbers) else (0, 0)
        status = _STATUS.get(raw.status, "modified")
        found.append(Change(raw.path, raw.previous, status, raw.oid, added, deleted, patch))
    return found


def _sides(before: str | None, after: str) -> list[str]:
    return (
        ["--end-of-options", before, after] if before is not None else ["--root", "--end-of-options", after]
    )


async def as_text(git_dir: Path, before: str | None, after: str) -> bytes:
    """The whole difference as `git diff` writes it."""
    return (
        await capture(
            git_dir,
            "diff-tree",
            "-r",
            "-p",
            "-M",
            "--no-commit-id",
            "--no-color",
            "--full-index",
            *_sides(before, after),
        )
    ).out


async def as_mail(git_dir: Path, tip: str, *, without: str | None = None, count: int | None = None) -> bytes:
    """Commits as `git format-patch` writes them, oldest first; merges are left out, as there.

    All that `tip` reaches, but for what `without` reaches, and the newest `count` at most.
    """
    most = [f"--max-count={count}"] if count is not None else []
    range_ = [tip] if without is None else [tip, f"^{without}"]
    return (
        await capture(
            git_dir,
            "log",
            "--format=email",
            "--patch-with-stat",
            "-M",
            "--reverse",
            "--no-merges",
            "--no-color",
            "--full-index",
            *most,
            "--end-of-options",
            *range_,
        )
    ).out


def _parse(fields: list[str]) -> tuple[list[_Raw], list[tuple[int, int]]]:
    raws: list[_Raw] = []
    numbers: list[tuple[int, int]] = []
    rest = iter(fields)
    for field in rest:
        if field.startswith(":"):
            words = field.split(" ")
            status = words[4][0]
            first = next(rest, "")
            second = next(rest, "") if status in "RC" else None
            oid = words[2] if status == "D" else words[3]
            raws.append(
                _Raw(status, oid, first if second is None else second, first if second is not None else None)
            )
        elif field.count("\t") >= 2:
            added, deleted, path = field.split("\t", 2)
            if not path:  # renamed: both names follow
                next(rest, None)
                next(rest, None)
            numbers.append((_number(added), _number(deleted)))
    return raws, numbers


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0  # `-` for a binary file


def _hunks(text: bytes, truncated: bool) -> list[str | None]:
    starts = [match.start() for match in _SECTION.finditer(text)]
    found: list[str | None] = []
    for position, start in enumerate(starts):
        last = position + 1 == len(starts)
        section = text[start:] if last else text[start : starts[position + 1]]
        hunk = _HUNK.search(section)
        whole = not (last and truncated)
        found.append(
            section[hunk.start() :].removesuffix(b"\n").decode("utf-8", "replace") if hunk and whole else None
        )
    return found
