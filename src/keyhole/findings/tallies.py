"""How many findings were open on which day: written whenever that changes, read by the trend."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from django.db.models import Count

from keyhole.core.terms import Severity
from keyhole.findings import covering
from keyhole.findings.models import Decision, Event, Happened, Problem, Tally

_NUMBERS = [severity.value for severity in Severity]


def count(repositories: Iterable[int], at: datetime) -> None:
    """Counts these repositories anew for the day of that moment, UTC."""
    day = at.astimezone(UTC).date()
    start = datetime.combine(day, time.min, UTC)
    Tally.objects.bulk_create(
        [_tally(number, day, start) for number in repositories],
        update_conflicts=True,
        unique_fields=["repository", "day"],
        update_fields=[*_NUMBERS, "new", "fixed"],
    )


def _tally(repository_id: int, day: date, start: datetime) -> Tally:
    rows = Problem.objects.filter(repository=repository_id)
    groups = dict(rows.filter(is_open=True).order_by().values_list("severity").annotate(Count("pk")))
    shown = rows.filter(merged_into=None)
    happened = Event.objects.filter(
        problem__repository=repository_id, problem__merged_into=None, at__gte=start
    )
    return Tally(
        repository_id=repository_id,
        day=day,
        new=shown.filter(first_seen_at__gte=start).count()
        + happened.filter(what=Happened.REOPENED).values("problem").distinct().count(),
        fixed=happened.filter(what=Happened.FIXED).values("problem").distinct().count(),
        **{name: groups.get(name, 0) for name in _NUMBERS},
    )


def repositories_of(decision: Decision) -> list[int]:
    """Ids of the repositories in which a decision is about something."""
    places = covering.covered_by(decision).order_by().values_list("repository", flat=True)
    return sorted(set(places.distinct()))
