"""Telling whoever wants to know. Any room may publish an event; what becomes of it is not that room's concern."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, time, timedelta
from functools import partial

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from keyhole.core.caller import Caller
from keyhole.jobs import engine
from keyhole.notifications.events import OTHERS, Event, Severity
from keyhole.notifications.models import Channel, Delivery, Occurrence, Rule, State, When

log = logging.getLogger("keyhole.notifications")

KIND = "notification"
"""The job's kind."""
SENDER = "notifications"
"""How the job that sends is named in the audit log."""
SUMMARY_HOUR = 8
"""Hour, in UTC, at which daily summaries are sent."""
MOST_AN_HOUR = 30
"""Messages that a channel gets at once within an hour; what comes beyond is collected for the rest of the hour."""


def publish(caller: Caller, event: Event, *, also: Collection[int] = ()) -> bool:
    """Tell the channels whose rules want this event; returns at once, and never raises for what goes wrong here.

    False if it could not be stored; whoever publishes again later can make it up.

    Meant for after the work that it tells of is committed; inside a transaction, it counts when that is. What is
    published is stored with the deliveries that it causes, and sent by jobs. `also`: ids of channels that are told at
    once whatever their rules say, since somebody chose them for the very thing.
    """
    try:
        told = event.trimmed()
        with transaction.atomic():
            due = _deliveries(caller, told, frozenset(also))
    except (DatabaseError, ValueError):
        # Whoever publishes has done its work and can do nothing about this; the log can be looked at.
        log.exception("an event %s could not be stored", event.kind)
        return False
    for delivery in due:
        transaction.on_commit(partial(_enqueue, delivery))
    return True


def _enqueue(delivery: int) -> None:
    try:
        engine.enqueue(KIND, delivery)
    except Exception:
        # The engine has its own errors. Not lost: the workers look for deliveries that are due.
        log.exception("delivery %d could not be handed over now", delivery)


def _deliveries(caller: Caller, event: Event, also: Collection[int]) -> list[int]:
    """Stores what is to be sent; returns the ids of what is due at once."""
    wanting = [
        (channel, when)
        for channel in _channels()
        if (when := When.IMMEDIATELY if channel.pk in also else wanted(channel, event)) is not When.NEVER
    ]
    if not wanting:
        return []
    occurrence = Occurrence.objects.create(
        kind=event.kind,
        severity=event.severity.value,
        title=event.title,
        text=event.text,
        url=event.url,
        facts=dict(event.facts),
        by=caller.name[:254],
    )
    now = timezone.now()
    due = []
    for channel, when in wanting:
        if when is When.DAILY:
            _collect(channel, occurrence, next_summary(now))
        elif _sent_lately(channel, now) >= MOST_AN_HOUR:
            _collect(channel, occurrence, now + timedelta(hours=1))
        else:
            delivery = Delivery.objects.create(channel=channel, due_at=now)
            delivery.occurrences.add(occurrence)
            due.append(delivery.pk)
    return due


def _channels() -> list[Channel]:
    return list(Channel.objects.filter(removed_at=None, paused_at=None).prefetch_related("rules"))


def wanted(channel: Channel, event: Event) -> When:
    """How fast the channel wants to be told of this event."""
    rules: dict[str, Rule] = {rule.kind: rule for rule in channel.rules.all()}
    rule = rules.get(event.kind) or rules.get(OTHERS)
    if rule is None or event.severity.rank < Severity(rule.least).rank:
        return When.NEVER
    return When(rule.when)


def _sent_lately(channel: Channel, now: datetime) -> int:
    recent = now - timedelta(hours=1)
    return Delivery.objects.filter(channel=channel, summary=False, created_at__gt=recent).count()


def _collect(channel: Channel, occurrence: Occurrence, due_at: datetime) -> None:
    """Add to the channel's open summary; the sooner of two times at which it is due counts."""
    waiting = Delivery.objects.filter(channel=channel, summary=True, state=State.WAITING, attempts=0)
    summary = waiting.select_for_update().first()
    if summary is None:
        try:
            with transaction.atomic():
                summary = Delivery.objects.create(channel=channel, summary=True, due_at=due_at)
        except IntegrityError:  # another process has just begun one
            summary = waiting.get()
    summary.occurrences.add(occurrence)
    if due_at < summary.due_at:
        Delivery.objects.filter(pk=summary.pk, attempts=0).update(due_at=due_at)


def next_summary(now: datetime) -> datetime:
    """When the next daily summary is due."""
    today = datetime.combine(now.date(), time(SUMMARY_HOUR), now.tzinfo)
    return today if now < today else today + timedelta(days=1)
