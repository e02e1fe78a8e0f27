"""A filter over findings as it is stored, and in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.findings.filtering import Due, Order, ProblemFilter, Show
from keyhole.repositories.models import Repository

_TUPLES = frozenset({"severity", "kind", "scanner", "status", "decided", "repository"})


def stored(wanted: ProblemFilter) -> dict[str, Any]:
    """The filter as plain data: what differs from asking for nothing."""
    plain = {}
    for field in dataclasses.fields(ProblemFilter):
        value = getattr(wanted, field.name)
        if value != field.default:
            plain[field.name] = value.isoformat() if isinstance(value, datetime) else value
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def loaded(plain: Mapping[str, Any]) -> ProblemFilter:
    """The filter that `stored` wrote. InvalidInput if it is none, as after a field was renamed."""
    known = {field.name for field in dataclasses.fields(ProblemFilter)}
    try:
        if unknown := set(plain) - known:
            raise ValueError(f"unknown field {min(unknown)}")
        given: dict[str, Any] = {
            name: tuple(value) if name in _TUPLES else value for name, value in plain.items()
        }
        if "since" in given:
            given["since"] = datetime.fromisoformat(given["since"])
        for name, kind in (("show", Show), ("due", Due), ("order", Order)):
            if name in given:
                given[name] = kind(given[name])
        return ProblemFilter(**given)
    except (TypeError, ValueError) as problem:
        raise InvalidInput(
            f"The filter cannot be read: {problem}.", hint="Make the report again."
        ) from problem


_SHOWN = {
    Show.OPEN: "open findings",
    Show.FIXED: "fixed findings",
    Show.ACCEPTED: "accepted findings",
    Show.FALSE_POSITIVE: "false positives",
    Show.ALL: "findings, open or not",
}
_DUE = {
    Due.OVERDUE: "overdue",
    Due.SOON: "due soon",
    Due.SET: "with a date",
    Due.NONE: "without a date",
}


def sentence(wanted: ProblemFilter) -> str:
    """What is looked for, in words: `Open findings, critical or high, in harbour/tide`."""
    parts = [_SHOWN[wanted.show].capitalize()]
    parts += [
        " or ".join(values)
        for values in (wanted.severity, wanted.kind, wanted.status, wanted.scanner)
        if values
    ]
    if wanted.repository:
        names = [row.full_name for row in Repository.objects.filter(pk__in=wanted.repository)]
        parts.append(f"in {' or '.join(sorted(names)) or 'no repository'}")
    labels = ("rule", "package", "advisory", "path")
    parts += [f"{label} {value}" for label in labels if (value := getattr(wanted, label))]
    parts += [f"with the words {wanted.text}"] if wanted.text else []
    parts += [_DUE[wanted.due]] if wanted.due else []
    parts += ["known to be exploited"] if wanted.kev else []
    parts += [f"exploited with {100 * wanted.epss:g} % or more"] if wanted.epss else []
    parts += [f"first seen since {wanted.since:%Y-%m-%d}"] if wanted.since else []
    return ", ".join(parts)
