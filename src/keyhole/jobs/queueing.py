"""Whether a row gets one more run, and which: the same rule for whoever hands a row over and for the reaper.

Rows come back: an environment is spoken of every day, a delivery that did not arrive is due again an hour later. So
what is counted is not how often a row was run, but how often in a row that changed nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from keyhole.jobs.registry import Job

if TYPE_CHECKING:
    from keyhole.jobs.durable import Ledger, Record

GIVE_UP_AFTER = 5
"""Runs of a row, one after the other, that may leave it as unfinished as before."""
AGAIN_AFTER = timedelta(hours=1)
"""When a row that was given up, and that its room could not end, is run once more: reasons pass, duties do not."""


def unfinished(job: Job, row: int) -> bool:
    """Whether there is something to do for the row now."""
    rows = job.unfinished()
    # Asked after each run: with thousands that wait, all of them would be read thousands of times.
    return rows.filter(pk=row).exists() if isinstance(rows, QuerySet) else row in set(rows)


def queue(ledger: Ledger, job: Job, row: int) -> list[Record]:
    """Queues a run of the row unless one is under way; returns the runs in vain for which it is given up, or none."""
    runs = ledger.runs(job.kind, row)
    if any(run.open for run in runs):
        return []
    if runs and not unfinished(job, row):
        return []  # it ended meanwhile
    in_vain = list(takewhile(lambda run: run.in_vain, reversed(runs)))[::-1]
    if len(in_vain) >= GIVE_UP_AFTER and datetime.now(UTC) - in_vain[-1].changed_at < AGAIN_AFTER:
        return in_vain
    ledger.enqueue(job, row, runs[-1].number + 1 if runs else 1)
    return []
