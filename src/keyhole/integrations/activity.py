"""How much tokens were used, day by day, and from where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from keyhole.tokens.models import Seen, SeenKind, UsageDay

DAYS = 30
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Day:
    """One day, by UTC."""

    day: date
    requests: int
    """How many were allowed."""
    denials: int


@dataclass(frozen=True, slots=True)
class Place:
    """An address, or a program by what it says it is, that tokens were used from or by."""

    what: str
    first_at: datetime
    last_at: datetime
    """Exact to the hour."""


def days(token_ids: Iterable[int], most: int = DAYS) -> tuple[Day, ...]:
    """The last days, oldest first and today last, of all these tokens together; days without use are there too."""
    today = timezone.now().astimezone(UTC).date()
    first = today - timedelta(days=most - 1)
    rows = UsageDay.objects.filter(token_id__in=list(token_ids), day__gte=first).values("day")
    known = {row["day"]: row for row in rows.annotate(allowed=Sum("requests"), denied=Sum("denials"))}
    return tuple(
        Day(day, known[day]["allowed"], known[day]["denied"]) if day in known else Day(day, 0, 0)
        for day in (first + timedelta(days=number) for number in range(most))
    )


def places(token_ids: Iterable[int], kind: SeenKind, most: int = _SHOWN) -> tuple[Place, ...]:
    """Where (ADDRESS), or by what (AGENT), these tokens were used, latest first."""
    found: dict[str, Place] = {}
    rows = Seen.objects.filter(token_id__in=list(token_ids), kind=kind).order_by("-last_at", "-pk")
    for row in rows[: 10 * most]:
        known = found.get(row.what)
        first = min(row.first_at, known.first_at) if known else row.first_at
        found[row.what] = Place(row.what, first, max(row.last_at, known.last_at) if known else row.last_at)
    return tuple(found.values())[:most]
