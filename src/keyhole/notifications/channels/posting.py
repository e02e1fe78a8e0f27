"""What the kinds that post to a web address share: checking it, and what the answers mean."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.core.redact import one_line
from keyhole.core.secret import Secret
from keyhole.notifications.channels.interface import NotDelivered
from keyhole.providers.addresses import pin
from keyhole.providers.outgoing import Outgoing, Reply, Unreachable

_BUSY = frozenset({408, 425, 429})


def host_of(address: str, outgoing: Outgoing, field: str) -> str:
    """The host of an address that may be opened: all that is shown of it later. InvalidInput when it may not."""
    return pin(address, allow_private=outgoing.allow_private, name=field).authority


def as_json(content: Mapping[str, Any]) -> bytes:
    """The bytes of a JSON body."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def post(
    outgoing: Outgoing, address: Secret, body: bytes, headers: Mapping[str, str], accepted: Collection[int]
) -> Reply:
    """Post once. NotDelivered, final or not, unless the answer's status is one of `accepted`."""
    try:
        reply = outgoing.request(
            "POST", address, headers={"Content-Type": "application/json", **headers}, body=body
        )
    except Unreachable as problem:
        raise NotDelivered(f"{problem.message} {problem.hint}".strip()) from problem
    except InvalidInput as problem:
        raise NotDelivered(f"{problem.message} {problem.hint}".strip(), final=True) from problem
    if reply.status in accepted:
        return reply
    raise _refused(reply)


def said(reply: Reply) -> str:
    """The first words of an answer's body."""
    return one_line(reply.body[:500].decode("utf-8", "replace"), 120)


def _refused(reply: Reply) -> NotDelivered:
    words = said(reply) if "html" not in reply.headers.get("content-type") else ""
    told = f" and said: {words}" if words else ""
    if 300 <= reply.status < 400:
        return NotDelivered(
            f"The receiver sent the message on elsewhere (status {reply.status}), which is not followed. "
            "Enter the address that it leads to.",
            final=True,
        )
    if reply.status in _BUSY or reply.status >= 500:
        return NotDelivered(f"The receiver could not take it now (status {reply.status}){told}.")
    return NotDelivered(
        f"The receiver refused it (status {reply.status}){told}. "
        "The address may have been withdrawn there: make a new one and enter it here.",
        final=True,
    )
