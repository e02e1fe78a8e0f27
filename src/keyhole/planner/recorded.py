"""What a token of this Keyhole was used for, from the audit log."""

from __future__ import annotations

from collections.abc import Iterator

from keyhole.audit.models import Entry
from keyhole.core.caller import Caller
from keyhole.planner.accesslog import Tally, of_record
from keyhole.planner.asked import Asked, Reading, Unmatched, gathered
from keyhole.tokens import services as tokens

_MOST = 200_000
"""Records that are read at most, newest first."""


def recorded_use(caller: Caller, token_id: int) -> Reading:
    """What the token was used for so far. NotFound as for the token itself: whoever may see it may see this."""
    token = tokens.get(caller, token_id)
    rows = Entry.objects.filter(token_id=token.pk).order_by("-seq")
    total = rows.count()
    tally = Tally()
    reading = gathered(_found(rows[:_MOST].values_list("action", "outcome", "subject"), tally))
    notes = tally.notes()
    if total > _MOST:
        notes.append(f"Only the newest {_MOST:,} of {total:,} records were read.")
    if not total:
        notes.append("The token was never used.")
    return Reading(reading.asked, reading.unmatched, tuple(notes))


def _found(rows: object, tally: Tally) -> Iterator[Asked | Unmatched]:
    for action, outcome, subject in rows.iterator(chunk_size=2000):  # type: ignore[attr-defined]
        if (each := of_record(action, outcome, subject, tally)) is not None:
            yield each
