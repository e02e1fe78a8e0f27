"""What the watch says to people: to every place that wants to know, and to the server's log."""

from __future__ import annotations

import logging

from keyhole.core.caller import Caller
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish

log = logging.getLogger("keyhole.watch")

_LEVELS = {Severity.INFO: logging.INFO, Severity.WARNING: logging.WARNING, Severity.CRITICAL: logging.ERROR}


def tell(caller: Caller, event: Event) -> None:
    """Say it. Called in the transaction that remembers that it was said, so that both happen or neither does."""
    log.log(_LEVELS[event.severity], "%s: %s", event.title, event.text)
    publish(caller, event)
