"""How open findings developed: for the first page, from the tallies of each day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Case, Count, Max, When
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.core.caller import Caller
from keyhole.core.terms import Severity
from keyhole.findings import expiring
from keyhole.findings.filtering import SOON, ProblemFilter, matching
from keyhole.findings.models import Problem, Tally

DAYS = 30
_TOP = 5
_LEVELS = tuple(severity.value for severity in Severity)


@dataclass(frozen=True, slots=True)
class TrendDay:
    """How many findings were open when a day ended, by severity, and how many came and went on it."""

    day: date
    open: dict[str, int]
    new: int
    fixed: int

    @property
    def total(self) -> int:
        """All that were open."""
        return sum(self.open.values())


@dataclass(frozen=True, slots=True)
class Standing:
    """Where findings stand now, and how they came there."""

    open: dict[str, int]
    """By severity, worst first, zeros included."""
    overdue: int
    soon: int
    """Due within SOON."""
    days: tuple[TrendDay, ...]
    """The last DAYS, oldest first, today included."""
    top: tuple[Problem, ...]
    """The five to fix first."""

    @property
    def total(self) -> int:
        """All that are open."""
        return sum(self.open.values())

    @property
    def new(self) -> int:
        """First seen, or seen again, in these days."""
        return sum(each.new for each in self.days)

    @property
    def fixed(self) -> int:
        """Fixed in these days."""
        return sum(each.fixed for each in self.days)

    @property
    def known(self) -> bool:
        """Whether any scan found anything so far."""
        return bool(self.total or self.new or self.fixed or any(each.total for each in self.days))


def standing(caller: Caller) -> Standing:
    """Where findings stand, over all connected repositories."""
    require(caller, "finding:read")
    expiring.catch_up()
    now = timezone.now()
    rows = matching(ProblemFilter())
    groups = dict(rows.values_list("severity").annotate(Count("pk")))
    late = rows.filter(due_at__lt=now + SOON)
    overdue = late.filter(due_at__lt=now).count()
    return Standing(
        open={level: groups.get(level, 0) for level in _LEVELS},
        overdue=overdue,
        soon=late.count() - overdue,
        days=_days(now.astimezone(UTC).date()),
        top=_top(now),
    )


def _days(today: date) -> tuple[TrendDay, ...]:
    first = today - timedelta(days=DAYS - 1)
    tallies = Tally.objects.filter(repository__removed_at=None)
    # A repository without a tally on a day is as it was when it had one last, maybe long before the first day.
    before = (
        tallies.filter(day__lt=first).order_by("repository").values("repository").annotate(last=Max("day"))
    )
    latest = {each["repository"]: each["last"] for each in before}
    now: dict[int, dict[str, int]] = {
        row.repository_id: _open(row)
        for row in tallies.filter(repository__in=latest, day__in=set(latest.values()))
        if latest[row.repository_id] == row.day
    }
    by_day: dict[date, list[Tally]] = defaultdict(list)
    for row in tallies.filter(day__gte=first):
        by_day[row.day].append(row)
    days = []
    for number in range(DAYS):
        day = first + timedelta(days=number)
        changed = by_day[day]
        now.update({row.repository_id: _open(row) for row in changed})
        days.append(
            TrendDay(
                day,
                {level: sum(each[level] for each in now.values()) for level in _LEVELS},
                sum(row.new for row in changed),
                sum(row.fixed for row in changed),
            )
        )
    return tuple(days)


def _open(row: Tally) -> dict[str, int]:
    return {level: getattr(row, level) for level in _LEVELS}


def _top(now: datetime) -> tuple[Problem, ...]:
    """What is exploited, then what is worst, overdue, likeliest to be exploited.

    The database sorts: whatever it left out before that, by another order, could be the most urgent.
    """
    late = Case(When(due_at__lt=now, then=0), default=1)
    rows = matching(ProblemFilter()).order_by("-kev", "rank", late, "-epss", "pk")
    # Ids alone first: a whole row is wide, and every open one would be carried through the sorting.
    first = list(rows.values_list("pk", flat=True)[:_TOP])
    found = Problem.objects.select_related("repository__owner").in_bulk(first)
    return tuple(found[each] for each in first)
