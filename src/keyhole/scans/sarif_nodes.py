"""Walking through JSON that somebody else wrote: every slip is named by its place in the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.core.escaping import escape
from keyhole.core.redact import cut

_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number",
    dict: "an object",
    list: "a list",
    bool: "true or false",
}


class Malformed(InvalidInput):
    """The document is not what it has to be."""


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the document, and where in it."""

    value: dict[str, Any]
    where: str

    def text(self, key: str, default: str | None = None) -> str:
        """A text; Malformed if it is missing and there is no default, or if it is none."""
        # Half of a character is JSON, but nothing that can be stored, shown, or be part of a path.
        return str(self._at(key, str, default)).encode("utf-8", "replace").decode()

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number, as above."""
        found: int = self._at(key, int, default)
        if isinstance(found, bool):
            raise self.wrong(key, "is not a whole number")
        return found

    def child(self, key: str) -> Node:
        """An object; an empty one if it is missing."""
        return Node(self._at(key, dict, {}), f"{self.where}.{key}")

    def children(self, key: str, most: int) -> Iterator[Node]:
        """The objects of a list, none if it is missing; Malformed if there are more than `most`."""
        found = self._at(key, list, [])
        if len(found) > most:
            raise self.wrong(key, f"has {len(found):,} entries, and at most {most:,} are taken")
        for index, each in enumerate(found):
            if not isinstance(each, dict):
                raise self.wrong(f"{key}[{index}]", "is not an object")
            yield Node(each, f"{self.where}.{key}[{index}]".lstrip("."))

    def wrong(self, key: str, why: str, hint: str = "Nothing was imported.") -> Malformed:
        """The error that says why an entry is not what it has to be."""
        place = escape(f"{self.where}.{key}".lstrip(".").encode("utf-8", "replace"))
        return Malformed(f"{cut(place, 200)} {why}.", field="file", hint=hint)

    def entry(self, key: str, index: int) -> Node | None:
        """The object at this place of a list; None if the list has no such place."""
        found = self._at(key, list, [])
        if not 0 <= index < len(found):
            return None
        if not isinstance(found[index], dict):
            raise self.wrong(f"{key}[{index}]", "is not an object")
        return Node(found[index], f"{self.where}.{key}[{index}]".lstrip("."))

    def _at(self, key: str, kind: type, default: Any) -> Any:
        found = self.value.get(key)
        # Some tools write null for what they do not say.
        found = default if found is None else found
        if found is None:
            raise self.wrong(key, "is missing")
        if not isinstance(found, kind):
            raise self.wrong(key, f"is not {_NAMES[kind]}")
        return found
