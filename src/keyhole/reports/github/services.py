"""What people do with what GitHub is told: look at it, and have it told again."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict
from keyhole.findings.models import Telling
from keyhole.jobs import engine
from keyhole.reports.github.job import KIND, tell
from keyhole.scans import services as scans

log = logging.getLogger("keyhole.reports")


def tellings(caller: Caller, scan_id: int) -> QuerySet[Telling]:
    """What GitHub is told of a scan. NotFound if there is no such scan."""
    return Telling.objects.filter(scan=scans.get(caller, scan_id))


def tell_here(caller: Caller, scan_id: int) -> list[Telling]:
    """Tell GitHub now, in this process, if no worker is there to do it; returns what came of it, or waits."""
    require(caller, "scan:run")
    rows = tellings(caller, scan_id)
    if not engine.somebody_works():
        for number in list(rows.filter(state=Telling.State.WAITING).values_list("pk", flat=True)):
            tell(number)
    return list(rows.all())


def tell_again(caller: Caller, scan_id: int) -> int:
    """Have GitHub told again what it was not; returns how many things that are. Conflict if there is none."""
    require(caller, "scan:run")
    scan = scans.get(caller, scan_id)
    with transaction.atomic():
        rows = list(Telling.objects.select_for_update().filter(scan=scan, state=Telling.State.FAILED))
        if not rows:
            raise Conflict("There is nothing that GitHub was not told of this scan.")
        Telling.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=Telling.State.WAITING, attempts=0, due_at=timezone.now(), said="", hint="", ended_at=None
        )
        subject = {
            "scan_id": scan.pk,
            "repository": scan.repository.full_name,
            "what": [row.what for row in rows],
        }
        append(Draft(action="github:again", outcome=ALLOWED, actor=caller.as_actor(), subject=subject))
    for row in rows:
        try:
            engine.enqueue(KIND, row.pk)
        except Exception:
            # The row says `waiting`, which is what counts: a worker finds it there, just some seconds later.
            log.exception("telling %d could not be handed to the workers at once", row.pk)
    return len(rows)
