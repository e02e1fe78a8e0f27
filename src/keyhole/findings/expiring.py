"""Decisions that end by themselves: a durable job for each, and the same at every scan.

What has expired is found in the rows: whichever worker is alive ends it, and a day on which none was costs nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller, Via
from keyhole.findings import covering, tallies
from keyhole.findings.models import Decision, Happened
from keyhole.jobs import job, step

log = logging.getLogger(__name__)

KIND = "decision-expiry"


def _expired(at: datetime) -> QuerySet[Decision]:
    return covering.live().filter(expires_at__lte=at).order_by("pk")


def _due() -> Iterable[int]:
    return _expired(timezone.now()).values_list("pk", flat=True)


def _failed(row: int, reason: str) -> None:
    log.error("decision %d could not be ended: %s", row, reason)


@job(KIND, unfinished=_due, failed=_failed)
def expire_decision(row: int) -> None:
    """Ends one."""
    end_expired(row)


@step
def end_expired(row: int) -> None:
    """Ends the decision if it has expired and nobody has ended it yet."""
    now = timezone.now()
    with transaction.atomic():
        for decision in covering.live().select_for_update().filter(pk=row, expires_at__lte=now):
            _end(decision, now)


def expire(at: datetime) -> None:
    """Ends all that have expired by then, each in a transaction of its own."""
    for decision in list(_expired(at)):
        with transaction.atomic():
            _end(decision, at)


def catch_up() -> None:
    """Ends what has expired by now. For whoever looks: the workers come a little later, or none is alive."""
    try:
        expire(timezone.now())
    except DatabaseError:
        # Nothing can be written, as on a full disk. Pages go on telling what is there.
        log.exception("what has expired could not be ended")


def _end(decision: Decision, at: datetime) -> None:
    if not covering.live().filter(pk=decision.pk).update(ended_at=at):
        return
    released = covering.release(decision, Happened.EXPIRED, at)
    tallies.count({*tallies.repositories_of(decision), *released.places}, at)
    append(
        Draft(
            action="finding:expire",
            outcome=ALLOWED,
            actor=Caller(None, f"decision {decision.pk}", Via.JOB).as_actor(),
            subject={"decision_id": decision.pk, "kind": decision.kind, "findings": len(released.numbers)},
        )
    )
