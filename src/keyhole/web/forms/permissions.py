"""The permission part of the token form: one row per permission of GitHub's table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keyhole.core.permissions import Group, Level, Permission, vocabulary
from keyhole.core.request import OwnerKind
from keyhole.core.words import COMMON, level_word, words
from keyhole.web.forms.token import PREFIX


@dataclass(frozen=True, slots=True)
class Choice:
    """One level of one permission, as a radio button."""

    value: str
    """Level word; empty for No access."""
    word: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One permission of the form."""

    field: str
    """Name of its radio buttons."""
    name: str
    title: str
    about: str
    choices: tuple[Choice, ...]
    fixed: bool
    """Metadata: always included, not a choice."""


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one group."""

    title: str
    hint: str
    first: tuple[Row, ...]
    """Shown at once."""
    more: tuple[Row, ...]
    """Shown on request."""
    open: bool
    """Whether one of those has a level, so that they are shown already."""

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.first) + len(self.more)


def sections(kind: OwnerKind, held: Mapping[str, str]) -> list[Section]:
    """Repository permissions, and those that this kind of resource owner has, with the held levels checked."""
    found = [
        _section(
            "Repository permissions", "What it may do in the repositories above.", Group.REPOSITORY, held
        )
    ]
    if kind is OwnerKind.ORGANIZATION:
        found.append(
            _section(
                "Organization permissions",
                "Beyond its repositories. Most tools need none.",
                Group.ORGANIZATION,
                held,
            )
        )
    else:
        found.append(
            _section(
                "Account permissions", "About your own account. Most tools need none.", Group.ACCOUNT, held
            )
        )
    return found


def _section(title: str, hint: str, group: Group, held: Mapping[str, str]) -> Section:
    of_group = [known for known in vocabulary().permissions.values() if known.group is group]
    first = [vocabulary().permissions[name] for name in COMMON] if group is Group.REPOSITORY else []
    rest = sorted((known for known in of_group if known not in first), key=lambda known: known.title.lower())
    return Section(
        title,
        hint,
        tuple(_row(known, held) for known in first),
        tuple(_row(known, held) for known in rest),
        any(known.name in held for known in rest),
    )


def _row(known: Permission, held: Mapping[str, str]) -> Row:
    chosen = held.get(known.name, "")
    levels: list[Level | None] = [None, *known.levels]
    choices = tuple(
        Choice(level.word if level else "", level_word(level), (level.word if level else "") == chosen)
        for level in levels
    )
    return Row(
        PREFIX + known.name,
        known.name,
        known.title,
        words(known.name).about,
        choices,
        fixed=known.name == "metadata",
    )
