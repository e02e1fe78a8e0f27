"""Findings counted beside the filters of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from django.db.models import Count

from keyhole.accounts.services import require
from keyhole.core.caller import Caller
from keyhole.findings import expiring
from keyhole.findings.filtering import ProblemFilter, Show, matching
from keyhole.findings.models import Decided, Status

_SHOWN_BY_DECISION = {
    Decided.NOTHING.value: Show.OPEN,
    Decided.ACCEPTED.value: Show.ACCEPTED,
    Decided.FALSE_POSITIVE.value: Show.FALSE_POSITIVE,
}


def facets(caller: Caller, wanted: ProblemFilter) -> dict[str, Mapping[str, int]]:
    """How many there would be of each severity, kind and part of life, the rest of the filter being as it is.

    `total` has what the whole filter matches. All of it in one pass: the groups are few, and everything follows.
    """
    require(caller, "finding:read")
    expiring.catch_up()
    rows = matching(replace(wanted, show=Show.ALL, severity=(), kind=()))
    groups = rows.values_list("status", "decided", "severity", "kind").annotate(Count("pk"))
    found: dict[str, Counter[str]] = {name: Counter() for name in ("severity", "kind", "show", "total")}
    for status, decided, severity, kind, number in groups:
        parts = _parts(status, decided)
        shown = wanted.show in parts
        of_severity, of_kind = _in(severity, wanted.severity), _in(kind, wanted.kind)
        if shown and of_kind:
            found["severity"][severity] += number
        if shown and of_severity:
            found["kind"][kind] += number
        if of_severity and of_kind:
            found["show"].update(dict.fromkeys(map(str, parts), number))
            found["total"]["all"] += number if shown else 0
    return dict(found)


def _parts(status: str, decided: str) -> set[Show]:
    """Every part of life that such findings are shown in."""
    parts = {Show.ALL}
    if status == Status.FIXED:
        parts.add(Show.FIXED)
    if status != Status.FIXED or decided:
        parts.add(_SHOWN_BY_DECISION[decided])
    return parts


def _in(value: str, chosen: Collection[str]) -> bool:
    return not chosen or value in chosen
