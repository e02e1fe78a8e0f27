"""What a scan means for the findings known before it: which are new, still there, back, or fixed.

A finding is fixed when every branch and tag that had it was scanned again, completely and by the same scanner, and
has it no more. An incomplete scan adds findings and fixes none: what it does not show, it may just not have seen.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from keyhole.findings import (
    arriving,
    covering,
    due,
    expiring,
    folders,
    merges,
    overtaking,
    sightings,
    tallies,
    versions,
)
from keyhole.findings.history import happened
from keyhole.findings.models import Happened, Problem, Settled, Sighting, Status
from keyhole.findings.rounds import Round, in_parts
from keyhole.repositories.models import Repository
from keyhole.scans.afterwards import afterwards
from keyhole.scans.models import Scan


@afterwards(order=10)
def settle_findings(scan: Scan) -> None:
    """Takes a scan into account, once however often it runs. One transaction: nobody sees half of it."""
    now, gone, branch = timezone.now(), sightings.gone_refs(scan), sightings.branch_of(scan)
    # On its own, since it writes to the audit log: nobody waits for that one while holding a repository.
    expiring.expire(now)
    with transaction.atomic():
        # Two scans of one repository are taken one after the other, whatever the database would allow.
        Repository.objects.select_for_update(no_key=True).get(pk=scan.repository_id)
        if Settled.objects.filter(scan=scan).exists():
            return
        past = overtaking.past_scanners(scan, branch)
        if not past >= set(scan.scanners):
            _take_into_account(scan, now, gone, branch, past)
        merges.note(scan)
        Settled.objects.create(scan=scan, at=now)


def _take_into_account(
    scan: Scan, now: datetime, gone: frozenset[str], branch: str, past: frozenset[str]
) -> None:
    arriving.take_in(scan, now, past)
    this = Round.of(scan, now, gone, branch, past)
    sightings.note(this)
    _change_states(this)
    due.set_dates(this)
    versions.let_go(this)
    places = folders.let_go(this)
    covering.carry(scan.repository_id)
    places |= covering.cover(Problem.objects.filter(repository=scan.repository_id), now)
    merges.merge(scan.repository_id, now, scan)
    tallies.count({scan.repository_id, *places}, now)


def _change_states(this: Round) -> None:
    for found in this.parts():
        found.filter(status=Status.NEW).exclude(first_scan=this.scan).update(status=Status.OPEN)
        back = found.filter(status=Status.FIXED)
        happened(Happened.REOPENED, back, this.at, scan=this.scan)
        back.update(status=Status.REOPENED, opened_at=this.at, fixed_at=None, due_at=None, measured_by=None)
        found.update(last_scan=this.scan, last_seen_at=this.at)
    if this.complete:
        gone = happened(Happened.FIXED, _gone(this), this.at, scan=this.scan)
        for part in in_parts(gone):
            Problem.objects.filter(pk__in=part).update(status=Status.FIXED, fixed_at=this.at)


def _gone(this: Round) -> list[int]:
    seen = Sighting.objects.filter(problem__repository=this.scan.repository_id, present=True)
    there = set(seen.order_by().values_list("problem", flat=True))
    rows = this.problems().exclude(status=Status.FIXED).order_by().values_list("pk", flat=True)
    return [number for number in rows if number not in there]
