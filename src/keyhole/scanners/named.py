"""Which files a reason is about, in words: a few of them by their paths, so that people know where to look."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from keyhole.core.escaping import escape
from keyhole.scanners.introduction import Introduction
from keyhole.scanners.objects import Trouble

MOST_SOUGHT = 1_000
"""Objects whose paths are looked for only to name them. Somebody may have put a hundred thousand there."""
_NAMED = 3
_LONGEST = 200

_Name = TypeVar("_Name", str, bytes)


def sought(*troubles: Trouble) -> frozenset[bytes]:
    """The objects whose paths are to be known: those that reasons are about, or the same ones of them every time."""
    objects: set[bytes] = set()
    for trouble in troubles:
        objects.update(*trouble.objects.values())
    return frozenset(_first(MOST_SOUGHT, objects))


class Named:
    """Tells names of objects as they may be shown."""

    def __init__(self, places: Mapping[bytes, Iterable[Introduction]], shown: Mapping[str, str]) -> None:
        """`places` are where objects are, as far as that is known; `shown`: see `Shown`."""
        self._places = places
        self._shown = shown

    def __call__(self, objects: set[bytes]) -> str:
        """The first few paths of these, and how many more there are; object ids where no path is known. Refs among
        them have their own names.
        """
        paths: set[str] = set()
        without: list[str] = []
        for each in objects:
            # All of them are looked at, not only what is told: what is remembered has them all.
            known = [self._shown[place.path] for place in self._places.get(each, ())]
            if each.startswith((b"refs/", b"HEAD")):
                paths.add(self._shown[escape(each)])
            elif known:
                paths.add(known[0])
            else:
                without.append(f"object {each.decode()}")
        names = [*_first(_NAMED, paths), *_first(_NAMED, without)][:_NAMED]
        more = len(paths) + len(without) - len(names)
        return ", ".join(map(_shortened, names)) + (f" and {more:,} more" if more else "")


def _shortened(name: str) -> str:
    """The end of a long one, where the name of the file is."""
    return name if len(name) <= _LONGEST else f"...{name[-_LONGEST:]}"


def _first(count: int, names: Collection[_Name]) -> Collection[_Name]:
    """So many of them, in order; all of them as they are where there are no more."""
    if len(names) <= count:
        return sorted(names)
    from heapq import nsmallest  # noqa: PLC0415  # hardly ever so many

    return nsmallest(count, names)
