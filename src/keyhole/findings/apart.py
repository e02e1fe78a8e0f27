"""Parting findings that were merged although they are not the same, and taking that back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict
from keyhole.findings import covering, merges, services, tallies
from keyhole.findings.history import happened
from keyhole.findings.models import Apart, Happened, Problem


def unmerge(caller: Caller, number: int) -> Problem:
    """Show a merged finding for itself, now and after every scan to come. NotFound; Conflict if it is not merged."""
    user = require(caller, "finding:decide")
    row = services.get(caller, number)
    if row.merged_into is None:
        raise Conflict("This finding is not merged into another one.")
    now = timezone.now()
    with transaction.atomic():
        shown = row.merged_into
        others = [shown.pk, *shown.merged.exclude(pk=row.pk).values_list("pk", flat=True)]
        Apart.objects.bulk_create(
            [Apart(one_id=min(row.pk, other), other_id=max(row.pk, other)) for other in others],
            ignore_conflicts=True,
        )
        Problem.objects.filter(pk=row.pk).update(merged_into=None, merge_reason="")
        note = f"It is not the same as finding {shown.pk}."
        happened(Happened.UNMERGED, [row.pk], now, by=user, note=note)
        places = _part_decisions(row, others, now, user)
        merges.merge(row.repository_id, now)
        tallies.count({row.repository_id, *places}, now)
        _record(caller, "finding:unmerge", row)
    return services.get(caller, number)


def _part_decisions(row: Problem, others: list[int], at: datetime, by: User) -> frozenset[int]:
    """Has no decision about single findings hold for it only because it held for others, nor the other way round."""
    open_again = covering.uncarry(row, others, at, by)
    covering.carry(row.repository_id)  # what is the same as yet another one stays decided
    return covering.cover(Problem.objects.filter(pk__in=open_again), at)


def merge_again(caller: Caller, number: int) -> Problem:
    """Take back that a finding was parted from others. NotFound; Conflict if it was not."""
    require(caller, "finding:decide")
    row = services.get(caller, number)
    now = timezone.now()
    with transaction.atomic():
        if not parted(row).delete()[0]:
            raise Conflict("This finding was not parted from another one.")
        merges.merge(row.repository_id, now)
        tallies.count([row.repository_id], now)
        _record(caller, "finding:merge", row)
    return services.get(caller, number)


def parted(row: Problem) -> QuerySet[Apart]:
    """That somebody said it is not the same as others."""
    return Apart.objects.filter(one=row) | Apart.objects.filter(other=row)


def _record(caller: Caller, action: str, row: Problem) -> None:
    append(
        Draft(
            action=action,
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={
                "finding_id": row.pk,
                "rule": row.rule,
                "repository": row.repository.full_name,
                "repository_id": row.repository_id,
            },
        )
    )
