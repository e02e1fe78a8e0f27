"""Git objects of the sandbox's repositories, read and written with the project's hardened git."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keyhole.core.refs import is_well_formed
from keyhole.providers.gitcli import GitError, run

_HEX = re.compile(r"[0-9a-f]{4,64}")
_SLOW = 120.0


@dataclass(frozen=True, slots=True)
class Person:
    """Who writes a commit."""

    name: str
    email: str


def is_path(path: str) -> bool:
    """Whether a tree can hold this path at all; the empty one is the root."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/") if path else ())


def create(git_dir: Path, default_branch: str) -> None:
    """A new, empty bare repository."""
    run(
        None,
        "init",
        "--bare",
        "--quiet",
        f"--initial-branch={default_branch}",
        "--end-of-options",
        str(git_dir),
    )


def copy(source: Path, git_dir: Path) -> str:
    """A bare copy of a repository on this machine, branches and tags; returns its default branch."""
    run(
        None,
        "clone", "--bare", "--quiet", "--no-hardlinks", "--end-of-options", str(source.resolve()), str(git_dir),
        allow_protocols=("file",),
        timeout=_SLOW,
    )  # fmt: skip
    return head(git_dir) or "main"


def head(git_dir: Path) -> str:
    """The branch that HEAD names; empty when it names none."""
    text = (git_dir / "HEAD").read_text().strip().removeprefix("ref: ")
    return text.removeprefix("refs/heads/") if text.startswith("refs/heads/") else ""


def set_head(git_dir: Path, branch: str) -> None:
    """Make `branch` the default branch."""
    run(git_dir, "symbolic-ref", "HEAD", f"refs/heads/{branch}")


def resolve(git_dir: Path, name: str, kind: str = "commit") -> str | None:
    """Id of the object of this kind that a client means: an id, a branch, a tag, a whole ref, or HEAD."""
    candidates = [name] if name == "HEAD" or _HEX.fullmatch(name) else []
    candidates += [f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name]
    for each in candidates:
        if (
            each != "HEAD"
            and not _HEX.fullmatch(each)
            and not (each.startswith("refs/") and is_well_formed(each))
        ):
            continue
        try:
            found = run(git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{each}^{{{kind}}}")
        except GitError:  # there is no such object: the next candidate
            continue
        return found.decode().split()[-1]
    return None


def refs(git_dir: Path, *prefixes: str) -> dict[str, tuple[str, str]]:
    """Full ref name -> (object id, kind of object), in git's order."""
    out = run(
        git_dir,
        "for-each-ref",
        "--format=%(refname) %(objectname) %(objecttype)",
        "--",
        *(prefixes or ("refs",)),
    )
    rows = (line.split(" ") for line in out.decode("utf-8", "surrogateescape").splitlines())
    return {name: (oid, kind) for name, oid, kind in rows}


def read(git_dir: Path, oid: str, kind: str) -> bytes:
    """The bytes of an object."""
    return run(git_dir, "cat-file", kind, oid, timeout=_SLOW)


def history(git_dir: Path, tip: str, *options: str, path: str = "") -> list[str]:
    """Ids of the commits that `tip` reaches, newest first; only those that touch `path`, if given."""
    below = ["--", path] if path else ["--"]
    return run(git_dir, "rev-list", *options, "--end-of-options", tip, *below, timeout=_SLOW).decode().split()


def changed_paths(git_dir: Path, before: str | None, after: str) -> list[str]:
    """Paths that differ between two commits; all of the second when there is no first."""
    sides = [before, after] if before is not None else [after]
    root = [] if before is not None else ["--root"]
    out = run(
        git_dir, "diff-tree", "-r", "-z", "--no-commit-id", "--name-only", *root, "--end-of-options", *sides
    )
    return [path for path in out.decode("utf-8", "surrogateescape").split("\0") if path]


def commit_files(
    git_dir: Path,
    files: Mapping[str, bytes | None],
    message: str,
    person: Person,
    *,
    parent: str | None,
    committer: Person | None = None,
) -> str:
    """A new commit that writes (or, for None, removes) these files on top of `parent`; returns its id.

    No ref is moved.
    """
    entries = [
        (path, "0" if data is None else "100644", "0" * 40 if data is None else write(git_dir, data))
        for path, data in files.items()
    ]
    tree = write_tree(git_dir, parent, entries)
    return commit_tree(git_dir, tree, [parent] if parent else [], message, person, committer=committer)


def write_tree(git_dir: Path, base: str | None, entries: Sequence[tuple[str, str, str]]) -> str:
    """A new tree: (path, mode, object id) on top of the tree of `base`; mode `0` removes. Returns its id."""
    with tempfile.TemporaryDirectory(prefix="index-", dir=git_dir) as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        if base is not None:
            run(git_dir, "read-tree", base, env=index)
        lines = "".join(f"{mode} {oid}\t{path}\n" for path, mode, oid in entries)
        run(git_dir, "update-index", "--index-info", stdin=lines.encode(), env=index)
        return run(git_dir, "write-tree", env=index).decode().strip()


def write(git_dir: Path, data: bytes) -> str:
    """A new blob; returns its id."""
    return run(git_dir, "hash-object", "-w", "--stdin", stdin=data).decode().strip()


def commit_tree(
    git_dir: Path,
    tree: str,
    parents: Sequence[str],
    message: str,
    author: Person,
    *,
    committer: Person | None = None,
    when: str = "",
) -> str:
    """A new commit of this tree; returns its id."""
    committer = committer or author
    people = {
        "GIT_AUTHOR_NAME": author.name or "nobody",
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_COMMITTER_NAME": committer.name or "nobody",
        "GIT_COMMITTER_EMAIL": committer.email,
    }
    if when:
        people["GIT_AUTHOR_DATE"] = when
    options = [part for each in parents for part in ("-p", each)]
    return run(git_dir, "commit-tree", *options, tree, stdin=message.encode(), env=people).decode().strip()


def move_ref(git_dir: Path, ref: str, new: str, old: str | None = None) -> None:
    """Point `ref` at `new`; only if it was at `old`, when given. Raises GitError otherwise."""
    run(git_dir, "update-ref", ref, new, *([old] if old is not None else []))


def delete_ref(git_dir: Path, ref: str) -> None:
    """Remove a ref."""
    run(git_dir, "update-ref", "-d", ref)


def is_ancestor(git_dir: Path, old: str, new: str) -> bool:
    """Whether moving from `old` to `new` loses nothing."""
    try:
        run(git_dir, "merge-base", "--is-ancestor", "--end-of-options", old, new)
    except GitError:  # exit code 1 says no
        return False
    return True


def merge_base(git_dir: Path, one: str, other: str) -> str | None:
    """The best common ancestor; None when there is none."""
    try:
        return run(git_dir, "merge-base", "--end-of-options", one, other).decode().split()[0]
    except GitError:  # exit code 1 says that there is none
        return None


def size_on_disk(git_dir: Path) -> int:
    """Kilobytes below the git directory."""
    return sum(each.stat().st_size for each in git_dir.rglob("*") if each.is_file()) // 1024


def resolve_path(git_dir: Path, commit: str, path: str) -> str | None:
    """Id of the file at a path in a commit."""
    if not path or not is_path(path):
        return None
    out = run(git_dir, "ls-tree", "-z", "--full-tree", "--end-of-options", commit, path).decode(
        "utf-8", "surrogateescape"
    )
    for record in out.split("\0"):
        meta, _, name = record.partition("\t")
        if name == path and meta.split()[1] == "blob":
            return meta.split()[2]
    return None
