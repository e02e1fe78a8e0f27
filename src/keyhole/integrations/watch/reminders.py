"""Reminding of expirations: 30, 14, 7 and 1 days before, and when it has come; each once, whatever the clock does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from keyhole.connections.models import Connection
from keyhole.core.caller import Caller
from keyhole.core.plural import counted
from keyhole.integrations.models import About, Membership, Reminder, Task
from keyhole.integrations.watch import schedule
from keyhole.integrations.watch.probes import watcher
from keyhole.integrations.watch.telling import tell
from keyhole.notifications.events import Event, Severity
from keyhole.tokens.models import Purpose, Token
from keyhole.tokens.usage import prune

DAYS = (30, 14, 7, 1, 0)
"""How many days before the expiration; 0 is the expiration itself."""
_PAST = timedelta(days=7)
"""How long after an expiration it is still worth saying that it has come."""
_SHORTEST = timedelta(days=1)
"""What lives no longer than this was made to end, and nobody is reminded of it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that expires."""

    about: About
    subject: int
    name: str
    url: str
    begins_at: datetime
    expires_at: datetime


def remind(number: int) -> None:
    """Carry out one task: remind of all that is due, tidy up, and make the next task. Harmless when it is done."""
    task = Task.objects.filter(pk=number, done_at=None).first()
    if task is None:
        return
    now = timezone.now()
    sent = remind_all(watcher(), now)
    prune(now)
    with transaction.atomic():
        schedule.end(task, f"{counted(sent, 'reminder')} sent.")


def remind_all(caller: Caller, now: datetime) -> int:
    """Remind of every expiration that is near or has come and was not spoken of; returns how many reminders."""
    return sum(_remind(caller, ending, now) for ending in _endings(now))


def crossed(begins_at: datetime, expires_at: datetime, now: datetime) -> tuple[int, ...]:
    """Which of `DAYS` have come, longest first. A distance as long as the whole life or longer is none."""
    moments = ((days, expires_at - timedelta(days=days)) for days in DAYS)
    return tuple(days for days, moment in moments if begins_at < moment <= now)


def _remind(caller: Caller, ending: Ending, now: datetime) -> bool:
    come = crossed(ending.begins_at, ending.expires_at, now)
    known = Reminder.objects.filter(about=ending.about, subject=ending.subject, expires_at=ending.expires_at)
    spoken = set(known.values_list("days", flat=True))
    new = [days for days in come if days not in spoken]
    if not new:
        return False
    # Only the last one is worth saying; and none, if a nearer one was said before the clock went back.
    sent = min(new) if min(new) == min(come) else None
    try:
        with transaction.atomic():
            Reminder.objects.bulk_create(
                Reminder(
                    about=ending.about,
                    subject=ending.subject,
                    expires_at=ending.expires_at,
                    days=days,
                    sent=days == sent,
                    at=now,
                )
                for days in new
            )
            if sent is not None:
                tell(caller, _notice(ending, sent))
    except IntegrityError:
        return False  # another worker was faster, and has said it
    return sent is not None


def _endings(now: datetime) -> Iterator[Ending]:
    near = {"expires_at__gt": now - _PAST, "expires_at__lte": now + timedelta(days=max(DAYS))}
    tokens = list(Token.objects.filter(revoked_at=None, **near).exclude(purpose=Purpose.SCAN))
    pairs = Membership.objects.filter(token__in=tokens).values_list("token_id", "integration_id")
    holders = dict(pairs)
    for token in tokens:
        holder = holders.get(token.pk)
        url = f"/integrations/{holder}" if holder else f"/settings/personal-access-tokens/{token.pk}"
        yield from _long_enough(About.TOKEN, token.pk, token.name, url, token.created_at, token.expires_at)
    for row in Connection.objects.filter(removed_at=None, **near):
        url = f"/connections/{row.pk}"
        yield from _long_enough(About.CONNECTION, row.pk, row.name, url, row.created_at, row.expires_at)


def _long_enough(
    about: About, subject: int, name: str, url: str, begins_at: datetime, expires_at: datetime | None
) -> Iterator[Ending]:
    if expires_at is not None and expires_at - begins_at > _SHORTEST:
        yield Ending(about, subject, name, url, begins_at, expires_at)


def _notice(ending: Ending, days: int) -> Event:
    what = "token" if ending.about is About.TOKEN else "connection"
    date = f"{ending.expires_at:%-d %B %Y, %H:%M} UTC"
    facts = {what.capitalize(): ending.name, "Expires": date}
    if days == 0:
        return Event(
            f"{what}.expired",
            Severity.CRITICAL,
            f"The {what} {ending.name} has expired",
            f"It expired on {date}, and nothing works with it any more. {_todo(ending)}",
            ending.url,
            facts,
        )
    return Event(
        f"{what}.expiring",
        Severity.INFO if days > 7 else Severity.WARNING,
        f"The {what} {ending.name} expires in {counted(days, 'day')} or less",
        f"It expires on {date}. {_todo(ending)}",
        ending.url,
        facts,
    )


def _todo(ending: Ending) -> str:
    if ending.about is About.TOKEN:
        return "Generate a new token for whatever uses it, from the integration's page, or let it end."
    return "Generate a new token on GitHub and rotate the connection to it."
