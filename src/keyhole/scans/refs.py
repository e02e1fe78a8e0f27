"""Which branches and tags a repository has, and which one a person means by a name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keyhole.core.errors import InvalidInput
from keyhole.core.refs import is_name, is_text
from keyhole.providers.gitcli import GitError, run

_PREFIXES = ("refs/heads/", "refs/tags/")
_FORMAT = "%(objectname)%00%(*objectname)%00%(refname)"


@dataclass(frozen=True, slots=True)
class Tip:
    """A branch or tag and what it names."""

    ref: str
    """Full name."""
    object_id: str
    """What the ref names: for an annotated tag the tag itself, whose message is scanned too."""
    commit: str
    """The object id that is left when tags are followed."""


def named(git_dir: Path, name: str, place: str = "The repository") -> Tip:
    """The branch or tag of this name, short (`main`, `v1.0`; a branch wins) or full (`refs/tags/v1.0`).

    `place` is what people call the repository. Raises InvalidInput, naming the field `ref`, if there is none.
    """
    wanted = [name] if name.startswith("refs/") else [prefix + name for prefix in _PREFIXES]
    for ref in wanted:
        if ref.startswith(_PREFIXES) and is_name(ref):
            for tip in _tips(git_dir, ref):
                if tip.ref == ref:
                    return tip
    raise InvalidInput(
        f"{place} has no branch or tag called {name[:100]!r}.",
        field="ref",
        hint="Its name is as git shows it, or in full: refs/heads/NAME or refs/tags/NAME.",
    )


def names(git_dir: Path, limit: int = 1000) -> list[str]:
    """Full names of the branches, then the tags, for a form to offer; at most `limit` of them.

    Those that are no UTF-8 cannot be chosen there. What they name is not looked at, as one may name nothing.
    """
    listed = _listed(git_dir, "%(refname)", *_PREFIXES)
    return [name for name in listed if is_text(name)][:limit]


def head(git_dir: Path) -> str:
    """The commit that HEAD names; empty if there is none yet."""
    try:
        return run(git_dir, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode("ascii").strip()
    except GitError:
        return ""


def head_ref(git_dir: Path) -> str:
    """Full name of the branch that HEAD names; empty if it names a commit, or cannot be read."""
    try:
        return run(git_dir, "symbolic-ref", "--quiet", "HEAD").decode("utf-8", "surrogateescape").strip()
    except GitError:
        return ""


def _tips(git_dir: Path, *patterns: str) -> list[Tip]:
    tips = []
    for line in _listed(git_dir, _FORMAT, *patterns):
        object_id, peeled, ref = line.split("\0")
        tips.append(Tip(ref, object_id, peeled or object_id))
    return tips


def _listed(git_dir: Path, form: str, *patterns: str) -> list[str]:
    try:
        listed = run(git_dir, "for-each-ref", f"--format={form}", *patterns)
    except GitError as problem:
        raise InvalidInput(
            f"The repository's branches cannot be read: {problem.message}",
            field="repository",
            hint="Check that the folder still holds the repository.",
        ) from problem
    # Not by what Python takes for the end of a line: a name may have some of that in it.
    return listed.decode("utf-8", "surrogateescape").split("\n")[:-1]
