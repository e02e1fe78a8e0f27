"""The commit graph: lists, counts, who contributed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from keyhole.gateway.rest.gitread.commits import Commit, Tag, parse_commit, parse_tag
from keyhole.gateway.rest.gitread.objects import read
from keyhole.gateway.rest.gitread.process import TIMEOUT, output
from keyhole.providers.gitcli import GitError

MOST_CONTRIBUTING_COMMITS = 200_000
"""Commits looked at for the list of contributors."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which commits of a history."""

    tips: tuple[str, ...]
    """Object ids to start from; `^` in front of one leaves out what it reaches."""
    path: str = ""
    """Only commits that change something at or below it."""
    author: str = ""
    """Only commits whose author's name or email holds this text."""
    committer: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def arguments(self) -> list[str]:
        """For `git rev-list`; nothing a client wrote can be read as an option."""
        options = ["--fixed-strings", "--regexp-ignore-case"]
        options += [f"--author={self.author}"] if self.author else []
        options += [f"--committer={self.committer}"] if self.committer else []
        options += [f"--since={int(self.since.timestamp())}"] if self.since else []
        options += [f"--until={int(self.until.timestamp())}"] if self.until else []
        options += ["--end-of-options", *self.tips, "--"]
        return [*options, self.path] if self.path else options


async def list_commits(git_dir: Path, wanted: Wanted, *, skip: int = 0, count: int = 30) -> list[Commit]:
    """Newest first, at most `count` after the first `skip`."""
    out = await output(git_dir, "rev-list", f"--skip={skip}", f"--max-count={count}", *wanted.arguments())
    return await read_commits(git_dir, out.decode("ascii").split())


async def count_commits(git_dir: Path, wanted: Wanted, *, timeout: float = TIMEOUT) -> int:
    """How many there are; Unavailable when counting takes longer than `timeout` seconds."""
    return int(await output(git_dir, "rev-list", "--count", *wanted.arguments(), timeout=timeout))


async def read_commits(git_dir: Path, oids: Sequence[str]) -> list[Commit]:
    """These commits, in order; ids that are no commit are left out."""
    contents = await read(git_dir, oids)
    return [
        parse_commit(content.info.oid, content.data)
        for content in contents
        if content is not None and content.info.kind == "commit"
    ]


async def read_tag(git_dir: Path, oid: str) -> Tag | None:
    """The annotated tag with this id."""
    content = (await read(git_dir, [oid]))[0]
    return parse_tag(oid, content.data) if content is not None and content.info.kind == "tag" else None


async def merge_base(git_dir: Path, one: str, other: str) -> str | None:
    """The best common ancestor of two commits; None for unrelated histories."""
    try:
        out = await output(git_dir, "merge-base", "--end-of-options", one, other)
    except GitError:  # exit code 1 without a word: there is none
        return None
    return out.decode("ascii").split()[0]


async def contributors(git_dir: Path, tip: str) -> list[tuple[str, str, int]]:
    """(name, email, commits) of everybody who wrote a commit that `tip` reaches, most commits first.

    People are told apart by their email, whatever case it is in; the newest name is shown.
    """
    out = await output(
        git_dir,
        "log",
        "-z",
        "--format=%ae%x1f%an",
        f"--max-count={MOST_CONTRIBUTING_COMMITS}",
        "--no-merges",
        "--end-of-options",
        tip,
    )
    counts: Counter[str] = Counter()
    shown: dict[str, tuple[str, str]] = {}
    for record in out.decode("utf-8", "replace").split("\0"):
        email, separator, name = record.partition("\x1f")
        if separator:
            counts[email.lower()] += 1
            shown.setdefault(email.lower(), (name, email))
    return [(*shown[key], number) for key, number in counts.most_common()]
