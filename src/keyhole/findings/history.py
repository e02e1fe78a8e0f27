"""Writing down what happened to findings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from keyhole.findings.inserting import insert
from keyhole.findings.models import Event, Happened, Problem


def happened(
    what: Happened, problems: QuerySet[Problem] | Iterable[int], at: datetime, **more: Any
) -> list[int]:
    """Notes that it happened to each of them; returns their ids. `more` are further fields of `Event`."""
    numbers = (
        list(problems.order_by().values_list("pk", flat=True))
        if isinstance(problems, QuerySet)
        else list(problems)
    )
    insert(Event, ["problem"], ((number,) for number in numbers), {"at": at, "what": what, **more})
    return numbers
