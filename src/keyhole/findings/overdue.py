"""Reminding of findings that are past their due date: once a day for each environment, while there are any.

Which environments are to be spoken of is found in the rows, so that a day on which no worker was alive costs one
reminder and no more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.core.caller import Caller, Via
from keyhole.core.plural import counted
from keyhole.core.terms import Severity as Grade
from keyhole.environments.models import Environment
from keyhole.findings.models import Overdue, Problem
from keyhole.jobs import job, step
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import SUMMARY_HOUR, publish

log = logging.getLogger(__name__)

KIND = "findings-overdue"


def overdue(at: datetime) -> QuerySet[Problem]:
    """Findings that wait for somebody past their date, in repositories that are connected."""
    return Problem.objects.filter(is_open=True, due_at__lt=at, repository__removed_at=None)


def _due() -> Iterable[int]:
    now = timezone.now()
    if now.hour < SUMMARY_HOUR:
        return []
    spoken = Overdue.objects.filter(day=now.date()).values("environment")
    rows = overdue(now).filter(measured_by__removed_at=None).exclude(measured_by__in=spoken)
    return list(rows.exclude(measured_by=None).order_by().values_list("measured_by", flat=True).distinct())


def _failed(row: int, reason: str) -> None:
    log.error("nobody could be reminded of overdue findings of environment %d: %s", row, reason)


@job(KIND, unfinished=_due, failed=_failed)
def remind_of_overdue(row: int) -> None:
    """Reminds of those of one environment."""
    remind(row)


@step
def remind(row: int) -> None:
    """The reminder and that it was given are stored together, so none is given twice."""
    now = timezone.now()
    environment = Environment.objects.filter(pk=row, removed_at=None).first()
    if environment is None:
        return
    late = overdue(now).filter(measured_by=environment)
    with transaction.atomic():
        known, made = Overdue.objects.select_for_update().get_or_create(
            environment=environment, defaults={"day": now.date()}
        )
        if not made and known.day >= now.date():
            return
        known.day = now.date()
        known.save(update_fields=["day"])
        event = _event(environment, late)
        if event is not None:
            channels = environment.channels.values_list("pk", flat=True)
            publish(Caller(None, "due dates", Via.JOB), event, also=tuple(channels))


def _event(environment: Environment, late: QuerySet[Problem]) -> Event | None:
    numbers = [(grade, late.filter(severity=grade.value).count()) for grade in Grade]
    total = sum(number for _, number in numbers)
    if not total:
        return None
    worst = late.select_related("repository__owner").order_by("rank", "due_at").first()
    first = f"The worst: {worst.title} in {worst.repository.full_name}. " if worst else ""
    return Event(
        "finding.overdue",
        Severity.CRITICAL if numbers[0][1] else Severity.WARNING,
        f"{counted(total, 'finding')} overdue in {environment.name}",
        f"{first}Fix them, or accept them with a reason and a date.",
        "/findings?due=overdue",
        {grade.value.capitalize(): str(number) for grade, number in numbers if number},
    )
