"""`X-Accepted-GitHub-Permissions`: what an operation accepts, as GitHub itself says it with each answer.

A comma is and, a semicolon is or. Recorded from api.github.com: `pull_requests=read; contents=read`,
`contents=write; contents=write,workflows=write`, and once per permissionless operation
`allows_permissionless_access=true`.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.core.permissions import Level
from keyhole.inspector.logic import Atom


@dataclass(frozen=True, slots=True)
class Accepted:
    """The sets of permissions of which any one suffices."""

    sets: tuple[frozenset[Atom], ...]
    """The sets that were understood."""
    complete: bool
    """Whether all were: an alternative that was not understood might be the one that was held."""


def parse(header: str) -> Accepted | None:
    """The header's value, read; None when there is none, as on older GitHub Enterprise Servers."""
    if not header.strip():
        return None
    understood: list[frozenset[Atom]] = []
    complete = True
    for alternative in header.split(";"):
        try:
            understood.append(frozenset(_atom(term) for term in alternative.split(",")))
        except ValueError:
            complete = False
    return Accepted(tuple(understood), complete)


def _atom(term: str) -> Atom:
    name, _, word = term.strip().partition("=")
    if not name:
        raise ValueError("a permission without a name")
    return name, int(Level.parse(word))
