"""Opens what decisions about a folder hid outside of it before they were held to it, without waiting for a scan.

A repository that nobody scans any more would hide it for ever. Which decisions those are is found in the rows; once
they let go, there are none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from keyhole.findings import covering, folders, tallies
from keyhole.jobs import job, step
from keyhole.repositories.models import Repository

log = logging.getLogger(__name__)

KIND = "folder-decisions"


def _due() -> Iterable[int]:
    numbers = folders.outside().order_by().values_list("decision", flat=True).distinct()
    return [number for number in numbers if number is not None]


def _failed(row: int, reason: str) -> None:
    log.error("decision %d could not be held to its folder: %s", row, reason)


@job(KIND, unfinished=_due, failed=_failed)
def hold_to_folder(row: int) -> None:
    """Holds one decision to its folder."""
    let_go(row)


@step
def let_go(row: int) -> None:
    """Has the decision cover nothing outside of its folder."""
    now = timezone.now()
    with transaction.atomic():
        for decision in covering.live().filter(pk=row):
            # As a scan is taken into account: one after the other.
            Repository.objects.select_for_update(no_key=True).get(pk=decision.repository_id or 0)
            rows = folders.outside().filter(decision=decision)
            numbers = set(rows.order_by().values_list("pk", flat=True))
            if numbers:
                places = folders.open_again(numbers, decision, now, None)
                tallies.count({*places, decision.repository_id or 0}, now)
