"""What the sandbox answers with, and how it says no: in GitHub's shapes and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Source(StrEnum):
    """Where the shape of an answer comes from; sent along as `X-Keyhole-Sandbox`."""

    RECORDED = "recorded"
    """Held against answers of GitHub that were recorded."""
    DOCUMENTED = "documented"
    """GitHub's documentation says so."""
    DERIVED = "derived"
    """Follows from the documentation of similar operations, or is a guess that we find likely."""


@dataclass(slots=True)
class Answer:
    """One answer of the API."""

    status: int
    body: Any = None
    """What is sent as JSON; bytes are sent as they are; None is no body."""
    headers: dict[str, str] = field(default_factory=dict)
    source: Source | None = None
    """None: what the operation's handler said when it was registered."""
    changed: bool | None = None
    """Whether anything changed; None: yes, if the method is one that changes things and the status is of success."""


def items(found: Sequence[Any], *, under: str = "") -> Listed:
    """A list that is cut into pages before it is sent; `under` names it in an answer with `total_count`."""
    return Listed(list(found), under)


@dataclass(slots=True)
class Listed:
    """A whole list, not cut yet."""

    found: list[Any]
    under: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    """Other fields of an answer that holds the list under a name."""


class Problem(Exception):
    """A refusal. `message` is GitHub's."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        doc: str = "",
        source: Source = Source.DOCUMENTED,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})
        self.doc = doc
        self.source = source


def not_found() -> Problem:
    """What is hidden and what is absent look the same."""
    return Problem(404, "Not Found", source=Source.RECORDED)


def invalid(resource: str, name: str, code: str = "missing_field") -> Problem:
    """A field is missing or wrong; said only to who may do the thing at all."""
    return Problem(
        422,
        "Validation Failed",
        errors=[{"resource": resource, "code": code, "field": name}],
        source=Source.RECORDED,
    )


def unprocessable(message: str) -> Problem:
    """422 with a sentence of its own."""
    return Problem(422, message)
