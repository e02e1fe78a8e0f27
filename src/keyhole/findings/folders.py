"""Decisions about a folder or a file: they end for a finding that is somewhere else, too, by now."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat, Left, Length
from django.db.models.lookups import Exact

from keyhole.findings import covering
from keyhole.findings.history import happened
from keyhole.findings.models import Decision, Happened, Problem, Scope, Status
from keyhole.findings.rounds import Round, in_parts
from keyhole.scans.models import Scan

_SHOWN = 100
"""Characters of a path that a note has."""


def inside(within: str, path: str) -> Q:
    """That what lies `within` lies in the folder, or is the file, at `path`; both are names of fields."""
    # Not `startswith`: SQLite takes that for a match whatever the case of its letters.
    folder = Concat(F(path), Value("/"))
    return Q(**{within: F(path)}) | Q(Exact(Left(F(within), Length(folder)), folder))


def outside() -> QuerySet[Problem]:
    """What such decisions cover although it is somewhere else, too: rows of before they were held to their folder."""
    about = Problem.objects.filter(decision__scope=Scope.REPOSITORY, decision__ended_at=None)
    about = about.exclude(decision__path="").exclude(status=Status.FIXED)
    return about.exclude(inside("within", "decision__path"))


def let_go(this: Round) -> frozenset[int]:
    """Has no such decision cover what the scan found elsewhere. It is open again, unless another decision covers it.

    Returns the same as `covering.cover`.
    """
    places: set[int] = set()
    about = covering.live().filter(scope=Scope.REPOSITORY, repository=this.scan.repository_id)
    for decision in about.exclude(path="").order_by("pk"):
        within = covering.in_repository(this.scan.repository_id, decision.rule, decision.path)
        elsewhere = Problem.objects.filter(decision=decision).exclude(pk__in=within.values("pk"))
        numbers = set(elsewhere.order_by().values_list("pk", flat=True)) & this.found
        if numbers:
            places |= open_again(numbers, decision, this.at, this.scan)
    return frozenset(places)


def open_again(numbers: set[int], decision: Decision, at: datetime, scan: Scan | None) -> set[int]:
    """Takes the decision from these findings. Returns the same as `covering.cover`."""
    note = f"It was about {decision.path[:_SHOWN]} only, and the finding is outside of it now."
    happened(Happened.LEFT, sorted(numbers), at, scan=scan, decision=decision, note=note)
    places: set[int] = set()
    for part in in_parts(numbers):
        rows = Problem.objects.filter(pk__in=part)
        rows.update(decided="", decision=None)
        places |= covering.cover(rows, at)
        rows.filter(decided="", status__in=(Status.NEW, Status.OPEN)).update(status=Status.REOPENED)
    return places
