"""Forgetting the reports behind links that have ended, as a durable job: what nobody can open, nobody needs."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from keyhole.jobs import job, step
from keyhole.reports import shares
from keyhole.reports.models import Share

KIND = "report-links"
log = logging.getLogger("keyhole.reports")


def _ended() -> Iterable[int]:
    return shares.ended().order_by("pk").values_list("pk", flat=True)


def _failed(row: int, reason: str) -> None:
    log.error("the report behind the link %d could not be forgotten: %s", row, reason)


@job(KIND, unfinished=_ended, failed=_failed)
def run(row: int) -> None:
    """Forget one report."""
    forget_report(row)


@step
def forget_report(row: int) -> None:
    """Only if its link has ended; that it was there, and who opened it, stays."""
    shares.ended().filter(pk=row).update(data=Share.NOTHING)
