"""Writing down what happened to findings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from keyhole.findings.models import Event, Happened, Problem

_BATCH = 2000


def happened(
    what: Happened, problems: QuerySet[Problem] | Iterable[int], at: datetime, **more: Any
) -> list[int]:
    """Notes that it happened to each of them; returns their ids. `more` are further fields of `Event`."""
    numbers = (
        list(problems.order_by().values_list("pk", flat=True))
        if isinstance(problems, QuerySet)
        else list(problems)
    )
    Event.objects.bulk_create(
        [Event(problem_id=number, at=at, what=what, **more) for number in numbers], batch_size=_BATCH
    )
    return numbers
