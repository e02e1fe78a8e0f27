"""Findings counted: beside the filters of a list, and for the first page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import Count

from keyhole.accounts.services import require
from keyhole.core.caller import Caller
from keyhole.findings.filtering import ProblemFilter, Show, matching


def facets(caller: Caller, wanted: ProblemFilter) -> dict[str, Mapping[str, int]]:
    """How many there would be of each severity, kind and part of life, the rest of the filter being as it is."""
    require(caller, "finding:read")
    return {
        "severity": _groups(replace(wanted, severity=()), "severity"),
        "kind": _groups(replace(wanted, kind=()), "kind"),
        "show": {show.value: matching(replace(wanted, show=show)).count() for show in Show},
    }


def _groups(wanted: ProblemFilter, field: str) -> dict[str, int]:
    return dict(matching(wanted).values_list(field).annotate(Count("pk")))
