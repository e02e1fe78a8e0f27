"""Finding findings: what is looked for, as a query that the indexes answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from keyhole.core.terms import Severity
from keyhole.findings.models import AdvisoryId, Decided, Problem, Status
from keyhole.repositories.models import Repository
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed
from keyhole.scanners.dependencies.purl import ELSEWHERE, named

_RANKS = {severity.value: rank for rank, severity in enumerate(Severity)}
SOON = timedelta(days=7)
"""How near a date is that counts as due soon."""


class Show(StrEnum):
    """Which part of their life findings are in."""

    OPEN = "open"
    """Not fixed, and nobody decided about them."""
    FIXED = "fixed"
    ACCEPTED = "accepted"
    FALSE_POSITIVE = "false_positive"
    ALL = "all"


class Due(StrEnum):
    """How their date lies."""

    ANY = ""
    OVERDUE = "overdue"
    SOON = "soon"
    SET = "set"
    NONE = "none"


class Order(StrEnum):
    """What comes first."""

    SEVERITY = "severity"
    NEWEST = "newest"
    DUE = "due"
    EPSS = "epss"


@dataclass(frozen=True, slots=True)
class ProblemFilter:
    """What is looked for; an empty field asks for nothing."""

    show: Show = Show.OPEN
    severity: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    scanner: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    """`new`, `open`, `reopened`, `fixed`."""
    decided: tuple[str, ...] = ()
    """`accepted`, `false_positive`; for those whatever `show` says, ask it for all."""
    repository: tuple[int, ...] = ()
    """Ids; empty is every repository. Of those that are connected, in any case."""
    rule: str = ""
    package: str = ""
    """Name of a package in any spelling of it, or a package URL with or without its version."""
    advisory: str = ""
    """Any id of an advisory."""
    path: str = ""
    """Text that the path has in it."""
    due: Due = Due.ANY
    kev: bool = False
    """Only what is known to be exploited."""
    epss: float = 0.0
    """Only what is exploited with at least this probability, 0 to 1."""
    since: datetime | None = None
    """Only what was first seen then or later."""
    text: str = ""
    """Words that each must be in title, rule, path or package."""
    order: Order = Order.SEVERITY
    merged: bool = False
    """Also those that another one is shown for."""


def matching(wanted: ProblemFilter) -> QuerySet[Problem]:
    """What is looked for, without order."""
    rows = _shown(wanted).order_by()
    if wanted.severity:
        # By rank, which the index that gives the order begins with.
        rows = rows.filter(rank__in=[_RANKS[each] for each in wanted.severity if each in _RANKS])
    for name in ("kind", "scanner", "status", "decided", "repository"):
        if values := getattr(wanted, name):
            rows = rows.filter(**{f"{name}__in": values})
    # Ids and no subquery: there are few, mostly none, and the index is then read without one.
    gone = list(Repository.objects.filter(removed_at__isnull=False).values_list("pk", flat=True))
    rows = rows.exclude(repository__in=gone) if gone else rows
    if wanted.rule:
        rows = rows.filter(rule=wanted.rule)
    if wanted.path:
        rows = rows.filter(path__icontains=wanted.path)
    if wanted.since:
        rows = rows.filter(first_seen_at__gte=wanted.since)
    for word in wanted.text.split()[:8]:
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(rule__icontains=word)
            | Q(path__icontains=word)
            | Q(package__icontains=word)
        )
    return _of_packages(_by_date(rows, wanted.due), wanted)


def ordered(rows: QuerySet[Problem], order: Order) -> QuerySet[Problem]:
    """The same in this order, which the id makes definite."""
    match order:
        case Order.NEWEST:
            return rows.order_by("-id")
        case Order.DUE:
            return rows.order_by(F("due_at").asc(nulls_last=True), "rank", "-id")
        case Order.EPSS:
            return rows.order_by("-kev", "-epss", "rank", "-id")
        case _:
            return rows.order_by("rank", "-id")


def _shown(wanted: ProblemFilter) -> QuerySet[Problem]:
    if wanted.show is Show.OPEN and not wanted.merged:
        return Problem.objects.filter(is_open=True)
    rows = Problem.objects.all() if wanted.merged else Problem.objects.filter(merged_into=None)
    match wanted.show:
        case Show.OPEN:
            return rows.filter(decided=Decided.NOTHING).exclude(status=Status.FIXED)
        case Show.FIXED:
            return rows.filter(status=Status.FIXED)
        case Show.ACCEPTED:
            return rows.filter(decided=Decided.ACCEPTED)
        case Show.FALSE_POSITIVE:
            return rows.filter(decided=Decided.FALSE_POSITIVE)
        case _:
            return rows


def _by_date(rows: QuerySet[Problem], due: Due) -> QuerySet[Problem]:
    now = timezone.now()
    match due:
        case Due.OVERDUE:
            return rows.filter(due_at__lt=now)
        case Due.SOON:
            return rows.filter(due_at__gte=now, due_at__lt=now + SOON)
        case Due.SET:
            return rows.filter(due_at__isnull=False)
        case Due.NONE:
            return rows.filter(due_at=None)
        case _:
            return rows


def _of_packages(rows: QuerySet[Problem], wanted: ProblemFilter) -> QuerySet[Problem]:
    if wanted.package:
        rows = rows.filter(
            _named_by(wanted.package) if wanted.package.startswith("pkg:") else _called(wanted.package)
        )
    if wanted.advisory:
        rows = rows.filter(
            pk__in=AdvisoryId.objects.filter(text__in=_spellings(wanted.advisory)).values("problem")
        )
    if wanted.kev:
        rows = rows.filter(kev=True)
    if wanted.epss > 0:
        rows = rows.filter(epss__gte=wanted.epss)
    return rows


def _called(name: str) -> Q:
    """A name as files and people write it. PyPI alone takes several names for one, so it is asked by its own rule."""
    others = {name, name.lower(), normal("SwiftURL", name)}
    asked, pypi = Q(package__in=others), normal("PyPI", name)
    return asked if pypi in others else asked | Q(package=pypi, ecosystem="PyPI")


def _named_by(purl: str) -> Q:
    """What a package URL names. A row has the first version of a finding, and its detail the others."""
    try:
        ecosystem, name, version = named(purl)
    except Malformed:
        ecosystem, name, version = ELSEWHERE, "", ""
    if ecosystem == ELSEWHERE:
        return Q(purl=purl) | Q(purl__startswith=f"{purl}@")
    package = Q(ecosystem=ecosystem, package=normal(ecosystem, name)[:300])
    if not version:
        return package
    others = Q(detail__data__package__0__others__icontains=json.dumps(version, ensure_ascii=False))
    return package & (Q(version=version[:200]) | others)


def _spellings(advisory: str) -> set[str]:
    """An id as it was typed, and as databases write it: `CVE-2026-1`, `GHSA-xxxx-xxxx-xxxx`."""
    prefix, dash, rest = advisory.partition("-")
    return {advisory, advisory.upper(), f"{prefix.upper()}{dash}{rest.lower()}"}
