"""Going on after a finding in any order, by its values and not by a count: every page costs what the first does."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from keyhole.findings.filtering import Order
from keyhole.findings.models import Problem


def after(rows: QuerySet[Problem], order: Order, number: int) -> QuerySet[Problem]:
    """What comes after the finding with this id in that order; everything when there is no such finding."""
    last = Problem.objects.filter(pk=number).only("rank", "due_at", "kev", "epss").first()
    return rows if last is None else rows.filter(_after(order, last))


def _after(order: Order, last: Problem) -> Q:
    worse = Q(rank__gt=last.rank) | Q(rank=last.rank, id__lt=last.pk)
    match order:
        case Order.NEWEST:
            return Q(id__lt=last.pk)
        case Order.DUE if last.due_at is None:
            return Q(due_at=None) & worse
        case Order.DUE:
            return Q(due_at__gt=last.due_at) | Q(due_at=None) | (Q(due_at=last.due_at) & worse)
        case Order.EPSS:
            less = Q(epss__lt=last.epss) | (Q(epss=last.epss) & worse)
            return (Q(kev=False) | (Q(kev=True) & less)) if last.kev else Q(kev=False) & less
        case _:
            return worse
