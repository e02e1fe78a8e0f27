"""Slack, by an incoming webhook.

Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: a POST of JSON, answered with 200 and
`ok`; 403, 404 and 410 mean that the webhook is gone. `&`, `<` and `>` are escaped in texts, at most 50 blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keyhole.core.redact import cut
from keyhole.notifications.channels.interface import ChannelKind, Field, Means, Message, always_available
from keyhole.notifications.channels.posting import as_json, host_of, post
from keyhole.notifications.channels.wording import MARKS, subject
from keyhole.notifications.events import Event
from keyhole.providers.outgoing import Outgoing

_MOST_SHOWN = 20
_LONGEST_SECTION = 2900


def _check(values: Mapping[str, str], outgoing: Outgoing) -> dict[str, str]:
    return {"host": host_of(values.get("address", ""), outgoing, "address")}


def _send(message: Message, _values: Mapping[str, str], means: Means) -> str:
    post(means.outgoing, means.secrets["address"], as_json(content(message)), {}, {200})
    return "Slack took it."


def content(message: Message) -> dict[str, Any]:
    """What is posted."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(subject(message), 150), "emoji": False}}
    ]
    for event, at in message.events[:_MOST_SHOWN]:
        blocks.append(_section(_about(message, event, at)))
    left = len(message.events) - _MOST_SHOWN
    if left > 0:
        blocks.append(_section(f"... and {left} more"))
    return {"text": _escaped(subject(message)), "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": cut(text, _LONGEST_SECTION), "verbatim": True},
    }


def _about(message: Message, event: Event, at: datetime) -> str:
    rows = [_escaped(event.text)] if event.text else []
    if message.summary:
        rows.insert(0, f"*{MARKS[event.severity]}: {_escaped(event.title)}*")
    rows += [f"*{_escaped(label)}:* {_escaped(value)}" for label, value in event.facts.items()]
    link = message.link(event)
    when = f"{at:%Y-%m-%d %H:%M} UTC"
    return "\n".join([*rows, f"<{_escaped(link)}|Open in Keyhole> - {when}" if link else when])


def _escaped(text: str) -> str:
    """Slack's three, and what would be bold or struck through by accident stays as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


KIND = ChannelKind(
    id="slack",
    title="Slack",
    about="Posts to a channel of Slack. In Slack: Apps, Incoming Webhooks, Add to Slack, choose the channel, then copy "
    "the webhook URL. Chats with webhooks compatible to Slack's (Mattermost, Rocket.Chat) work too.",
    fields=(
        Field(
            "address",
            "Webhook URL",
            "Whoever knows it can post there: it is kept in the vault and not shown again.",
            secret=True,
            placeholder="https://hooks.slack.com/services/...",
        ),
    ),
    check=_check,
    send=_send,
    unavailable=always_available,
)
