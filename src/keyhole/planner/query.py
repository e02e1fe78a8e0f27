"""A plan request as the query of an address, so that a plan travels between pages and can be kept as a bookmark.

`preset=ID&preset=ID&feature=ID&endpoint=LINE&owner=LOGIN&owner_kind=user|organization&repository=NAME&days=30&name=...
&github=ADDRESS`. Endpoints are written in their own spelling, so nothing pasted travels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol
from urllib.parse import quote, urlencode

from keyhole.core.request import OwnerKind
from keyhole.planner.endpoints import MOST_LINES
from keyhole.planner.plan import owner_kind_word
from keyhole.planner.request import DEFAULT_DAYS, PlanRequest

_LONGEST = 400
_LONGEST_ENDPOINT = 4000
_MOST = {"preset": 60, "feature": 20, "endpoint": MOST_LINES, "repository": 200}
_KINDS = {"user": OwnerKind.USER, "organization": OwnerKind.ORGANIZATION}


class Lists(Protocol):
    """What Django calls a QueryDict."""

    def getlist(self, key: str) -> list[str]:
        """Every value of a name, in order."""


class Plain:
    """A mapping of names to lists, in the place of a QueryDict."""

    def __init__(self, values: Mapping[str, Iterable[str]]) -> None:
        self._values = {name: list(each) for name, each in values.items()}

    def getlist(self, key: str) -> list[str]:
        """Every value of a name, in order."""
        return self._values.get(key, [])


def to_query(request: PlanRequest) -> str:
    """The query, without a question mark; what has its usual value is left out."""
    fields = [("preset", each) for each in request.presets]
    fields += [("feature", each) for each in request.features]
    fields += [("endpoint", each) for each in request.endpoints]
    fields += [("owner", request.owner)] if request.owner else []
    fields += [("owner_kind", owner_kind_word(request.owner_kind))] if request.owner_kind else []
    fields += [("repository", each) for each in request.repositories]
    if request.days != DEFAULT_DAYS:
        fields.append(("days", "none" if request.days is None else str(request.days)))
    fields += [("name", request.name)] if request.name else []
    fields += [("github", request.github)] if request.github else []
    return urlencode(fields, quote_via=quote, safe="/{}")


def from_query(data: Lists) -> PlanRequest:
    """The request in a query or a form. What it does not understand it leaves out; `plan` refuses what is wrong."""
    return PlanRequest(
        presets=_several(data, "preset"),
        features=_several(data, "feature"),
        endpoints=_several(data, "endpoint"),
        owner=_one(data, "owner"),
        owner_kind=_KINDS.get(_one(data, "owner_kind")),
        repositories=_several(data, "repository"),
        days=days_of(_one(data, "days")),
        name=_one(data, "name"),
        github=_one(data, "github"),
    )


def days_of(text: str) -> int | None:
    """The number of days in a text; None for `none`, 30 for what is no number, 0 for one that is too long."""
    if text == "none":
        return None
    if not (text.isascii() and text.isdigit()):
        return DEFAULT_DAYS
    return int(text) if len(text) < 6 else 0


def _several(data: Lists, name: str) -> tuple[str, ...]:
    longest = _LONGEST_ENDPOINT if name == "endpoint" else _LONGEST
    given = [text.strip()[:longest] for text in data.getlist(name)[: _MOST[name]]]
    return tuple(dict.fromkeys(text for text in given if text))


def _one(data: Lists, name: str) -> str:
    values = data.getlist(name)
    return values[-1].strip()[:_LONGEST] if values else ""
