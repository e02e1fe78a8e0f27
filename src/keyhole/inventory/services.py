"""Which libraries there are, who uses them, and what is known against them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from keyhole.accounts.services import require
from keyhole.advisories.store import holding
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput, NotFound
from keyhole.core.library import Relation
from keyhole.findings import expiring
from keyhole.findings.models import Problem
from keyhole.inventory.models import Library, Stock
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.versions import key, orders

PAGE = 100
"""Libraries of one page."""


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """What to look for; empty is everything."""

    text: str = ""
    """Part of the name, in any case."""
    ecosystem: str = ""
    relation: str = ""
    """`direct` or `transitive`."""
    use: str = ""
    """`dev` for what is only needed for developing, `run` for the rest."""
    licence: str = ""
    """Part of a licence; `none` for libraries whose file says none."""
    repository_id: int | None = None
    affected: bool = False
    """Only libraries that an open finding is about."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One library, over all repositories."""

    ecosystem: str
    key: str
    name: str
    versions: int
    repositories: int
    relation: str
    """`direct` if any repository asks for it itself, `transitive` if only other libraries do, `unknown` else."""
    dev: bool
    """Whether it is only needed for developing, everywhere."""
    licences: tuple[str, ...]
    problems: tuple[tuple[str, int], ...]
    """Open findings about it, by severity, worst first."""
    upgrade: str
    """The smallest version that ends all of them that a version ends; empty if none is known."""
    assessed: bool
    """Whether every place that names it gives a version that advisories can be compared with. If not, that nothing
    is known against it means nothing."""


def list_libraries(caller: Caller, wanted: LibraryFilter, page: int = 1) -> tuple[int, list[Listed]]:
    """How many libraries match, and one page of them, by name.

    InvalidInput, naming the field, for a choice that there is not.
    """
    require(caller, "finding:read")
    expiring.catch_up()
    rows = _matching(_spelled(wanted))
    groups = rows.order_by().values("ecosystem", "key")
    found = groups.annotate(
        shown=Min("name"),
        versions=Count("version", distinct=True),
        repositories=Count("stock__repository", distinct=True),
        direct=Count("pk", filter=Q(relation=Relation.DIRECT)),
        transitive=Count("pk", filter=Q(relation=Relation.TRANSITIVE)),
        needed=Count("pk", filter=Q(dev=False)),
        unsettled=Count("pk", filter=Q(version="")),
    ).order_by("key", "ecosystem")[(page - 1) * PAGE : page * PAGE]
    return groups.distinct().count(), _listed(list(found), rows, _problems_in(wanted))


def covered() -> frozenset[str]:
    """Ecosystems of which there are advisories."""
    return frozenset(each.ecosystem for each in holding().ecosystems)


def ecosystems(caller: Caller) -> list[tuple[str, int]]:
    """Which there are, and how many libraries of each."""
    require(caller, "finding:read")
    counted = _matching(LibraryFilter()).order_by().values_list("ecosystem")
    return sorted(counted.annotate(Count("key", distinct=True)))


def _spelled(wanted: LibraryFilter) -> LibraryFilter:
    """The same, with its choices as libraries have them; they may be given in any case."""
    used = _matching(LibraryFilter()).order_by().values_list("ecosystem", flat=True).distinct()
    return replace(
        wanted,
        ecosystem=_choice("ecosystem", wanted.ecosystem, {*orders(), *used} if wanted.ecosystem else ()),
        relation=_choice("relation", wanted.relation, Relation),
        use=_choice("use", wanted.use, ("dev", "run")),
    )


def _choice(field: str, given: str, known: Iterable[str]) -> str:
    found = next((each for each in known if each.lower() == given.lower()), "")
    if given and not found:
        raise InvalidInput(
            f"There is no {field} {given[:40]!r} here.",
            field=field,
            hint=f"There are: {', '.join(sorted(known, key=str.lower))}.",
        )
    return found


def uses(caller: Caller, ecosystem: str, key: str) -> list[Library]:
    """Every place that names the library, with its repository. NotFound if there is none."""
    require(caller, "finding:read")
    found = Library.objects.filter(ecosystem=ecosystem, key=key, stock__repository__removed_at=None)
    rows = list(
        found.select_related("stock__repository__owner").order_by(
            "stock__repository__owner__login", "stock__repository__name", "version", "path", "line"
        )
    )
    if not rows:
        raise NotFound("No repository uses such a library.", hint="It may have been upgraded away.")
    return rows


def problems(caller: Caller, ecosystem: str, key: str) -> QuerySet[Problem]:
    """Findings about the library, open ones first, worst first."""
    require(caller, "finding:read")
    expiring.catch_up()
    rows = _connected().filter(ecosystem=ecosystem, package=key, merged_into=None)
    return rows.select_related("repository__owner").order_by("-is_open", "rank", "pk")


def stocks(caller: Caller) -> QuerySet[Stock]:
    """What was looked at, when, and whether all of it was seen, by repository."""
    require(caller, "finding:read")
    rows = Stock.objects.filter(repository__removed_at=None).select_related("repository__owner", "scan")
    # Each library once, as the list has it, in however many files and versions.
    one = Concat("libraries__ecosystem", Value(" "), "libraries__key")
    once = Count(one, distinct=True, filter=Q(libraries__isnull=False))
    return rows.annotate(count=once).order_by("repository__owner__login", "repository__name", "ref")


