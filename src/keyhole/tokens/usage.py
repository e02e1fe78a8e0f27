"""What one commit of the audit log does to tokens: a last look at their validity, and what is counted of their use.

The first use of a text that a rotation made ends the text before it, in the same transaction: no request that is
settled later is allowed with the old one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from keyhole.audit.log import DENIED
from keyhole.audit.writer import Work
from keyhole.tokens import revocations
from keyhole.tokens.memo import Memo
from keyhole.tokens.models import Seen, SeenKind, State, Text, Token, UsageDay, Withheld
from keyhole.tokens.standing import STANDING, Standing

WORK_AFTER = timedelta(hours=1)
"""How long a clone that began with the old text may run on after the new one was used."""
REPLACED = "replaced"
"""Why a text is refused whose token goes on with another one."""
_REMEMBERED = timedelta(days=90)
_COUNTED = timedelta(days=400)
_MOST_SEEN = 500
"""Things of one kind that are remembered of one token."""
_STATUS = {State.PAUSED.value: 403, **dict.fromkeys((each.value for each in Withheld), 403)}

_TABLE = Token._meta.db_table  # noqa: SLF001  # Django's documented way to a model's table
_DAYS = UsageDay._meta.db_table  # noqa: SLF001
_SEEN = Seen._meta.db_table  # noqa: SLF001
_USED = (
    f"UPDATE {_TABLE} SET requests = requests + %s, last_used_at = %s, last_used_address = %s, "  # noqa: S608
    "last_used_agent = %s WHERE id = %s"
)
_DENIED = f"UPDATE {_TABLE} SET denials = denials + %s WHERE id = %s"  # noqa: S608
_DAY = (
    f"INSERT INTO {_DAYS} (token_id, day, requests, denials) VALUES (%s, %s, %s, %s) "  # noqa: S608
    f"ON CONFLICT (token_id, day) DO UPDATE SET requests = {_DAYS}.requests + excluded.requests, "
    f"denials = {_DAYS}.denials + excluded.denials"
)
_NOTED = (
    f"INSERT INTO {_SEEN} (token_id, kind, what, first_at, last_at) VALUES (%s, %s, %s, %s, %s) "  # noqa: S608
    "ON CONFLICT (token_id, kind, what) DO UPDATE SET last_at = excluded.last_at"
)
_memo = Memo()


@dataclass(slots=True)
class Use:
    """One use of a token on its way into the log."""

    token_id: int
    allowed: bool
    surface: str
    address: str
    agent: str
    digest: bytes | None = None
    """Of the text that was presented; None when that is not what matters."""
    seen: tuple[tuple[SeenKind, str], ...] = ()
    """What an allowed request was for."""
    invalid: str = ""
    """Set by `settle`: why the token is not valid any more; empty when it is."""


def settle(works: Sequence[Work], at: datetime) -> None:
    """Turn uses of tokens that are not valid any more into denials, and count all the others."""
    uses: list[Use] = [work.attached for work in works]
    rows = _rows({use.token_id for use in uses})
    for work, use in zip(works, uses, strict=True):
        row = rows.get(use.token_id)
        use.invalid = "unknown_token" if row is None else _invalid(row, use, at)
        if use.invalid:
            use.allowed = False
            _deny(work, use)
        elif row is not None and row.text(use.digest, at) is Text.NEW:
            rows[row.token_id] = _hand_over(row, at)
            work.draft = replace(work.draft, subject={**work.draft.subject, "first_use_after_rotation": True})
    _count([use for use in uses if use.token_id in rows], at)


def prune(now: datetime) -> None:
    """Forget what was not seen for long, and what a tool that calls itself ever anew has left too much of."""
    Seen.objects.filter(last_at__lt=now - _REMEMBERED).delete()
    UsageDay.objects.filter(day__lt=(now - _COUNTED).date()).delete()
    crowded = Seen.objects.values("token_id", "kind").annotate(many=Count("pk")).filter(many__gt=_MOST_SEEN)
    for row in crowded.order_by():
        same = Seen.objects.filter(token_id=row["token_id"], kind=row["kind"]).order_by("-last_at", "-pk")
        kept = list(same.values_list("pk", flat=True)[:_MOST_SEEN])
        same.exclude(pk__in=kept).delete()


def _rows(token_ids: set[int]) -> dict[int, Standing]:
    found = Token.objects.filter(pk__in=token_ids).values_list(*STANDING)
    return {row[0]: Standing(*row) for row in found}


def _invalid(row: Standing, use: Use, at: datetime) -> str:
    state = row.state(at)
    if state is not State.ACTIVE:
        return state.value
    if not row.user_active:
        return "user_inactive"
    return REPLACED if row.text(use.digest, at) is Text.ENDED else row.withheld


def _deny(work: Work, use: Use) -> None:
    work.draft = replace(
        work.draft,
        action=f"{use.surface}:refuse",
        outcome=DENIED,
        subject={**work.draft.subject, "reason": use.invalid, "status": _STATUS.get(use.invalid, 401)},
    )


def _hand_over(row: Standing, at: datetime) -> Standing:
    """The new text becomes the text; the old one ends, also for a backup that is restored later."""
    revocations.note(bytes(row.digest))
    Token.objects.filter(pk=row.token_id).update(
        digest=row.next_digest,
        next_digest=None,
        next_since=None,
        overlap_ends_at=None,
        previous_digest=row.digest,
        previous_ended_at=at,
        previous_work_until=at + WORK_AFTER,
    )
    return row._replace(digest=row.next_digest or b"", next_digest=None, overlap_ends_at=None)


def _count(uses: Sequence[Use], at: datetime) -> None:
    allowed = Counter(use.token_id for use in uses if use.allowed)
    denied = Counter(use.token_id for use in uses if not use.allowed)
    latest = {use.token_id: use for use in uses if use.allowed}
    moment = connection.ops.adapt_datetimefield_value(at)
    day = connection.ops.adapt_datefield_value(at.astimezone(UTC).date())
    seen = _memo.fresh(_things(latest, uses), at)
    # Plain SQL, since one commit may touch hundreds of tokens: through the ORM this took as long as all the rest.
    with connection.cursor() as cursor:
        _all(
            cursor,
            _USED,
            (
                (number, moment, latest[token_id].address[:64], latest[token_id].agent[:200], token_id)
                for token_id, number in sorted(allowed.items())
            ),
        )
        _all(cursor, _DENIED, ((number, token_id) for token_id, number in sorted(denied.items())))
        tokens = sorted(allowed.keys() | denied.keys())
        _all(cursor, _DAY, ((each, day, allowed[each], denied[each]) for each in tokens))
        _all(cursor, _NOTED, ((*thing, moment, moment) for thing in seen))
    if seen:
        transaction.on_commit(partial(_memo.remember, seen, at))


def _all(cursor: Any, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
    if listed := list(rows):
        cursor.executemany(sql, listed)


def _things(latest: dict[int, Use], uses: Iterable[Use]) -> set[tuple[int, str, str]]:
    things = {
        (use.token_id, kind.value, what[:200]) for use in uses if use.allowed for kind, what in use.seen
    }
    for use in latest.values():
        things.add((use.token_id, SeenKind.ADDRESS.value, use.address[:64]))
        things.add((use.token_id, SeenKind.AGENT.value, use.agent[:200]))
    return {thing for thing in things if thing[2]}
