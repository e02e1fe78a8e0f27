"""Decisions about a folder or a file: they end for a finding that is somewhere else, too, by now."""

from __future__ import annotations

from keyhole.findings import covering
from keyhole.findings.history import happened
from keyhole.findings.models import Decision, Happened, Problem, Scope, Status
from keyhole.findings.rounds import Round, in_parts

_SHOWN = 100
"""Characters of a path that a note has."""


def let_go(this: Round) -> frozenset[int]:
    """Has no such decision cover what the scan found elsewhere. It is open again, unless another decision covers it.

    Returns the same as `covering.cover`.
    """
    places: set[int] = set()
    about = covering.live().filter(scope=Scope.REPOSITORY, repository=this.scan.repository_id)
    for decision in about.exclude(path="").order_by("pk"):
        inside = covering.in_repository(this.scan.repository_id, decision.rule, decision.path)
        outside = Problem.objects.filter(decision=decision).exclude(pk__in=inside.values("pk"))
        numbers = set(outside.order_by().values_list("pk", flat=True)) & this.found
        if numbers:
            places |= _open(this, numbers, decision)
    return frozenset(places)


def _open(this: Round, numbers: set[int], decision: Decision) -> set[int]:
    note = f"It was about {decision.path[:_SHOWN]} only, and the finding is outside of it now."
    happened(Happened.LEFT, sorted(numbers), this.at, scan=this.scan, decision=decision, note=note)
    places: set[int] = set()
    for part in in_parts(numbers):
        rows = Problem.objects.filter(pk__in=part)
        rows.update(decided="", decision=None)
        places |= covering.cover(rows, this.at)
        rows.filter(decided="", status__in=(Status.NEW, Status.OPEN)).update(status=Status.REOPENED)
    return places
