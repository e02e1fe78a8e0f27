"""The audit log, newest first."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Query, Router

from keyhole.accounts.services import require
from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import MOST, Entry, Page
from keyhole.audit import models

router = Router()


@router.get("", response=Page[Entry], summary="Read the audit log")
def listing(
    request: ApiRequest,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    outcome: Literal["allowed", "denied"] | None = None,
) -> Page[Entry]:
    """100 records, those before a position when `before` says one. `total` counts what is in the log."""
    require(request.caller, "audit:read")
    rows = models.Entry.objects.order_by("-seq")
    if outcome is not None:
        rows = rows.filter(outcome=outcome)
    total = rows.count()
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return Page(total=total, items=[_shown(row) for row in rows[:MOST]])


def _shown(row: models.Entry) -> Entry:
    return Entry(
        seq=row.seq,
        id=row.id,
        at=row.at,
        action=row.action,
        outcome=row.outcome,
        actor=row.actor,
        subject=row.subject,
        hash=row.hash,
    )
