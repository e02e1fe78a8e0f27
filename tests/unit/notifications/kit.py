"""What the tests of notifications share: messages, receivers, and a vault of their own."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from keyhole.accounts.services import local_caller
from keyhole.notifications.channels.interface import Message
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.services import ChannelSpec, create

AT = datetime(2026, 9, 21, 12, 30, tzinfo=UTC)
HOME = "https://keyhole.example"


def event(
    kind="connection.failed", severity=Severity.WARNING, title="GitHub refuses Harbour", **more
) -> Event:
    return Event(
        kind,
        severity,
        title,
        **{"text": "Replace it.", "url": "/connections/3", "facts": {"Owner": "harbour"}, **more},
    )


def message(*events: Event, summary=False, number=7) -> Message:
    return Message(number, AT, tuple((each, AT) for each in events or (event(),)), summary, HOME)


def webhook(address: str, key: str = "", name: str = "Hook", **more):
    return create(local_caller(), ChannelSpec("webhook", name, {"address": address, "key": key}, **more))


def bodies(server) -> list[dict]:
    """The JSON bodies that a receiver got."""
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in server.requests]
