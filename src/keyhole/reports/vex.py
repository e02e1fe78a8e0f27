"""Decisions that somebody else made about vulnerabilities, taken over from an OpenVEX document.

Standard: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, 0.2.0. Of its four words only `not_affected` says
that nothing is to be done, and only that becomes a decision: a false positive, for the package and the vulnerability
under all its ids. `affected` and `under_investigation` hide nothing, and what is `fixed` the next scan sees by itself.

A statement about a package without a version becomes a decision about the package, also for what is found later. One
about a version is about that version: it covers the findings there are of it now, and ends for those that a scan sees
in another version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.core.escaping import escape
from keyhole.findings import services as findings
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.models import Decision, Problem
from keyhole.inventory.models import Library
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed
from keyhole.scanners.dependencies.purl import ELSEWHERE, named

LARGEST = 10 << 20
"""Bytes of a document."""
MOST_STATEMENTS = 10_000
_CONTEXT = "https://openvex.dev/ns"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a document."""

    decisions: tuple[Decision, ...]
    left_out: tuple[str, ...]
    """What was not taken over, and why, in the order of the document."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One vulnerability and one product of a statement."""

    ids: tuple[str, ...]
    product: str
    status: str
    reason: str


def take_in(caller: Caller, document: bytes) -> Taken:
    """Make the decisions of a document. None at all if it is not OpenVEX: InvalidInput then names what is wrong."""
    statements = list(read(document))
    made: list[Decision] = []
    left_out: list[str] = []
    with transaction.atomic():
        for statement in statements:
            try:
                spec = _spec(statement)
            except _LeftOut as why:
                left_out.append(f"{', '.join(statement.ids)} in {statement.product}: {why}")
            else:
                made.append(findings.decide(caller, spec))
    return Taken(tuple(made), tuple(left_out))


class _LeftOut(Exception):
    """A statement that makes no decision; the message says why."""


def _spec(statement: Statement) -> DecisionSpec:
    if statement.status != "not_affected":
        raise _LeftOut(f"“{statement.status}” hides nothing")
    if not statement.reason:
        raise _LeftOut("it gives no reason")
    ecosystem, name, version = _package(statement.product)
    spec = DecisionSpec(kind="false_positive", reason=statement.reason)
    if not version:
        return replace(spec, scope="package", ecosystem=ecosystem, package=name, ids=statement.ids)
    about = Problem.objects.filter(
        ecosystem=ecosystem, package=name, version=version, advisory_ids__text__in=statement.ids
    )
    # A finding is about all versions of the package that a repository uses, and shows the oldest.
    others = Library.objects.filter(
        stock__repository=OuterRef("repository"), ecosystem=ecosystem, key=name
    ).exclude(version=version)
    numbers = tuple(about.exclude(Exists(others)).values_list("pk", flat=True).distinct())
    if not numbers:
        raise _LeftOut(
            "the finding is about other versions, too" if about else "nothing was found about that version"
        )
    return replace(spec, problems=numbers, version=version)


def _package(product: str) -> tuple[str, str, str]:
    try:
        ecosystem, name, version = named(product)
    except Malformed:
        raise _LeftOut("the product is no package URL") from None
    if ecosystem == ELSEWHERE:
        raise _LeftOut("the product is of an ecosystem of which no advisories are kept")
    return ecosystem, normal(ecosystem, name), version


def read(document: bytes) -> Iterator[Statement]:
    """The statements of a document, one for each product. InvalidInput, naming what is wrong, if it is not OpenVEX."""
    if len(document) > LARGEST:
        raise _wrong(f"it has more than {LARGEST:,} bytes")
    try:
        told = json.loads(document)
    except (ValueError, RecursionError):
        raise _wrong("it is not JSON") from None
    if not isinstance(told, dict) or not str(told.get("@context", "")).startswith(_CONTEXT):
        raise _wrong("its @context is not that of OpenVEX")
    statements = told.get("statements")
    if not isinstance(statements, list) or len(statements) > MOST_STATEMENTS:
        raise _wrong(f"it has no list of at most {MOST_STATEMENTS:,} statements")
    for number, statement in enumerate(statements, 1):
        yield from _statements(statement, f"statement {number}")


def _statements(statement: Any, where: str) -> Iterator[Statement]:
    if not isinstance(statement, dict) or not isinstance(statement.get("status"), str):
        raise _wrong(f"{where} has no status")
    ids = _ids(statement.get("vulnerability"), where)
    words = [statement.get("justification"), statement.get("impact_statement"), statement.get("status_notes")]
    reason = ". ".join(_plain(text) for text in words if isinstance(text, str) and text.strip())
    products = statement.get("products")
    if not isinstance(products, list) or not products:
        raise _wrong(f"{where} has no products")
    for product in products:
        inner = product.get("subcomponents") if isinstance(product, dict) else None
        # A product may be a whole image: the statement is then about what is named inside it.
        for each in inner if isinstance(inner, list) and inner else [product]:
            yield Statement(ids, _product(each, where), _plain(statement["status"])[:40], reason[:1000])


def _ids(vulnerability: Any, where: str) -> tuple[str, ...]:
    told = vulnerability if isinstance(vulnerability, dict) else {"name": vulnerability}
    aliases = told.get("aliases") or []
    ids = [told.get("name"), *aliases] if isinstance(aliases, list) else []
    if not ids or not all(isinstance(each, str) and 0 < len(each) <= 100 for each in ids):
        raise _wrong(f"{where} does not name its vulnerability")
    return tuple(dict.fromkeys(map(_plain, ids)))


def _product(product: Any, where: str) -> str:
    told = product if isinstance(product, dict) else {"@id": product}
    identifiers = told.get("identifiers")
    purl = identifiers.get("purl") if isinstance(identifiers, dict) else None
    name = purl or told.get("@id")
    if not isinstance(name, str) or not 0 < len(name) <= 600:
        raise _wrong(f"{where} has a product without a name")
    return _plain(name)


def _plain(text: str) -> str:
    return escape(" ".join(text.split()).encode("utf-8", "replace"))


def _wrong(why: str) -> InvalidInput:
    return InvalidInput(f"This is no OpenVEX document: {why}.", field="document")
