"""A message as plain text, for mail and for what cannot show more."""

from __future__ import annotations

from datetime import datetime

from keyhole.notifications.channels.interface import Message
from keyhole.notifications.events import Event, Severity

MOST_SHOWN = 50
"""Events of a summary that are written out."""
MARKS = {Severity.INFO: "Info", Severity.WARNING: "Warning", Severity.CRITICAL: "Critical"}


def subject(message: Message) -> str:
    """One line, with how much it matters where it does."""
    if message.severity is Severity.INFO:
        return message.title
    return f"{MARKS[message.severity]}: {message.title}"


def plain(message: Message) -> str:
    """All of it."""
    parts = [_one(message, event, at) for event, at in message.events[:MOST_SHOWN]]
    left = len(message.events) - MOST_SHOWN
    if left > 0:
        parts.append(f"... and {left} more.")
    if message.way_in is not None:
        parts.append(f"The report: {message.way_in.reveal()}")
    return "\n\n".join(
        [*parts, f"-- \nKeyhole, {message.home}\nWhat is sent here: {message.home}/settings/notifications"]
    )


def _one(message: Message, event: Event, at: datetime) -> str:
    head = f"{MARKS[event.severity]}: {event.title}"
    rows = [f"  {label}: {value}" for label, value in event.facts.items()]
    rows.append(f"  When: {at:%Y-%m-%d %H:%M} UTC")
    link = message.link(event)
    return "\n".join([head, *([event.text] if event.text else []), *rows, *([f"  {link}"] if link else [])])
