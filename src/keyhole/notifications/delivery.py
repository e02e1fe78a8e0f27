"""Sending what was published, as a durable job.

A delivery is attempted until it arrives, up to five times within a few hours; each attempt is in its row before it is
made. If the process dies in the middle, it is made again: a receiver may so get a message twice, and tells by its
number. What the other side refuses for good is not attempted again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from keyhole.core.caller import Caller, Via
from keyhole.core.errors import KeyholeError
from keyhole.core.redact import one_line
from keyhole.core.secret import Secret
from keyhole.jobs import job, step
from keyhole.notifications.channels.interface import Attachment, Means, Message, NotDelivered, kind_of
from keyhole.notifications.events import Event
from keyhole.notifications.models import Channel, Delivery, Occurrence, State
from keyhole.notifications.publishing import KIND, SENDER
from keyhole.providers.outgoing import configured
from keyhole.vault import services as vault

log = logging.getLogger("keyhole.notifications")

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long after each failed attempt the next one is made. After the last, the delivery has failed."""
MOST_ATTEMPTS = len(PAUSES) + 1
DIED = "The server ended in the middle of the last attempt; its log may say why. It is not tried again."
"""Of what may be the very thing that the server died of."""
_LEASE = timedelta(minutes=5)
"""Longer than an attempt takes: when it is over, whoever made the attempt has died."""
KEPT = timedelta(days=90)
"""How long deliveries that have ended are shown."""
_JOB = Caller(None, SENDER, Via.JOB)


def place(channel: int, field: str) -> vault.Place:
    """Where the vault keeps a secret of a channel."""
    return vault.Place("notification_channel", channel, field)


def _unfinished() -> Iterable[int]:
    due = Delivery.objects.filter(state=State.WAITING, due_at__lte=timezone.now())
    return due.order_by("pk").values_list("pk", flat=True)


def _failed(row: int, reason: str) -> None:
    _end(row, State.FAILED, problem=reason)


@job(KIND, unfinished=_unfinished, failed=_failed)
def run(row: int) -> None:
    """One attempt. A delivery that has ended, or is not due yet, is left alone."""
    attempt(row)


@step
def attempt(row: int) -> None:
    """Sends it, and writes down what came of it."""
    claimed = Delivery.objects.filter(pk=row, state=State.WAITING, due_at__lte=timezone.now()).update(
        attempts=F("attempts") + 1, due_at=timezone.now() + _LEASE
    )
    if not claimed:
        return
    delivery = Delivery.objects.select_related("channel").get(pk=row)
    channel = delivery.channel
    if channel.removed_at is not None or channel.paused_at is not None:
        _end(row, State.FAILED, problem="The channel was paused or removed before it could be sent.")
        return
    if delivery.attempts > MOST_ATTEMPTS:
        _end(row, State.FAILED, problem=DIED)
        return
    try:
        answer = send(channel, message_of(delivery), secrets_of(channel, _JOB))
    except NotDelivered as problem:
        _not_now(delivery, problem.reason, final=problem.final)
    except KeyholeError as problem:
        _not_now(delivery, f"{problem.message} {problem.hint}".strip(), final=False)
    else:
        _end(row, State.SENT, answer=answer)
        Channel.objects.filter(pk=channel.pk).update(sent_at=timezone.now(), problem="")


def send(channel: Channel, message: Message, secrets: Mapping[str, Secret]) -> str:
    """Send now, whatever the channel's state; what the other side said. NotDelivered when it did not take it."""
    return one_line(kind_of(channel.kind).send(message, channel.values, Means(configured(), secrets)), 200)


@dataclass(frozen=True, slots=True)
class AtOnce:
    """What came of sending something at once."""

    arrived: bool
    said: str
    """What the other side said, or why it did not take it."""
    final: bool = False
    """Whether trying again cannot help."""


def send_at_once(
    caller: Caller,
    channel: Channel,
    event: Event,
    attachments: tuple[Attachment, ...] = (),
    way_in: Secret | None = None,
) -> AtOnce:
    """Send one event to one channel now, whatever its rules say and also when it is paused; what is on record of it is
    a delivery, without the attachments and without the way in.
    """
    now, told = timezone.now(), event.trimmed()
    # A number of its own each time, so that receivers which drop what they have seen do not drop the second one.
    delivery = Delivery.objects.create(
        channel=channel, state=State.FAILED, due_at=now, attempts=1, ended_at=now
    )
    occurrence = delivery.occurrences.create(
        kind=told.kind, severity=told.severity.value, title=told.title, text=told.text, url=told.url,
        facts=dict(told.facts), by=caller.name[:254], at=now,
    )  # fmt: skip
    message = Message(
        delivery.pk, now, ((told, occurrence.at),), False, settings.KEYHOLE_URL, attachments, way_in
    )
    try:
        done = AtOnce(True, send(channel, message, secrets_of(channel, caller)))
    except NotDelivered as problem:
        done = AtOnce(False, one_line(problem.reason, 500), problem.final)
    with transaction.atomic():
        if done.arrived:
            Delivery.objects.filter(pk=delivery.pk).update(state=State.SENT, answer=done.said[:200])
            Channel.objects.filter(pk=channel.pk).update(sent_at=timezone.now(), problem="")
        else:
            Delivery.objects.filter(pk=delivery.pk).update(problem=done.said)
            Channel.objects.filter(pk=channel.pk).update(problem=done.said)
    return done


def secrets_of(channel: Channel, caller: Caller) -> dict[str, Secret]:
    """The channel's secrets, by field; that they were looked at is on record."""
    fields = kind_of(channel.kind).secret_fields
    return {field.name: vault.reveal(caller, place(channel.pk, field.name)) for field in fields}


def message_of(delivery: Delivery) -> Message:
    """What the delivery says."""
    found: list[Occurrence] = list(delivery.occurrences.order_by("at", "pk"))
    events = tuple((each.as_event(), each.at) for each in found)
    return Message(delivery.pk, timezone.now(), events, delivery.summary, settings.KEYHOLE_URL)


def _not_now(delivery: Delivery, reason: str, *, final: bool) -> None:
    reason = one_line(reason, 500)
    Channel.objects.filter(pk=delivery.channel_id).update(problem=reason)
    if final or delivery.attempts >= MOST_ATTEMPTS:
        _end(delivery.pk, State.FAILED, problem=reason)
        log.warning("delivery %d to channel %d failed for good", delivery.pk, delivery.channel_id)
        return
    pause = PAUSES[delivery.attempts - 1]
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now() + pause, problem=reason)


def _end(row: int, state: State, *, problem: str = "", answer: str = "") -> None:
    now = timezone.now()
    Delivery.objects.filter(pk=row, state=State.WAITING).update(
        state=state, problem=one_line(problem, 500), answer=answer, ended_at=now
    )
    _forget_old(now - KEPT)


def _forget_old(before: datetime) -> None:
    Delivery.objects.filter(ended_at__lt=before).delete()
    Occurrence.objects.filter(at__lt=before, deliveries=None).delete()
