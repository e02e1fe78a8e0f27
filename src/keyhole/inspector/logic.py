"""A small solver: what follows for certain from what was seen, and nothing else.

Facts are clauses over atoms such as `("contents", 2)`, "the token holds contents at level write or above". A verdict is
given only when its opposite contradicts the facts. Guessing, majority and most-likely have no place here: an answer
that fits two permissions proves neither of them, until another answer rules one out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

Atom = tuple[str, int | str]
"""Something that is true or false of the credential: `(permission, level)`, `("selected", "owner/name")`, ..."""
Literal = tuple[Atom, bool]
Clause = frozenset[Literal]
"""At least one of these literals holds. The empty clause is a contradiction."""


def fact(atom: Atom, holds: bool = True) -> Clause:
    """A clause that says one thing."""
    return frozenset({(atom, holds)})


def implies(condition: Atom, consequence: Atom) -> Clause:
    """A clause that says: if the one, then the other."""
    return frozenset({(condition, False), (consequence, True)})


def some_set(context: Sequence[Atom], alternatives: Sequence[frozenset[Atom]]) -> list[Clause]:
    """All of the context holds, and of the alternatives at least one as a whole."""
    clauses = [fact(atom) for atom in context]
    return clauses + [frozenset((atom, True) for atom in chosen) for chosen in product(*alternatives)]


def no_set(context: Sequence[Atom], alternatives: Sequence[frozenset[Atom]]) -> list[Clause]:
    """If all of the context holds, none of the alternatives does as a whole."""
    blocked = [(atom, False) for atom in context]
    return [frozenset([*blocked, *((atom, False) for atom in needed)]) for needed in alternatives]


def entails(clauses: Iterable[Clause], conclusion: Literal) -> bool:
    """Whether the conclusion holds in every world in which the clauses do. The clauses must fit together."""
    atom, holds = conclusion
    return Conclusions(clauses).about(atom) is holds


class Conclusions:
    """What follows from clauses, worked out once for many questions."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        propagated = propagate(clauses)
        self.consistent = propagated is not None and satisfiable(propagated[1])
        """Whether any world makes all clauses true; if not, nothing else here means anything."""
        self._settled, self._left = propagated or ({}, [])

    def about(self, atom: Atom) -> bool | None:
        """Whether the atom holds in every world or in none; None when the clauses leave it open."""
        if atom in self._settled:
            return self._settled[atom]
        near = _connected(self._left, atom)
        for holds in (True, False):
            if not satisfiable([*near, fact(atom, not holds)]):
                return holds
        return None


def satisfiable(clauses: Sequence[Clause]) -> bool:
    """Whether any world makes all clauses true (Davis, Putnam, Logemann, Loveland)."""
    propagated = propagate(clauses)
    if propagated is None:
        return False
    left = _without_one_sided(propagated[1])
    if not left:
        return True
    atom, _ = next(iter(left[0]))
    return any(satisfiable([*left, fact(atom, holds)]) for holds in (True, False))


def propagate(clauses: Iterable[Clause]) -> tuple[dict[Atom, bool], list[Clause]] | None:
    """What the single-literal clauses settle, and the clauses that are open then; None is a contradiction."""
    settled: dict[Atom, bool] = {}
    left = list(clauses)
    while units := [next(iter(clause)) for clause in left if len(clause) == 1]:
        for atom, holds in units:
            if settled.setdefault(atom, holds) is not holds:
                return None
        left = [open_ for clause in left if (open_ := _reduce(clause, settled)) is not None]
    return None if frozenset() in left else (settled, left)


def _reduce(clause: Clause, settled: Mapping[Atom, bool]) -> Clause | None:
    """The clause without the literals that are known to be false; None when one is known to be true."""
    known = [literal for literal in clause if literal[0] in settled]
    if any(settled[atom] is holds for atom, holds in known):
        return None
    return clause.difference(known) if known else clause


def _without_one_sided(clauses: list[Clause]) -> list[Clause]:
    """The clauses that stay when every atom that only ever appears on one side is put on that side."""
    while True:
        literals = {literal for clause in clauses for literal in clause}
        one_sided = {(atom, holds) for atom, holds in literals if (atom, not holds) not in literals}
        if not one_sided:
            return clauses
        clauses = [clause for clause in clauses if clause.isdisjoint(one_sided)]


def _connected(clauses: Sequence[Clause], atom: Atom) -> list[Clause]:
    """The clauses that have to do with an atom, directly or through others."""
    reached, rest = {atom}, list(clauses)
    found: list[Clause] = []
    while near := [clause for clause in rest if any(each in reached for each, _ in clause)]:
        found += near
        reached.update(each for clause in near for each, _ in clause)
        rest = [clause for clause in rest if clause not in near]
    return found
