"""Which decision is in force for which finding.

The nearest wins: one about the finding itself, then one about its package's advisory, then one about its repository;
of two alike, the later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from keyhole.accounts.models import User
from keyhole.findings import twins
from keyhole.findings.history import happened
from keyhole.findings.models import (
    AdvisoryId,
    Covered,
    Decision,
    DecisionId,
    Event,
    Happened,
    Problem,
    Scope,
    Status,
)
from keyhole.findings.rounds import in_parts

_NEAREST = (Scope.FINDING, Scope.PACKAGE, Scope.REPOSITORY)
Texts = Iterable[str] | QuerySet[DecisionId, str]


def live() -> QuerySet[Decision]:
    """Decisions in force."""
    return Decision.objects.filter(ended_at=None)


def covered_by(decision: Decision) -> QuerySet[Problem]:
    """Every finding that the decision is about, whatever others say of it."""
    match decision.scope:
        case Scope.FINDING:
            named = Problem.objects.filter(pk__in=Covered.objects.filter(decision=decision).values("problem"))
            return named.filter(version=decision.version) if decision.version else named
        case Scope.PACKAGE:
            texts = DecisionId.objects.filter(decision=decision).values_list("text", flat=True)
            return about(decision.ecosystem, decision.package, texts)
        case _:
            return in_repository(decision.repository_id or 0, decision.rule, decision.path)


def about(ecosystem: str, package: str, texts: Texts) -> QuerySet[Problem]:
    """Findings about the package that share an id with the advisory, in every repository."""
    ids = AdvisoryId.objects.filter(problem=OuterRef("pk"), text__in=texts)
    return Problem.objects.filter(Exists(ids), ecosystem=ecosystem, package=package)


def in_repository(repository_id: int, rule: str, path: str) -> QuerySet[Problem]:
    """Findings of a repository, of one rule and with every place below one folder if these are given."""
    found = Problem.objects.filter(repository=repository_id)
    if rule:
        found = found.filter(rule=rule)
    if path:
        folder = f"{path.rstrip('/')}/"
        # Not `startswith`: SQLite takes that for a match whatever the case of its letters.
        below = Exact(Left("within", len(folder)), Value(folder))
        found = found.filter(Q(within=folder[:-1]) | Q(below))
    return found


def apply(decision: Decision, at: datetime, by: User | None = None) -> list[int]:
    """Puts a decision in force wherever no nearer one is; returns the ids of the findings that changed."""
    if decision.scope == Scope.PACKAGE:
        _learn_aliases(decision)
    earlier = Q(decision__scope=decision.scope, decision__lt=decision.pk)
    rows = covered_by(decision).filter(Q(decided="") | _farther(Scope(decision.scope)) | earlier)
    if decision.scope != Scope.FINDING:
        rows = rows.exclude(status=Status.FIXED)
    numbers = happened(Happened.DECIDED, rows, at, decision=decision, by=by)
    if numbers:
        rows.update(decided=decision.kind, decision=decision)
    return numbers


def replaceable(scope: Scope) -> Q:
    """Of findings that are decided about: those that a new decision of this scope is in force for in its place."""
    return _farther(scope) | Q(decision__scope=scope)


def _farther(scope: Scope) -> Q:
    return Q(decision__scope__in=_NEAREST[_NEAREST.index(scope) + 1 :])


class Released(NamedTuple):
    """What the end of a decision changed."""

    numbers: list[int]
    """Ids of the findings that it was in force for."""
    places: frozenset[int]
    """Repositories in which anything changed, by what came in its place, too."""


def release(decision: Decision, what: Happened, at: datetime, by: User | None = None) -> Released:
    """Takes an ended decision away, and puts others in force where they cover the same."""
    rows = Problem.objects.filter(decision=decision)
    places = frozenset(rows.order_by().values_list("repository", flat=True).distinct())
    numbers = happened(what, rows, at, decision=decision, by=by)
    if not numbers:
        return Released([], frozenset())
    rows.update(decided="", decision=None)
    theirs = covered_by(decision)
    places |= cover(theirs, at)
    if what is Happened.EXPIRED:
        theirs.filter(decided="", status__in=(Status.NEW, Status.OPEN)).update(status=Status.REOPENED)
    return Released(numbers, places)


def cover(problems: QuerySet[Problem], at: datetime) -> frozenset[int]:
    """Puts decisions that are in force over those of the findings that none covers yet.

    Returns in which repositories that changed anything: what is decided everywhere learns of aliases here, and may
    cover more in others.
    """
    waiting = problems.filter(decided="").exclude(status=Status.FIXED)
    places: set[int] = set()
    for decision in _concerning(waiting):
        for part in in_parts(apply(decision, at)):
            rows = Problem.objects.filter(pk__in=part).order_by()
            places.update(rows.values_list("repository", flat=True).distinct())
    return frozenset(places)


def carry(repository_id: int) -> None:
    """Has decisions about single findings cover the same secret, or the same advisory, under a new id.

    A better rule, or an advisory that got a CVE, makes another finding of the same thing: the decision holds for it.
    """
    for decision, numbers in twins.of_decided(repository_id).items():
        Covered.objects.bulk_create(
            [Covered(decision_id=decision, problem_id=number) for number in numbers], ignore_conflicts=True
        )


def uncarry(row: Problem, others: Collection[int], at: datetime, by: User) -> list[int]:
    """Takes away what was carried between a finding and others that are not the same: only those of them that somebody
    named keep their decision. Returns the ids of the findings that lost it.
    """
    decision = row.decision
    if decision is None or decision.scope != Scope.FINDING:
        return []
    told = Event.objects.filter(what=Happened.DECIDED, decision=decision, problem__in=[row.pk, *others])
    named = set(told.exclude(by=None).values_list("problem", flat=True))
    covered = Covered.objects.filter(decision=decision)
    alike = set(covered.filter(problem__in=others).values_list("problem", flat=True))
    lost = (alike if row.pk in named else {row.pk} if alike else set()) - named
    covered.filter(problem__in=lost).delete()
    rows = Problem.objects.filter(pk__in=lost, decision=decision)
    note = "It was about another finding, and this one is not the same."
    numbers = happened(Happened.WITHDRAWN, rows, at, decision=decision, by=by, note=note)
    rows.update(decided="", decision=None)
    return numbers


def _concerning(problems: QuerySet[Problem]) -> list[Decision]:
    """Decisions in force that may be about some of these, nearest first."""
    pairs = set(problems.exclude(package="").order_by().values_list("ecosystem", "package").distinct())
    single = live().filter(
        scope=Scope.FINDING, pk__in=Covered.objects.filter(problem__in=problems).values("decision")
    )
    packages = live().filter(scope=Scope.PACKAGE) if pairs else live().none()
    places = problems.order_by().values("repository").distinct()
    return [
        *single,
        *(each for each in packages if (each.ecosystem, each.package) in pairs),
        *live().filter(scope=Scope.REPOSITORY, repository__in=places),
    ]


def known_as(ecosystem: str, package: str, ids: Iterable[str]) -> frozenset[str]:
    """These ids, and those that findings know for the same advisory of the package, however indirectly."""
    known = set(ids)
    while True:
        theirs = AdvisoryId.objects.filter(problem__in=about(ecosystem, package, known))
        more = set(theirs.order_by().values_list("text", flat=True).distinct()) - known
        if not more:
            return frozenset(known)
        known |= more


def _learn_aliases(decision: Decision) -> None:
    known = set(decision.ids.values_list("text", flat=True))
    more = known_as(decision.ecosystem, decision.package, known) - known
    DecisionId.objects.bulk_create(
        [DecisionId(decision=decision, text=text) for text in sorted(more)], ignore_conflicts=True
    )
