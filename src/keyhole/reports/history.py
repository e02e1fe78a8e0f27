"""Every run of every scan, to look through, and two of them to compare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.reports.comparison import Comparison
from keyhole.reports.comparison import compare as compared
from keyhole.reports.gather import WITH_RESULT, as_it_ended
from keyhole.scans import services as scans
from keyhole.scans.models import Scan


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are meant; what is empty asks for nothing."""

    text: str = ""
    """Words that each must be in the name or the repository's name."""
    repository: int = 0
    state: str = ""
    trigger: str = ""
    since: datetime | None = None
    """Made then or later."""
    until: datetime | None = None
    """Made before then."""
    batch: str = ""
    """Started together."""


def runs(caller: Caller, wanted: RunFilter) -> QuerySet[Scan]:
    """The runs that match, newest first."""
    rows = scans.list_scans(caller, wanted.repository or None).order_by("-pk")
    exact = {name: value for name in ("state", "trigger", "batch") if (value := getattr(wanted, name))}
    rows = rows.filter(**exact)
    if wanted.since:
        rows = rows.filter(created_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(created_at__lt=wanted.until)
    for word in wanted.text.split()[:8]:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(repository__name__icontains=word)
            | Q(repository__owner__login__icontains=word)
        )
    # The log and the evidence are long, and lists show neither.
    return rows.defer("log", "evidence")


def compare(caller: Caller, first: int, second: int) -> Comparison:
    """Two runs beside each other, as they were when they ended. NotFound; Conflict if one came to nothing."""
    if first == second:
        raise InvalidInput("These are the same run.", field="second", hint="Choose two.")
    return compared(as_it_ended(scans.get(caller, first)), as_it_ended(scans.get(caller, second)))


def previous(scan: Scan) -> Scan | None:
    """The run before of the same thing that came to a result: what to compare with first."""
    rows = Scan.objects.filter(
        repository=scan.repository_id, ref=scan.ref, state__in=WITH_RESULT, pk__lt=scan.pk
    )
    return rows.defer("log", "evidence").order_by("-pk").first()
