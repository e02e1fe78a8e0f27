"""XML from strangers: a document with a document type is refused, so that no entity is ever made or fetched.

What is left is a tree, built by expat's own events, within limits on depth and size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from keyhole.scanners.dependencies.package import Malformed

_DEEPEST = 100
_MOST = 1_000_000


@dataclass(slots=True)
class Element:
    """One element of a document, without its namespace."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""
    """What stands in it before, between and behind its children."""

    def child(self, name: str) -> Element | None:
        """The first child of this name."""
        return next((child for child in self.children if child.name == name), None)

    def word(self, name: str) -> str:
        """The text of the first child of this name, without space around it; empty if there is none."""
        child = self.child(name)
        return child.text.strip() if child is not None else ""

    def all(self) -> Iterator[Element]:
        """It and all below it, in the order of the document."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))


class _Builder:
    """Takes expat's events."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._count = 0

    def _doctype(self, *_: object) -> None:
        raise Malformed("XML with a document type, which is not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _MOST:
            raise Malformed("XML too deep or too large")
        element = Element(name.rpartition(":")[2], attributes, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def _end(self, _: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def _characters(self, text: str) -> None:
        self._texts[-1].append(text)


def xml_in(content: bytes, root: str) -> Element:
    """The document's root. Malformed when it is no XML or its root has another name."""
    builder = _Builder()
    try:
        builder.parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Malformed("not XML") from None
    if builder.root is None or builder.root.name != root:
        raise Malformed("not of the documented form")
    return builder.root
