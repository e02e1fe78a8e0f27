"""Findings that are about the same thing as one that somebody decided about, under another id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from keyhole.findings.models import AdvisoryId, Apart, Problem, Scope, Status

_Thing = tuple[str, ...]


def of_decided(repository_id: int) -> dict[int, list[int]]:
    """Undecided findings by the decision about a single finding that holds for them, too.

    Same is the same secret value, or the same package and advisory. What only stands on the same line is not.
    """
    rows = Problem.objects.filter(repository=repository_id)
    single = rows.filter(decision__scope=Scope.FINDING)
    decided = {number: decision for number, decision in single.values_list("pk", "decision") if decision}
    if not decided:
        return {}
    held: dict[_Thing, list[int]] = defaultdict(list)
    for number, thing in _things(single):
        held[thing].append(number)
    apart = set(Apart.objects.filter(one__repository=repository_id).values_list("one", "other"))
    found: dict[int, set[int]] = defaultdict(set)
    for number, thing in _things(rows.filter(decided="").exclude(status=Status.FIXED)):
        for twin in held.get(thing, ()):
            if (min(number, twin), max(number, twin)) not in apart:
                found[decided[twin]].add(number)
    return {decision: sorted(numbers) for decision, numbers in sorted(found.items())}


def _things(rows: QuerySet[Problem]) -> Iterable[tuple[int, _Thing]]:
    alike = rows.filter(Q(marks__contains="value:")).order_by()
    for number, marks in alike.values_list("pk", "marks"):
        for mark in marks.split():
            if mark.startswith("value:"):
                yield number, (mark,)
    about = AdvisoryId.objects.filter(problem__in=rows.exclude(package=""))
    for number, *thing in about.values_list("problem", "problem__ecosystem", "problem__package", "text"):
        yield number, tuple(thing)
