"""Archives of a tree, streamed as git writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from keyhole.gateway.rest.gitread.process import output, stream
from keyhole.providers.gitcli import GitError

_FILTER_KEYS = ("clean", "smudge", "process", "required")


def archive(
    git_dir: Path, kind: str, commit: str, folder: str, filters: frozenset[str]
) -> AsyncIterator[bytes]:
    """A `tar.gz` or `zip` of the commit's tree, every path below `folder`.

    `filters`: what `configured_filters` says. The attributes of the tree still decide `export-ignore`, as on
    GitHub; nothing configured is run.
    """
    return stream(
        git_dir,
        "archive",
        f"--format={kind}",
        f"--prefix={folder}/",
        "--end-of-options",
        commit,
        filters=filters,
    )


async def configured_filters(git_dir: Path) -> frozenset[str]:
    """Names of the filters that the repository's own configuration defines, to be switched off."""
    try:
        # Not --local: a repository may have settings of its worktree beside those of its own.
        out = await output(git_dir, "config", "--includes", "--name-only", "-z", "--get-regexp", r"^filter\.")
    except GitError:  # exit code 1: there are none
        return frozenset()
    names = [
        line.removeprefix("filter.") for line in out.decode("utf-8", "surrogateescape").split("\0") if line
    ]
    return frozenset(name.rpartition(".")[0] for name in names if name.rpartition(".")[2] in _FILTER_KEYS)
