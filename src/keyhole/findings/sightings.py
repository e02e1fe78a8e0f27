"""Which branches and tags have a finding: what one of them lost, another may still have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from keyhole.core.errors import InvalidInput
from keyhole.core.terms import Kind
from keyhole.findings.inserting import insert
from keyhole.findings.models import Problem, Sighting
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


def branch_of(scan: Scan) -> str:
    """The branch or tag whose commit was looked at: without one that is asked for, the branch that HEAD named.

    Empty where HEAD named a commit, and for what came in a file, of which nobody knows.
    """
    if scan.ref or scan.imported:
        return scan.ref
    known = scan.evidence.get("branch")
    return refs.head_ref(scan.repository.git_dir) if known is None else str(known)


def note(this: Round) -> None:
    """Notes for the ref that was scanned what is there and, if the scan was complete, what is not."""
    change = {"since_scan": this.scan, "since_at": this.at}
    look = {"last_scan": this.scan, "last_at": this.at}
    for ref, found in _by_ref(this):
        known = _of(this).filter(ref=ref)
        held = {number: (problem, there) for number, problem, there in known.values_list(*_COLUMNS)}
        here = {number for number, (problem, _) in held.items() if problem in found}
        _update((number for number in here if not held[number][1]), present=True, **change)
        _update(here, **look)
        missing = sorted(found.difference(problem for problem, _ in held.values()))
        new = {"ref": ref, "present": True, **change, **look}
        insert(Sighting, ("problem",), ((number,) for number in missing), new)
    if this.complete:
        _update(_absent(this), present=False, **change, **look)


IN_HISTORY = {"kind": Kind.SECRET, "scanner": "secrets"}
"""Secrets are looked for in history, all else in one commit."""


def _by_ref(this: Round) -> list[tuple[str, frozenset[int]]]:
    """What was found, by what has it: the history that was read, or the branch whose commit was looked at."""
    if this.branch == this.scan.ref:
        return [(this.branch, this.found)]
    rows = Problem.objects.filter(repository=this.scan.repository_id, **IN_HISTORY)
    in_history = this.found.intersection(rows.order_by().values_list("pk", flat=True))
    return [(this.scan.ref, in_history), (this.branch, this.found - in_history)]


_COLUMNS = ("pk", "problem", "present")


def _of(this: Round) -> QuerySet[Sighting]:
    return Sighting.objects.filter(problem__repository=this.scan.repository_id).order_by()


def _absent(this: Round) -> list[int]:
    in_history = Q(**{f"problem__{name}": value for name, value in IN_HISTORY.items()})
    # Of no branch is also what was seen while HEAD named none.
    which = Q(ref=this.scan.ref) | (Q(ref=this.branch) & ~in_history)
    if not this.scan.ref:
        which |= in_history | Q(ref__in=sorted(this.gone))  # the whole history has every ref's
    # One that a later scan saw, which ended before this one did, stays.
    theirs = _of(this).filter(problem__scanner__in=list(this.scan.scanners))
    rows = theirs.filter(which, present=True).exclude(last_scan__gt=this.scan.pk)
    return [number for number, problem, _ in rows.values_list(*_COLUMNS) if problem not in this.found]


def _update(numbers: Iterable[int], **values: Any) -> None:
    for part in in_parts(numbers):
        Sighting.objects.filter(pk__in=part).update(**values)
