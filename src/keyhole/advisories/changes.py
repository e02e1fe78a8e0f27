"""What changed of an ecosystem, and what of that is still to be had.

A list may be ahead of the advisories it names, as where a mirror or a cache has older states of them. An older state is
taken all the same, since it is better than none, but under its own time, so that the newer one is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from keyhole.scanners.dependencies.draft import Draft
from keyhole.scanners.dependencies.osv import Advisory


@dataclass(slots=True)
class Changes:
    """What an ecosystem's list names in other states than the draft has."""

    draft: Draft
    ecosystem: str
    known: dict[str, str]
    """The advisories of the draft, each with when it was changed."""
    left: dict[str, str]
    """What is still to be taken, each with when its list says that it was changed."""
    late: set[str]
    """Those of `left` of which the draft has an older state, and the source no newer one when it was asked."""

    @classmethod
    def of(
        cls, draft: Draft, ecosystem: str, listed: dict[str, str], *, whole: bool, anew: bool = False
    ) -> Self:
        """With `whole`, none is late before the source was asked again; else those are that were listed earlier.

        With `anew`, nothing counts that the draft has of it, whatever it says when that was changed.
        """
        known = {} if anew else draft.known(ecosystem)
        left = {one: at for one, at in listed.items() if known.get(one) != at or not (at or one in known)}
        newest = max(known.values(), default="")
        late = {one for one, at in left.items() if known.get(one, at) < at <= newest}
        return cls(draft, ecosystem, known, left, set() if whole else late)

    @property
    def missing(self) -> set[str]:
        """Those of which nothing came yet, not even an older state."""
        return self.left.keys() - self.late

    def next(self, most: int) -> list[str]:
        """So many of them, the missing first, then as they are listed."""
        return sorted(self.left, key=self.late.__contains__)[:most]

    def take(self, identity: str, advisory: Advisory) -> None:
        """Puts the advisory of this id into the draft. One in an older state than is listed stays among `left`."""
        at, own = self.left.get(identity, advisory.modified), advisory.modified
        if own and own < at:
            self.late.add(identity)
            if own > self.known.get(identity, ""):
                self._put(identity, advisory, own)
        else:
            self.left.pop(identity, None)
            self._put(identity, advisory, at)

    def _put(self, identity: str, advisory: Advisory, at: str) -> None:
        self.known[identity] = at
        self.draft.put(self.ecosystem, advisory, at)