def _connected() -> QuerySet[Problem]:
    """Findings of repositories that are connected, as their libraries are."""
    return Problem.objects.filter(repository__removed_at=None)


def _problems_in(wanted: LibraryFilter) -> QuerySet[Problem]:
    """Open findings of the repositories that are looked at: those of others say nothing of these."""
    rows = _connected().filter(is_open=True)
    return rows if wanted.repository_id is None else rows.filter(repository=wanted.repository_id)


def _matching(wanted: LibraryFilter) -> QuerySet[Library]:
    rows = Library.objects.filter(stock__repository__removed_at=None)
    if text := wanted.text.strip():
        rows = rows.filter(_called(text))
    if wanted.ecosystem:
        rows = rows.filter(ecosystem=wanted.ecosystem)
    if wanted.relation:
        rows = rows.filter(relation=wanted.relation)
    if wanted.licence:
        rows = (
            rows.filter(~Exists(_licensed()), licences="")
            if wanted.licence.lower() == "none"
            else rows.filter(licences__icontains=wanted.licence)
        )
    if wanted.repository_id is not None:
        rows = rows.filter(stock__repository=wanted.repository_id)
    if wanted.affected:
        against = _problems_in(wanted).filter(ecosystem=OuterRef("ecosystem"), package=OuterRef("key"))
        rows = rows.filter(Exists(against))
    return _used_for(wanted.use, rows)


def _called(text: str) -> Q:
    """Part of a name, as a file has it or in the normal form; also where that is not the form that was typed."""
    found = Q(key__icontains=text) | Q(name__icontains=text)
    for ecosystem in ("PyPI", "SwiftURL"):
        found |= Q(ecosystem=ecosystem, key__icontains=normal(ecosystem, text))
    return found


def _used_for(use: str, rows: QuerySet[Library]) -> QuerySet[Library]:
    """Those of the rows that are needed so. What any of them needs for running is not only for developing."""
    needed = rows.filter(dev=False)
    if use == "dev":
        return rows.filter(~Exists(needed.filter(ecosystem=OuterRef("ecosystem"), key=OuterRef("key"))))
    return needed if use else rows


def _licensed() -> QuerySet[Library]:
    """Places that say the licence of the same version: what a manifest leaves out, the lock file may say."""
    same = {name: OuterRef(name) for name in ("stock", "ecosystem", "key", "version")}
    return Library.objects.filter(**same).exclude(licences="")


def _listed(
    found: list[Mapping[str, Any]], rows: QuerySet[Library], problems: QuerySet[Problem]
) -> list[Listed]:
    names = [(each["ecosystem"], each["key"]) for each in found]
    licences = _licences(rows, names)
    against, known = _against(names, problems), covered()
    return [
        Listed(
            ecosystem=ecosystem,
            key=name,
            name=each["shown"],
            versions=each["versions"],
            repositories=each["repositories"],
            relation=_relation(each),
            dev=not each["needed"],
            licences=licences.get((ecosystem, name), ()),
            problems=tuple(against[ecosystem, name].severities.items()),
            upgrade=against[ecosystem, name].upgrade,
            assessed=ecosystem in known and not each["unsettled"],
        )
        for (ecosystem, name), each in zip(names, found, strict=True)
    ]


def _relation(counts: Mapping[str, Any]) -> str:
    if counts["direct"]:
        return Relation.DIRECT
    return Relation.TRANSITIVE if counts["transitive"] else Relation.UNKNOWN


def _licences(
    rows: QuerySet[Library], names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], set[str]] = {}
    said = rows.filter(key__in=[name for _, name in names]).exclude(licences="")
    for ecosystem, name, text in said.values_list("ecosystem", "key", "licences").distinct():
        found.setdefault((ecosystem, name), set()).add(text)
    return {name: tuple(sorted(texts)) for name, texts in found.items()}


@dataclass(slots=True)
class _Against:
    """Open findings about one library."""

    severities: dict[str, int] = field(default_factory=dict)
    upgrade: str = ""


def _against(
    names: Iterable[tuple[str, str]], problems: QuerySet[Problem]
) -> dict[tuple[str, str], _Against]:
    """What is open about each, and the version that ends all of it, as far as versions are known that do."""
    groups = (
        problems.filter(package__in=[name for _, name in names])
        .order_by("rank")
        .values_list("ecosystem", "package", "severity", "upgrade")
        .annotate(Count("pk"))
    )
    found: dict[tuple[str, str], _Against] = defaultdict(_Against)
    for ecosystem, package, severity, upgrade, number in groups:
        against = found[ecosystem, package]
        against.severities[severity] = against.severities.get(severity, 0) + number
        against.upgrade = _later(ecosystem, against.upgrade, upgrade)
    return found


def _later(ecosystem: str, one: str, other: str) -> str:
    if not one or not other:
        return one or other
    try:
        return max(one, other, key=lambda version: key(ecosystem, version))
    except ValueError:
        return one  # an advisory may name what its ecosystem cannot order
