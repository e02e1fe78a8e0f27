"""By when findings must be dealt with, as the environment of the scan says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import F, Q, QuerySet

from keyhole.core.terms import Severity
from keyhole.environments.models import Environment
from keyhole.environments.removal import on_removal
from keyhole.findings.models import Problem
from keyhole.findings.rounds import Round

MOST_DAYS = 3650


def days_of(given: object) -> dict[str, int]:
    """Days by severity, without whatever is no number of days."""
    pairs = given.items() if isinstance(given, Mapping) else ()
    known = {severity.value for severity in Severity}
    return {
        name: days for name, days in pairs if name in known and type(days) is int and 0 < days <= MOST_DAYS
    }


def set_dates(this: Round) -> None:
    """Dates what the scan found, counted from when it was first seen or seen again.

    Where the code goes to several environments, the earliest date counts, so a later one never replaces that of
    another environment, unless that one was removed.
    """
    _forget_removed(this)
    environment = this.scan.environment
    if environment is None or environment.removed_at is not None:
        return
    days = days_of(environment.due_days)
    for found in this.parts():
        for severity in Severity:
            _set(found.filter(severity=severity.value), environment, days.get(severity.value))


@on_removal
def forget(number: int) -> None:
    """Takes away the dates of one environment. Where the code goes to another one, its next scan gives its own."""
    Problem.objects.filter(measured_by=number).update(due_at=None, measured_by=None)


def _forget_removed(this: Round) -> None:
    """Takes away the dates that a scan gave whose environment was removed while it ran."""
    removed = list(Environment.objects.exclude(removed_at=None).values_list("pk", flat=True))
    for found in this.parts() if removed else ():
        found.filter(measured_by__in=removed).update(due_at=None, measured_by=None)


def _set(rows: QuerySet[Problem], environment: Environment, days: int | None) -> None:
    if days is None:
        rows.filter(measured_by=environment).update(due_at=None, measured_by=None)
        return
    date = F("opened_at") + timedelta(days=days)
    rows.filter(Q(due_at=None) | Q(measured_by=environment) | Q(due_at__gt=date)).update(
        due_at=date, measured_by=environment
    )
