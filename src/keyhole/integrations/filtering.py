"""Finding integrations in the register: a search by words, and narrower questions beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keyhole.integrations.services import Registered


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; an empty field asks for nothing."""

    words: str = ""
    """Each word must be somewhere in name, purpose, notes, owner, tokens, repositories or permissions."""
    health: str = ""
    owner: str = ""
    """Login of the person to ask about it."""
    repository: str = ""
    """Full name of a repository that one of its tokens selects."""
    permission: str = ""
    """Title of a permission."""
    writes: bool = False
    """Only those that can change something."""

    @property
    def any(self) -> bool:
        """Whether something is looked for."""
        return self != Filter()

    def apply(self, found: Iterable[Registered]) -> list[Registered]:
        """Those that match all of it, in their order."""
        words = self.words.lower().split()
        return [each for each in found if self._fits(each) and _says(each, words)]

    def _fits(self, each: Registered) -> bool:
        return (
            (not self.health or each.health == self.health)
            and (not self.owner or each.row.owner.login == self.owner)
            and (not self.repository or self.repository in each.repositories)
            and (not self.permission or self.permission in dict(each.permissions))
            and (not self.writes or each.writes)
        )


def _says(each: Registered, words: list[str]) -> bool:
    row = each.row
    text = " ".join(
        [
            row.name,
            row.purpose,
            row.notes,
            row.owner.login,
            row.preset,
            *(held.token.name for held in each.live),
            *(held.token.description for held in each.live),
            *(held.reach for held in each.live),
            *each.repositories,
            *(title for title, _ in each.permissions),
        ]
    ).lower()
    return all(word in text for word in words)
