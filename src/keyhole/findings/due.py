"""By when findings must be dealt with, as the environment of the scan says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import F, Q

from keyhole.core.finding import Severity
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
    another environment.
    """
    environment = this.scan.environment
    if environment is None:
        return
    days = days_of(environment.due_days)
    found = this.found()
    for severity in Severity:
        rows = found.filter(severity=severity.value)
        if severity.value not in days:
            rows.filter(measured_by=environment).update(due_at=None, measured_by=None)
            continue
        date = F("opened_at") + timedelta(days=days[severity.value])
        rows.filter(Q(due_at=None) | Q(measured_by=environment) | Q(due_at__gt=date)).update(
            due_at=date, measured_by=environment
        )
