"""Which branches and tags have a finding: what one of them lost, another may still have."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from keyhole.core.errors import InvalidInput
from keyhole.core.finding import Kind
from keyhole.findings.models import Sighting
from keyhole.findings.rounds import Round
from keyhole.scans import refs
from keyhole.scans.models import Scan

_BATCH = 2000
_ALL_REFS = 1_000_000


def gone_refs(scan: Scan) -> frozenset[str]:
    """Branches and tags that had findings and are no more; none when that cannot be told."""
    held = Sighting.objects.filter(problem__repository=scan.repository_id, present=True).exclude(ref="")
    known = set(held.order_by().values_list("ref", flat=True).distinct())
    if not known:
        return frozenset()
    try:
        return frozenset(known.difference(refs.names(scan.repository.git_dir, _ALL_REFS)))
    except InvalidInput:
        return frozenset()


def note(this: Round) -> None:
    """Notes for the ref that was scanned what is there and, if the scan was complete, what is not."""
    here = Sighting.objects.filter(problem__in=this.found(), ref=this.scan.ref)
    here.filter(present=False).update(present=True, since_scan=this.scan, since_at=this.at)
    here.update(last_scan=this.scan, last_at=this.at)
    missing = this.found().exclude(sightings__ref=this.scan.ref)
    numbers = list(missing.order_by().values_list("pk", flat=True))
    Sighting.objects.bulk_create(
        [
            Sighting(
                problem_id=number,
                ref=this.scan.ref,
                present=True,
                since_scan=this.scan,
                last_scan=this.scan,
                since_at=this.at,
                last_at=this.at,
            )
            for number in numbers
        ],
        batch_size=_BATCH,
    )
    if this.complete:
        _absent(this).update(
            present=False, since_scan=this.scan, since_at=this.at, last_scan=this.scan, last_at=this.at
        )


def _absent(this: Round) -> QuerySet[Sighting]:
    lost = this.problems().exclude(pk__in=this.found().values("pk"))
    which = Q(ref=this.scan.ref)
    if not this.scan.ref:
        # The whole history has every ref's, for secrets: they are looked for in history, all else in one commit.
        which |= Q(problem__kind=Kind.SECRET, problem__scanner="secrets") | Q(ref__in=sorted(this.gone))
    # One that a later scan saw, which ended before this one did, stays.
    return Sighting.objects.filter(which, problem__in=lost, present=True).exclude(last_scan__gt=this.scan.pk)
