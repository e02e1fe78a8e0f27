"""Which decisions hide what others are about, for any number of these at once: pages list all that are in force."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django.db.models import F, Q, QuerySet

from keyhole.findings.folders import inside
from keyhole.findings.models import AdvisoryId, Covered, Decision, DecisionId, Scope

_Pair = tuple[int, int]
"""Ids of a decision, and of one that hides something that it is about, too."""


def all_of(given: Collection[Decision]) -> dict[int, list[Decision]]:
    """For each of these decisions: those in force for what it covers, in its place, newest first."""
    by_scope: dict[str, list[Decision]] = {}
    for each in given:
        by_scope.setdefault(each.scope, []).append(each)
    found: dict[int, set[int]] = {each.pk: set() for each in given}
    for scope, pairs in _PAIRS:
        for one, other in pairs(by_scope[scope]) if scope in by_scope else ():
            if one != other:
                found[one].add(other)
    rows = Decision.objects.in_bulk({number for numbers in found.values() for number in numbers})
    return {one: [rows[number] for number in sorted(numbers, reverse=True)] for one, numbers in found.items()}


def _named(given: list[Decision]) -> Iterable[_Pair]:
    rows = Covered.objects.filter(decision__in=given).exclude(problem__decision=None)
    rows = rows.filter(Q(decision__version="") | Q(problem__version=F("decision__version")))
    return rows.values_list("decision", "problem__decision").distinct()


def _of_packages(given: list[Decision]) -> Iterator[_Pair]:
    told: dict[tuple[str, str, str], list[int]] = {}
    of = {each.pk: (each.ecosystem, each.package) for each in given}
    for number, text in DecisionId.objects.filter(decision__in=given).values_list("decision", "text"):
        told.setdefault((*of[number], text), []).append(number)
    rows = AdvisoryId.objects.exclude(problem__decision=None).filter(
        text__in=DecisionId.objects.filter(decision__in=given).values("text"),
        problem__package__in={package for _, package in of.values()},
    )
    fields = ("problem__ecosystem", "problem__package", "text", "problem__decision")
    for *which, other in rows.order_by().values_list(*fields).distinct():
        for number in told.get((which[0], which[1], which[2]), ()):
            yield number, other


def _placed(given: list[Decision]) -> Iterable[_Pair]:
    about = Decision.objects.filter(pk__in=[each.pk for each in given])
    return _in_theirs(about).order_by().values_list("pk", "repository__problems__decision").distinct()


def _in_theirs(about: QuerySet[Decision]) -> QuerySet[Decision]:
    """Decisions, each as often as there are findings of its repository that it is about and something hides."""
    same = Q(rule="") | Q(rule=F("repository__problems__rule"))
    there = Q(path="") | inside("repository__problems__within", "path")
    return about.filter(same, there, repository__problems__decision__isnull=False)


_PAIRS = ((Scope.FINDING, _named), (Scope.PACKAGE, _of_packages), (Scope.REPOSITORY, _placed))
