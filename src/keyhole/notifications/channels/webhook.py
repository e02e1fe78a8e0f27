"""Any program, by a signed POST of JSON. docs/notifications.md documents the body and how to verify the signature.

The signature covers the time and the very bytes of the body (HMAC-SHA256 of `TIME.BODY`), so that a receiver can refuse
what was changed, what was not sent by this Keyhole, and what is old. `Keyhole-Delivery` is the same when a delivery is
attempted again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret
from keyhole.notifications.channels.interface import ChannelKind, Field, Means, Message, always_available
from keyhole.notifications.channels.posting import as_json, host_of, post
from keyhole.providers.outgoing import Outgoing

_SHORTEST_KEY = 16
_LONGEST_KEY = 200


def _check(values: Mapping[str, str], outgoing: Outgoing) -> dict[str, str]:
    key = values.get("key", "")
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInput(
            f"The signing key must have {_SHORTEST_KEY} to {_LONGEST_KEY} characters of ASCII.",
            field="key",
            hint="Leave it empty to have one made.",
        )
    return {"host": host_of(values.get("address", ""), outgoing, "address")}


def _send(message: Message, _values: Mapping[str, str], means: Means) -> str:
    body = as_json(content(message))
    headers = {
        "Keyhole-Event": "summary" if message.summary else message.events[0][0].kind,
        "Keyhole-Delivery": str(message.id),
        "Keyhole-Signature": signature(means.secrets["key"], int(message.at.timestamp()), body),
    }
    reply = post(means.outgoing, means.secrets["address"], body, headers, range(200, 300))
    return f"The receiver answered with status {reply.status}."


def signature(key: Secret, time: int, body: bytes) -> str:
    """The value of `Keyhole-Signature` for a body sent at `time` (seconds since 1970)."""
    digest = hmac.new(key.reveal().encode(), b"%d.%s" % (time, body), hashlib.sha256).hexdigest()
    return f"t={time},v1={digest}"


def content(message: Message) -> dict[str, Any]:
    """What is posted. Members are added in later versions, and never renamed."""
    return {
        "delivery": message.id,
        "title": message.title,
        "severity": message.severity.value,
        "summary": message.summary,
        "keyhole": message.home,
        "events": [
            {
                "kind": event.kind,
                "severity": event.severity.value,
                "title": event.title,
                "text": event.text,
                "url": message.link(event),
                "facts": dict(event.facts),
                "at": at.isoformat(timespec="seconds"),
            }
            for event, at in message.events
        ],
    }


KIND = ChannelKind(
    id="webhook",
    title="Webhook",
    about="Posts signed JSON to a program of yours. docs/notifications.md shows the body and how to verify it.",
    fields=(
        Field(
            "address",
            "Address",
            "Where to post. It may hold a secret, so it is kept in the vault and not shown again.",
            secret=True,
            placeholder="https://receiver.example.com/keyhole",
        ),
        Field(
            "key",
            "Signing key",
            "At least 16 characters. Leave it empty to have one made; it is displayed once.",
            secret=True,
            generated=True,
        ),
    ),
    check=_check,
    send=_send,
    unavailable=always_available,
)
