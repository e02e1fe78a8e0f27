"""Reading an OpenVEX document: what it says of which vulnerability in which product, and when it said so.

Standard: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, 0.2.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from keyhole.core.errors import InvalidInput
from keyhole.core.escaping import escape

LARGEST = 10 << 20
"""Bytes of a document."""
MOST_STATEMENTS = 10_000
_CONTEXT = "https://openvex.dev/ns"


@dataclass(frozen=True, slots=True)
class Statement:
    """One vulnerability and one product of a statement, or one subcomponent of the product."""

    ids: tuple[str, ...]
    product: str
    part: str
    """The subcomponent of the product that it is about; empty for the product itself."""
    status: str
    reason: str
    at: datetime
    """Its own time, or else the document's, or else now."""

    def __str__(self) -> str:
        place = f"{self.part} of {self.product}" if self.part else self.product
        return f"{', '.join(self.ids)} in {place}"


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
    issued = _moment(told, "the document") or timezone.now()
    for number, statement in enumerate(statements, 1):
        yield from _statements(statement, f"statement {number}", issued)


def _moment(told: dict[str, Any], where: str) -> datetime | None:
    text = told.get("timestamp")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        # By a clock that is wrong, nothing said from now on would be newer for years.
        return min(moment, timezone.now())
    except (TypeError, ValueError, OverflowError):
        raise _wrong(f"{where} has a timestamp that is none") from None


def _statements(statement: Any, where: str, issued: datetime) -> Iterator[Statement]:
    if not isinstance(statement, dict) or not isinstance(statement.get("status"), str):
        raise _wrong(f"{where} has no status")
    ids = _ids(statement.get("vulnerability"), where)
    words = [statement.get("justification"), statement.get("impact_statement"), statement.get("status_notes")]
    reason = ". ".join(_plain(text) for text in words if isinstance(text, str) and text.strip())
    products = statement.get("products")
    if not isinstance(products, list) or not products:
        raise _wrong(f"{where} has no products")
    status, at = _plain(statement["status"])[:40], _moment(statement, where) or issued
    for product in products:
        name = _product(product, where)
        inner = product.get("subcomponents") if isinstance(product, dict) else None
        if inner is None:
            inner = statement.get("subcomponents")  # where the first versions of the format had them
        if inner is not None and not isinstance(inner, list):
            raise _wrong(f"{where} has subcomponents that are no list")
        for part in [_product(each, where) for each in inner or ()] or [""]:
            yield Statement(ids, name, part, status, reason[:1000], at)


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
