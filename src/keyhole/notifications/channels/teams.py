"""Microsoft Teams, by a webhook of its Workflows app (or an older incoming webhook), as an adaptive card.

Source: learn.microsoft.com, "Create incoming webhooks with Workflows for Microsoft Teams" and "Adaptive Cards": a POST
of a message with one card, answered with 202, or 200 by older webhooks, which may say in the body that they failed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keyhole.core.redact import cut
from keyhole.notifications.channels.interface import (
    ChannelKind,
    Field,
    Means,
    Message,
    NotDelivered,
    always_available,
)
from keyhole.notifications.channels.posting import as_json, host_of, post, said
from keyhole.notifications.channels.wording import MARKS, subject
from keyhole.notifications.events import Event, Severity
from keyhole.providers.outgoing import Outgoing

_MOST_SHOWN = 20
_COLOURS = {Severity.INFO: "default", Severity.WARNING: "warning", Severity.CRITICAL: "attention"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>])")


def _check(values: Mapping[str, str], outgoing: Outgoing) -> dict[str, str]:
    return {"host": host_of(values.get("address", ""), outgoing, "address")}


def _send(message: Message, _values: Mapping[str, str], means: Means) -> str:
    reply = post(means.outgoing, means.secrets["address"], as_json(content(message)), {}, {200, 202})
    if b"failed with error" in reply.body[:500]:
        raise NotDelivered(f"Teams could not take it now and said: {said(reply)}.")
    return "Teams took it."


def content(message: Message) -> dict[str, Any]:
    """What is posted."""
    body: list[dict[str, Any]] = [
        _text(subject(message), size="Medium", weight="Bolder", color=_COLOURS[message.severity])
    ]
    for event, at in message.events[:_MOST_SHOWN]:
        body += _about(message, event, at)
    left = len(message.events) - _MOST_SHOWN
    if left > 0:
        body.append(_text(f"... and {left} more"))
    links = [message.link(event) for event, _ in message.events] if not message.summary else []
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [
            {"type": "Action.OpenUrl", "title": "Open in Keyhole", "url": link} for link in links if link
        ],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _about(message: Message, event: Event, at: datetime) -> list[dict[str, Any]]:
    rows = []
    if message.summary:
        rows.append(_text(f"{MARKS[event.severity]}: {event.title}", weight="Bolder", separator=True))
    if event.text:
        rows.append(_text(event.text))
    facts = {**event.facts, "When": f"{at:%Y-%m-%d %H:%M} UTC"}
    shown = [{"title": _escaped(label), "value": _escaped(value)} for label, value in facts.items()]
    return [*rows, {"type": "FactSet", "facts": shown}]


def _text(text: str, **more: object) -> dict[str, Any]:
    return {"type": "TextBlock", "text": _escaped(cut(text, 2000)), "wrap": True, **more}


def _escaped(text: str) -> str:
    """Cards read Markdown: names of repositories must not become emphasis or links."""
    return _MARKDOWN.sub(r"\\\1", text)


KIND = ChannelKind(
    id="teams",
    title="Microsoft Teams",
    about="Posts a card to a channel of Teams. In Teams: the channel's menu, Workflows, \"Send webhook alerts to a "
    'channel", then copy the URL that it makes.',
    fields=(
        Field(
            "address",
            "Webhook URL",
            "Whoever knows it can post there: it is kept in the vault and not shown again.",
            secret=True,
            placeholder="https://...logic.azure.com/workflows/...",
        ),
    ),
    check=_check,
    send=_send,
    unavailable=always_available,
)
