"""The times at which schedules are due, as rows: one open one for each cause, replaced by the next when it ends.

So nothing is forgotten by a process that dies, and nothing done twice by two that live. A time that passed while
nobody worked comes once, as soon as somebody does; those that it would have come besides are not made up for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from keyhole.schedules.models import Cause, Occurrence, Schedule, When
from keyhole.schedules.times import upcoming

GATHER = timedelta(seconds=10)
"""How long a push waits for others: people push a branch and its tags one after the other."""
ASKED_FOR = (Cause.HAND, Cause.API)
"""What was asked for stays when the schedule is changed."""
NOTHING_NEW = Q(cause__in=(Cause.LOOK, Cause.PUSH), started=0, failed=False)
"""A look that came to nothing, which nobody is told of. There may be one a minute."""
_KEPT = timedelta(days=365)
_NOTHING_KEPT = timedelta(days=1)


def due(now: datetime | None = None) -> QuerySet[Occurrence, int]:
    """Ids of the occurrences that are to be carried out now, longest due first."""
    return (
        Occurrence.objects.filter(
            done_at=None,
            due_at__lte=now or timezone.now(),
            schedule__paused_at=None,
            schedule__removed_at=None,
        )
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)
    )


def bring(schedule: Schedule, cause: Cause, at: datetime, subject: int = 0, tries: int = 1) -> None:
    """Make the schedule due at that time for that reason. One that is open stays, with the smaller of both.

    A push during a look has another look follow it.
    """
    try:
        with transaction.atomic():
            Occurrence.objects.create(schedule=schedule, cause=cause, subject=subject, due_at=at, tries=tries)
    except IntegrityError:
        same = Occurrence.objects.filter(schedule=schedule, cause=cause, subject=subject, done_at=None)
        same.filter(due_at__gt=at).update(due_at=at)
        same.filter(tries__gt=tries).update(tries=tries)
        if cause == Cause.PUSH:
            # One that is carried out now may have looked already. `end` sees that it was moved.
            same.exclude(batch="").filter(due_at__lte=timezone.now()).update(due_at=at)
        # Another one where that one ended just now.
        same.get_or_create(
            schedule=schedule,
            cause=cause,
            subject=subject,
            done_at=None,
            defaults={"due_at": at, "tries": tries},
        )


def plan(schedule: Schedule, now: datetime | None = None) -> None:
    """Put what is planned in agreement with the schedule: after it was made, changed, paused or resumed."""
    moment = now or timezone.now()
    Occurrence.objects.filter(schedule=schedule, done_at=None).exclude(cause__in=ASKED_FOR).delete()
    if not schedule.live:
        Occurrence.objects.filter(schedule=schedule, done_at=None).delete()
        return
    if schedule.when == When.ONCE:
        # One that is past by now passed while the schedule was paused.
        if schedule.at is not None and schedule.at > moment and not _had(schedule, schedule.at):
            bring(schedule, Cause.TIME, schedule.at)
    elif schedule.when == When.TIMES:
        bring(schedule, Cause.TIME, next(upcoming(schedule.cron, schedule.zone, moment)))
    else:
        bring(schedule, Cause.LOOK, moment)


def _had(schedule: Schedule, at: datetime) -> bool:
    return Occurrence.objects.filter(schedule=schedule, cause=Cause.TIME, due_at=at).exists()


def end(
    occurrence: Occurrence,
    outcome: str,
    *,
    started: int = 0,
    failed: bool = False,
    again: timedelta | None = None,
) -> bool:
    """End it, and put the next one in its place. False if somebody else ended it meanwhile.

    `again`: how long from now the same is to be tried once more, besides what is planned.
    """
    now = timezone.now()
    with transaction.atomic():
        ended = Occurrence.objects.filter(pk=occurrence.pk, done_at=None).update(
            done_at=now, outcome=outcome[:500], started=started, failed=failed
        )
        if ended:
            _follow_up(occurrence, now, again)
            Occurrence.objects.filter(done_at__lt=now - _KEPT).delete()
            looks = Occurrence.objects.filter(NOTHING_NEW, schedule=occurrence.schedule_id)
            looks.filter(done_at__lt=now - _NOTHING_KEPT).delete()
    return bool(ended)


def put_off(occurrence: Occurrence, until: datetime) -> None:
    """Carry it out later instead."""
    Occurrence.objects.filter(pk=occurrence.pk, done_at=None).update(due_at=until)


def _follow_up(occurrence: Occurrence, now: datetime, again: timedelta | None) -> None:
    schedule = Schedule.objects.get(pk=occurrence.schedule_id)
    brought = _brought_again(occurrence)
    if not schedule.live:
        return
    if occurrence.cause == Cause.TIME and schedule.when == When.TIMES:
        bring(schedule, Cause.TIME, next(upcoming(schedule.cron, schedule.zone, now)))
    elif occurrence.cause == Cause.LOOK and schedule.poll_minutes:
        bring(schedule, Cause.LOOK, now + timedelta(minutes=schedule.poll_minutes))
    elif again is not None and schedule.when == When.PUSH:
        cause = Cause(occurrence.cause)
        bring(schedule, cause, now + again, occurrence.subject, occurrence.tries + 1)
    elif brought is not None:
        bring(schedule, Cause(occurrence.cause), brought, occurrence.subject)


def _brought_again(occurrence: Occurrence) -> datetime | None:
    """The time that it was moved to while it was carried out, if it was. The row says again when it was due itself."""
    moved = Occurrence.objects.filter(pk=occurrence.pk).exclude(due_at=occurrence.due_at)
    at = moved.values_list("due_at", flat=True).first()
    if at is not None:
        moved.update(due_at=occurrence.due_at)
    return at
