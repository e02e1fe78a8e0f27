"""What is said of an object that a commit had: which one, when, and at which path."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from keyhole.core.escaping import escape

if TYPE_CHECKING:
    from keyhole.scanners.graph import Order

_LONGEST_PATH = 4096
_LAST_YEAR = 9999


class Introduction(NamedTuple):
    """The first commit that had an object at a path."""

    order: Order
    """The place of the commit in history."""
    commit: str
    """Object id; empty if no commit of the walk has it."""
    author_date: str
    """RFC 3339 in UTC, or empty."""
    path: str
    """Escaped."""


def introduced_in(commit: bytes, authored: bytes, path: bytes) -> Introduction:
    """What is said of an object at a path of this commit, whichever commit brought it there."""
    name = commit.decode("ascii")
    return Introduction((0, name), name, date_of(authored), shown_path(path))


def date_of(seconds: bytes) -> str:
    """RFC 3339 in UTC of what a commit says of its time; empty if that is no date."""
    try:
        moment = time.gmtime(int(seconds))
    except (ValueError, OverflowError, OSError):
        return ""  # a commit may claim any number; one that is no date is left out
    if not 1 <= moment.tm_year <= _LAST_YEAR:
        return ""
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % moment[:6]  # noqa: UP031  # as everybody knows it from strftime


def shown_path(path: bytes) -> str:
    """The path as it is shown: escaped, and not of any length."""
    return escape(path) if len(path) <= _LONGEST_PATH else escape(path[:_LONGEST_PATH]) + "..."
