"""Decisions that somebody else made about vulnerabilities, taken over from an OpenVEX document.

Standard: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, 0.2.0. Of its four words only `not_affected` says
that nothing is to be done, and only that becomes a decision: a false positive, for the vulnerability under all its
ids. `affected` and `under_investigation` hide nothing, and what is `fixed` the next scan sees by itself.

A statement is about its product. That is a repository here, or a subcomponent in that repository alone; or a package
by itself, and then wherever it is used. What is said about any other product, or about a package inside one, says
nothing of what is here. A statement about a version covers the findings there are of it now, and ends for those that
a scan sees in another version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from keyhole.accounts.services import require
from keyhole.core.caller import Caller
from keyhole.findings import services as findings
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.models import Decision, Problem
from keyhole.inventory.models import Library, Stock
from keyhole.reports import products
from keyhole.reports.vex_reading import LARGEST, Statement, read
from keyhole.reports.vex_standing import About, Said, Standing, names_of, remember
from keyhole.repositories.models import Repository
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed
from keyhole.scanners.dependencies.purl import ELSEWHERE, named

__all__ = ["LARGEST", "Taken", "take_in"]

_LONGEST_NAME, _LONGEST_VERSION = 300, 200


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a document."""

    decisions: tuple[Decision, ...]
    taken_back: tuple[Decision, ...]
    """Of documents that were taken in before, and which a newer statement of this one takes the place of."""
    left_out: tuple[str, ...]
    """What was not taken over, and why, in the order of the document."""


def take_in(caller: Caller, document: bytes) -> Taken:
    """Make the decisions of a document. None at all if it is not OpenVEX: InvalidInput then names what is wrong."""
    require(caller, "finding:decide")
    statements = list(read(document))
    with transaction.atomic():
        taking = _Taking(caller, statements)
        for number, statement in enumerate(statements):
            taking.take(number, statement)
        taking.end_what_is_superseded()
    return Taken(tuple(taking.made), tuple(taking.taken_back), tuple(taking.left_out))


class _LeftOut(Exception):
    """A statement that makes no decision; the message says why."""


class _Taking:
    """One document, on its way in."""

    def __init__(self, caller: Caller, statements: list[Statement]) -> None:
        self.made: list[Decision] = []
        self.taken_back: list[Decision] = []
        self.left_out: list[str] = []
        self._caller = caller
        self._said: dict[int, Said] = {}
        self._why: dict[int, str] = {}
        self._counts: list[Said] = []
        # A document says much about the same: each is looked up once.
        meant, named = cache(partial(products.meant, caller)), cache(names_of)
        for number, statement in enumerate(statements):
            try:
                about = _about(meant(statement.product), statement)
            except _LeftOut as why:
                self._why[number] = str(why)
            else:
                names = named(replace(about, version=""), statement.ids)
                self._said[number] = Said(about, names, statement.status, statement.at, number)
        self._standing = Standing(self._said.values())

    def take(self, number: int, statement: Statement) -> None:
        """Makes the decision of a statement, or says why there is none."""
        try:
            self._take(self._said.get(number), statement, self._why.get(number, ""))
        except _LeftOut as why:
            self.left_out.append(f"{statement}: {why}")

    def _take(self, said: Said | None, statement: Statement, why: str) -> None:
        newer = self._standing.superseded_by(said) if said else None
        if said and not newer and not said.hides:
            self._count(said, None)
        if statement.status != "not_affected":
            raise _LeftOut(f"“{statement.status}” hides nothing")
        if said is None:
            raise _LeftOut(why)
        if newer:
            raise _LeftOut(f"a newer statement, of {newer.at:%Y-%m-%d}, says “{newer.status}”")
        if not statement.reason:
            raise _LeftOut("it gives no reason")
        decision = findings.decide(self._caller, _spec(said.about, statement))
        self.made.append(decision)
        self._count(said, decision.pk)

    def _count(self, said: Said, decision: int | None) -> None:
        remember(said, decision)
        self._counts.append(said)

    def end_what_is_superseded(self) -> None:
        """Takes back what documents before this one decided and this one says otherwise, or again."""
        for said in self._counts:
            for each in self._standing.superseded(said):
                row = each.kept
                if row is None or row.pk is None:
                    continue
                if row.decision is not None and row.decision.ended_at is None:
                    self.taken_back.append(findings.withdraw(self._caller, row.decision.pk))
                row.delete()


def _about(found: tuple[Repository, str] | None, statement: Statement) -> About:
    if found is None:
        if statement.part:
            raise _LeftOut("it is about that product only, which is not a repository here")
        return About(None, *_package(statement.product))
    repository, version = found
    if version and not Stock.objects.filter(repository=repository, commit=version).exists():
        raise _LeftOut("it is about another version of the repository than what was scanned last")
    return About(repository.pk, *(_package(statement.part) if statement.part else ()))


def _package(product: str) -> tuple[str, str, str]:
    try:
        ecosystem, name, version = named(product)
    except Malformed:
        raise _LeftOut("it is not about a repository here, and the product is no package URL") from None
    if ecosystem == ELSEWHERE:
        raise _LeftOut("it is not about a repository here, nor an ecosystem of which advisories are kept")
    if len(name) > _LONGEST_NAME or len(version) > _LONGEST_VERSION:
        raise _LeftOut("the name or version of the package is longer than any that is kept")
    return ecosystem, normal(ecosystem, name), version


def _spec(about: About, statement: Statement) -> DecisionSpec:
    spec = DecisionSpec(kind="false_positive", reason=statement.reason)
    if about.repository is None and not about.version:
        return replace(
            spec, scope="package", ecosystem=about.ecosystem, package=about.package, ids=statement.ids
        )
    found = _found(about, statement.ids)
    # A finding is about all versions of the package that a repository uses, and shows the oldest.
    others = Library.objects.filter(
        stock__repository=OuterRef("repository"), ecosystem=about.ecosystem, key=about.package
    ).exclude(version=about.version)
    alone = found.exclude(Exists(others)) if about.version else found
    numbers = tuple(alone.values_list("pk", flat=True).distinct())
    if not numbers:
        raise _LeftOut(
            "the finding is about other versions, too"
            if found
            else f"nothing was found about that {_what(about)}"
        )
    return replace(spec, problems=numbers, version=about.version)


def _found(about: About, ids: tuple[str, ...]) -> QuerySet[Problem]:
    rows = Problem.objects.filter(advisory_ids__text__in=ids)
    if about.repository is not None:
        rows = rows.filter(repository=about.repository)
    if about.package:
        rows = rows.filter(ecosystem=about.ecosystem, package=about.package)
    return rows.filter(version=about.version) if about.version else rows


def _what(about: About) -> str:
    if about.repository is None:
        return "version"
    return f"{'version' if about.version else 'package' if about.package else 'vulnerability'} in that repository"
