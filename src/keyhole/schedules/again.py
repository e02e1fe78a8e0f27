"""What was pushed is scanned, unless somebody says stop: what fails is tried again, and in the end people are told.

Which scans failed is found in the rows: whichever worker is alive sees to it, and what fails while none is waits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from keyhole.core.escaping import visible
from keyhole.jobs import job, step
from keyhole.scans.models import State
from keyhole.schedules import occurrences, telling
from keyhole.schedules.models import Cause, Occurrence, Seen, When

log = logging.getLogger("keyhole.schedules")

KIND = "push-again"
MOST_TRIES = 3
"""To scan one state of a repository, the first included."""
MOST_LOOKS = 13
"""At a repository that cannot be looked at, the first included. They take almost three days."""
_WAIT = timedelta(minutes=1)
"""Before the second scan or look; before the third, twice that."""


def wanted(seen: Seen) -> bool:
    """Whether the state of a repository that a schedule knows is to be scanned once more."""
    return seen.scan is not None and seen.scan.state == State.FAILED and seen.tries < MOST_TRIES


def tries(seen: Seen) -> int:
    """The number of the scan of the same state that begins now: 1 unless all before it failed."""
    failed = seen.scan is not None and seen.scan.state == State.FAILED
    return min(seen.tries + 1, 1000) if failed else 1


def pause(occurrence: Occurrence) -> timedelta | None:
    """After which a look that failed is made again: as long as it has been failing, more or less.

    None where the schedule has another one planned or nobody waits for it, and when it has been tried for days.
    """
    planned = occurrence.cause == Cause.LOOK and occurrence.schedule.poll_minutes
    if occurrence.cause not in (Cause.PUSH, Cause.LOOK) or planned or occurrence.tries >= MOST_LOOKS:
        return None
    return _WAIT * 2 ** (occurrence.tries - 1)


def forget(scan: int) -> None:
    """Before a scan is deleted: what it failed to see is scanned all the same, unless that was given up before."""
    rows = Seen.objects.filter(scan=scan, scan__state=State.FAILED, tries__lt=MOST_TRIES)
    for seen in rows.select_related("schedule"):
        Seen.objects.filter(pk=seen.pk).delete()
        if seen.schedule.live and seen.schedule.when == When.PUSH:
            occurrences.bring(seen.schedule, Cause.PUSH, timezone.now() + _WAIT, seen.repository_id)


def _failed_scans() -> Iterable[int]:
    live = {"schedule__paused_at": None, "schedule__removed_at": None, "schedule__when": When.PUSH}
    rows = Seen.objects.filter(scan__state=State.FAILED, noted=False, **live)
    return rows.order_by("pk").values_list("pk", flat=True)


def _failed(row: int, reason: str) -> None:
    log.error("it could not be seen to that the scan of push %d failed: %s", row, reason)
    Seen.objects.filter(pk=row).update(noted=True)


@job(KIND, unfinished=_failed_scans, failed=_failed)
def see_to(row: int) -> None:
    """Sees to one."""
    scan_again(row)


@step
def scan_again(row: int) -> None:
    """Makes the schedule due for the repository once more, or says on its page that it is not tried any more."""
    with transaction.atomic():
        seen = Seen.objects.select_for_update().filter(pk=row, noted=False, scan__state=State.FAILED).first()
        if seen is None or seen.scan is None or not seen.schedule.live:
            return
        seen.noted = True
        seen.save(update_fields=["noted"])
        now = timezone.now()
        if seen.tries < MOST_TRIES:
            occurrences.bring(seen.schedule, Cause.PUSH, now + seen.tries * _WAIT, seen.repository_id)
            return
        branch = f", {visible(seen.ref.removeprefix('refs/heads/'))}" if seen.ref else ""
        problem = (
            f"{seen.repository.full_name}{branch}: not scanned in {seen.tries} tries; "
            f"its last scan failed: {seen.scan.reason}"
        )
        Occurrence.objects.create(
            schedule=seen.schedule,
            cause=Cause.PUSH,
            subject=seen.repository_id,
            due_at=now,
            done_at=now,
            outcome=problem[:500],
            failed=True,
        )
    telling.say(seen.schedule, [problem])
