"""What a grant amounts to, in words and in numbers; the same for the browser and the terminal.

The numbers are not estimates: each of GitHub's repository operations is put to `decide`, the place that also
answers real requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from keyhole.core.decide import Allowed, decide
from keyhole.core.grant import Access, Grant
from keyhole.core.permissions import Group, Level, Operation, Standing, vocabulary
from keyhole.core.plural import counted
from keyhole.core.request import Repository, Request
from keyhole.core.words import COMMON, phrase

_PHRASES_IN_SENTENCE = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the sentence."""

    text: str
    strong: bool = False
    """Whether it is what the reader is looking for: the duration, what it can do, where."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A grant in words."""

    sentence: tuple[Part, ...]
    """For how long it can do what, where."""
    can: tuple[str, ...]
    """What it can do, most important first, each a line of its own."""
    cannot: tuple[str, ...]
    """What people might expect that it could do and that it cannot."""
    allowed: int
    """How many of GitHub's repository operations it allows on a repository that it reaches."""
    of: int
    """How many there are; a classic token with `repo` has them all."""
    reaches: int
    """How many repositories it reaches."""
    repositories: int
    """How many repositories there are."""

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return "".join(part.text for part in self.sentence)


def summarise(grant: Grant, repositories: int, names: Mapping[int, str] | None = None) -> Summary:
    """The summary of `grant` where its resource owner has `repositories` repositories.

    `names` (id to `owner/name`) lets the sentence name a single repository instead of counting it.
    """
    operations = repository_operations()
    reaches = {Access.PUBLIC: 0, Access.ALL: repositories, Access.SELECTED: len(grant.repository_ids)}[
        grant.access
    ]
    return Summary(
        sentence=_sentence(grant, names or {}),
        can=_can(grant),
        cannot=_cannot(grant, repositories),
        allowed=_allowed(grant, operations),
        of=len(operations),
        reaches=reaches,
        repositories=repositories,
    )


@cache
def repository_operations() -> tuple[Operation, ...]:
    """GitHub's documented operations on one repository that need a permission."""
    return tuple(
        operation
        for operation in vocabulary().operations
        if operation.standing is Standing.PERMISSIONED and operation.path.startswith("/repos/")
    )


def _allowed(grant: Grant, operations: tuple[Operation, ...]) -> int:
    reached = min(grant.repository_ids, default=1)
    repository = Repository(reached, grant.owner, "any", public=grant.access is Access.PUBLIC)
    # `updates=()`: a write counts when some change is allowed, even if one to workflows would not be.
    requests = (Request(operation, grant.not_before, (repository,), updates=()) for operation in operations)
    return sum(isinstance(decide(grant, request), Allowed) for request in requests)


def _sentence(grant: Grant, names: Mapping[int, str]) -> tuple[Part, ...]:
    doing = _phrases(grant, Group.REPOSITORY) if grant.access is not Access.PUBLIC else []
    elsewhere = _phrases(grant, Group.ORGANIZATION) + _phrases(grant, Group.ACCOUNT)
    parts = [*_duration(grant), Part(", it can ")]
    if grant.access is Access.PUBLIC:
        parts += [Part("read public repositories", strong=True), Part(", as everyone can")]
    else:
        parts += [*_joined(doing), Part(" in "), _where(grant, names)]
    if elsewhere:
        parts += [Part(", and also "), *_joined(elsewhere)]
    return (*parts, Part(". Nothing else."))


def _duration(grant: Grant) -> list[Part]:
    if grant.expires_at is None:
        return [Part("Without expiration", strong=True)]
    seconds = (grant.expires_at - grant.not_before).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return [Part("For "), Part(counted(round(seconds / length), unit), strong=True)]
    return [Part("For "), Part("less than a minute", strong=True)]


def _where(grant: Grant, names: Mapping[int, str]) -> Part:
    if grant.access is Access.ALL:
        return Part(f"all repositories of {grant.owner.login}, now and in the future", strong=True)
    if len(grant.repository_ids) == 1:
        return Part(names.get(min(grant.repository_ids), "1 repository"), strong=True)
    return Part(counted(len(grant.repository_ids), "repository"), strong=True)


def _joined(phrases: list[str]) -> list[Part]:
    shown = phrases
    if len(phrases) > _PHRASES_IN_SENTENCE + 1:  # one more costs no more room than saying that there is one
        left = len(phrases) - _PHRASES_IN_SENTENCE
        shown = [*phrases[:_PHRASES_IN_SENTENCE], f"do {counted(left, 'more thing')}"]
    parts: list[Part] = []
    for number, text in enumerate(shown):
        if number:
            parts.append(Part(" and " if number == len(shown) - 1 else ", "))
        parts.append(Part(text, strong=True))
    return parts


def _phrases(grant: Grant, group: Group) -> list[str]:
    held = [
        (name, level)
        for name, level in grant.permissions.items()
        if vocabulary().permissions[name].group is group
    ]
    others = [pair for pair in held if pair[0] != "metadata"]
    return [phrase(name, level) for name, level in sorted(others or held, key=_weight)]


def _weight(pair: tuple[str, Level]) -> tuple[bool, int, str]:
    name, _ = pair
    return name not in COMMON, COMMON.index(name) if name in COMMON else 0, name


def _can(grant: Grant) -> tuple[str, ...]:
    lines = [
        text
        for group in Group
        for text in _phrases(grant, group)
        if not (group is Group.REPOSITORY and grant.access is Access.PUBLIC)
    ]
    return tuple(capitalised(text) for text in [*lines, "read public repositories, as everyone can"])


def _cannot(grant: Grant, repositories: int) -> tuple[str, ...]:
    contents = grant.permissions.get("contents")
    lines = []
    if contents is None:
        lines.append("Clone or read private code")
    if contents is None or contents < Level.WRITE:
        lines.append("Push, or change any file")
    if grant.permissions.get("pull_requests", Level.READ) < Level.WRITE:
        lines.append("Open, approve or merge pull requests")
    if out_of_reach := _out_of_reach(grant, repositories):
        lines.append(out_of_reach)
    guarded = [
        (name, word) for name, word in _GUARDED if grant.permissions.get(name, Level.READ) < Level.WRITE
    ]
    if guarded:
        lines.append(f"Touch {_or([word for _, word in guarded])}")
    return tuple(lines)


_GUARDED = (("workflows", "workflows"), ("secrets", "secrets"), ("administration", "settings"))


def _out_of_reach(grant: Grant, repositories: int) -> str:
    if grant.access is Access.PUBLIC:
        return "See any private repository"
    others = repositories - len(grant.repository_ids)
    if grant.access is Access.ALL or others <= 0:
        return ""
    return f"See the other {counted(others, 'repository')} while private"


def _or(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def capitalised(text: str) -> str:
    """The text with its first letter large and the rest as it is."""
    return text[:1].upper() + text[1:]
