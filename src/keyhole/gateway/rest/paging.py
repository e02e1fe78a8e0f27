"""Pagination with `page`, `per_page` and the `Link` header, as GitHub does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_DEFAULT, _MOST = 30, 100
_LAST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    number: int
    """From 1."""
    size: int
    """1 to 100."""

    @property
    def skip(self) -> int:
        """Items on the pages before."""
        return (self.number - 1) * self.size

    def cut(self, items: Sequence[T]) -> list[T]:
        """The items on this page."""
        return list(items[self.skip : self.skip + self.size])


def page_of(query: Mapping[str, str]) -> Page:
    """The page that a query asks for. What is no number counts as absent; more than 100 per page is 100."""
    size = _number(query.get("per_page", ""), _DEFAULT)
    return Page(min(_number(query.get("page", ""), 1), _LAST_PAGE), min(size, _MOST))


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else default


def links(page: Page, total: int) -> dict[str, int]:
    """Relation -> page number, in GitHub's order; empty when one page holds all."""
    last = max(1, -(-total // page.size))
    found: dict[str, int] = {}
    if page.number > 1:
        found["prev"] = min(page.number - 1, last)
    if page.number < last:
        found |= {"next": page.number + 1, "last": last}
    if page.number > 1:
        found["first"] = 1
    return found
