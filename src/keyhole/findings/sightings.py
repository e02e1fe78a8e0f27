"""Which branches and tags have a finding: what one of them lost, another may still have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from keyhole.core.errors import InvalidInput
from keyhole.core.finding import Kind
from keyhole.findings.inserting import insert
from keyhole.findings.models import Sighting
from keyhole.findings.rounds import Round, in_parts
from keyhole.scans import refs
from keyhole.scans.models import Scan

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


def same_refs(scan: Scan) -> frozenset[str]:
    """What else the scanned commit is called: a scan of no branch looks at the one that HEAD names."""
    head = refs.head_ref(scan.repository.git_dir)
    return frozenset({"", head}) if head and scan.ref in ("", head) else frozenset({scan.ref})


def note(this: Round) -> None:
    """Notes for the ref that was scanned what is there and, if the scan was complete, what is not."""
    change = {"since_scan": this.scan, "since_at": this.at}
    look = {"last_scan": this.scan, "last_at": this.at}
    known = _of(this).filter(ref=this.scan.ref)
    held = {number: (problem, there) for number, problem, there in known.values_list(*_COLUMNS)}
    here = {number for number, (problem, _) in held.items() if problem in this.found}
    _update((number for number in here if not held[number][1]), present=True, **change)
    _update(here, **look)
    missing = sorted(this.found.difference(problem for problem, _ in held.values()))
    new = {"ref": this.scan.ref, "present": True, **change, **look}
    insert(Sighting, ("problem",), ((number,) for number in missing), new)
    if this.complete:
        _update(_absent(this), present=False, **change, **look)


_COLUMNS = ("pk", "problem", "present")


def _of(this: Round) -> QuerySet[Sighting]:
    return Sighting.objects.filter(problem__repository=this.scan.repository_id).order_by()


def _absent(this: Round) -> list[int]:
    # Secrets are looked for in history, all else in one commit.
    in_history = Q(problem__kind=Kind.SECRET, problem__scanner="secrets")
    which = Q(ref=this.scan.ref) | (Q(ref__in=sorted(this.same)) & ~in_history)
    if not this.scan.ref:
        which |= in_history | Q(ref__in=sorted(this.gone))  # the whole history has every ref's
    # One that a later scan saw, which ended before this one did, stays.
    theirs = _of(this).filter(problem__scanner__in=list(this.scan.scanners))
    rows = theirs.filter(which, present=True).exclude(last_scan__gt=this.scan.pk)
    return [number for number, problem, _ in rows.values_list(*_COLUMNS) if problem not in this.found]


def _update(numbers: Iterable[int], **values: Any) -> None:
    for part in in_parts(numbers):
        Sighting.objects.filter(pk__in=part).update(**values)
