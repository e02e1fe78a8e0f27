"""Finding records: by what was done, by whom, with which token, on which repository, from where and when.

Records are many and only ever more, so that nothing here counts or sorts them all. Each filter is an index whose
entries lie in the order of the chain, and a page goes on where the one before it ended. A filter that one index cannot
answer (a token that acts, or is acted on) is asked as several, whose answers are merged.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, product

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from keyhole.audit.log import CLOCK_ACCEPTED, DENIED
from keyhole.audit.models import Entry
from keyhole.core.errors import InvalidInput

_AT_ONCE = 1000
_SINGLY = 8
"""So many tokens are asked for one by one, in order; the many of one name that scans have had are few records each."""
# The index of denials is one of denials only, which SQLite uses for this very word and not for a parameter.
_LITERALLY_DENIED = RawSQL("'denied'", ())  # no text from outside


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; what is left empty matches everything."""

    id: str = ""
    """An explain id."""
    outcome: str = ""
    """`allowed` or `denied`."""
    action: str = ""
    """An action, or all of a resource: `token:revoke`, `token:*`."""
    who: str = ""
    """Name of a person, a token or a job, whole, whatever its case."""
    token_ids: tuple[int, ...] | None = None
    """Tokens that acted or were acted on; none at all matches nothing."""
    repository: str = ""
    """A full name, whole, whatever its case."""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """First moment that is too late."""

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != Filter()


def day(text: str, field: str) -> datetime:
    """The beginning of a day that somebody typed, UTC. InvalidInput for what is no date."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as problem:
        raise InvalidInput(
            f"{text[:40]!r} is not a date.", field=field, hint="Write it as 2026-11-25."
        ) from problem
    return found if found.year < 9999 else found.replace(year=9998)  # so that there is a day after it


def find(wanted: Filter, limit: int, before: int | None = None) -> list[Entry]:
    """The newest records that match, or the newest of those before a position; at most `limit`."""
    bounds = _bounds(wanted)
    if before is not None:
        bounds &= Q(seq__lt=before)
    return _merged(wanted, bounds, limit, newest_first=True)


def every(wanted: Filter, up_to: int | None = None) -> Iterator[Entry]:
    """All records that match, oldest first, however many; `up_to` is the last position that counts."""
    bounds = _bounds(wanted)
    if up_to is not None:
        bounds &= Q(seq__lte=up_to)
    after = 0
    while rows := _merged(wanted, bounds & Q(seq__gt=after), _AT_ONCE, newest_first=False):
        yield from rows
        after = rows[-1].seq


def last() -> int:
    """Position of the newest record; 0 when there is none."""
    return Entry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def actions() -> list[str]:
    """Every action that is on record."""
    # From one index entry to the next one that differs: DISTINCT would read all of them.
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found(action) AS (SELECT MIN(action) FROM audit_entry UNION ALL "
            "SELECT (SELECT MIN(action) FROM audit_entry WHERE action > found.action) FROM found "
            "WHERE found.action IS NOT NULL) SELECT action FROM found WHERE action IS NOT NULL"
        )
        return [row[0] for row in cursor.fetchall()]


def _merged(wanted: Filter, bounds: Q, limit: int, *, newest_first: bool) -> list[Entry]:
    order = "-seq" if newest_first else "seq"
    parts = [Entry.objects.filter(bounds & one).order_by(order)[:limit] for one in _alternatives(wanted)]
    merged = heapq.merge(*parts, key=lambda entry: entry.seq, reverse=newest_first)
    return list(islice(_once(merged), limit))


def _once(entries: Iterator[Entry]) -> Iterator[Entry]:
    last = None
    for entry in entries:
        if entry.seq != last:
            yield entry
        last = entry.seq


def _alternatives(wanted: Filter) -> list[Q]:
    """Conditions that one index each can answer; a record matches if it meets any."""
    fixed = Q()
    for column in ("id", "address"):
        if text := getattr(wanted, column):
            fixed &= Q(**{column: text})
    if wanted.outcome == DENIED:
        fixed &= Q(outcome=_LITERALLY_DENIED)
    elif wanted.outcome:
        fixed &= Q(outcome=wanted.outcome)
    if wanted.who:
        fixed &= Q(who=wanted.who.lower())
    choices = [
        choice for choice in (_actions(wanted), _tokens(wanted), _repositories(wanted)) if choice is not None
    ]
    return [_all((fixed, *picked)) for picked in product(*choices)]


def _all(conditions: Sequence[Q]) -> Q:
    together = Q()
    for condition in conditions:
        together &= condition
    return together


def _actions(wanted: Filter) -> list[Q] | None:
    if not wanted.action:
        return None
    asked = wanted.action.lower()  # as all of them are
    if not asked.endswith("*"):
        return [Q(action=asked)]
    return [Q(action=action) for action in actions() if action.startswith(asked[:-1])]


def _tokens(wanted: Filter) -> list[Q] | None:
    if wanted.token_ids is None:
        return None
    ids = wanted.token_ids
    if len(ids) > _SINGLY:
        return [Q(token_id__in=ids), Q(about_token_id__in=ids)]
    return [part for number in ids for part in (Q(token_id=number), Q(about_token_id=number))]


def _repositories(wanted: Filter) -> list[Q] | None:
    if not wanted.repository:
        return None
    name = wanted.repository.lower()
    return [
        Q(repository=name),
        Q(more_repositories__isnull=False, more_repositories__contains=f" {name} "),
    ]


def _bounds(wanted: Filter) -> Q:
    """The span of time, also as a span of positions where the clock never went back."""
    bounds = Q()
    if wanted.since is not None:
        bounds &= Q(at__gte=wanted.since)
    if wanted.until is not None:
        bounds &= Q(at__lt=wanted.until)
    if not bounds or Entry.objects.filter(action=CLOCK_ACCEPTED).exists():
        return bounds
    within = Entry.objects.filter(bounds).values_list("seq", flat=True)
    first, last = within.order_by("at", "seq").first(), within.order_by("-at", "-seq").first()
    # Instead of the moments: beside them, an index by time would be read and sorted.
    return Q(seq__gte=first, seq__lte=last) if first is not None else Q(seq=0)
