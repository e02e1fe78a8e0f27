"""What the watch says to people: on record in the server's log, and on the overview by the state that it is about."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from keyhole.core.caller import Caller

log = logging.getLogger("keyhole.watch")


class Severity(StrEnum):
    """How much it matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say."""

    kind: str
    severity: Severity
    title: str
    """One line that says it all."""
    text: str = ""
    """What it means and what to do."""
    url: str = ""
    """Where to act: a path of this Keyhole."""
    facts: Mapping[str, str] = field(default_factory=dict)


_LEVELS = {Severity.INFO: logging.INFO, Severity.WARNING: logging.WARNING, Severity.CRITICAL: logging.ERROR}


def tell(caller: Caller, notice: Notice) -> None:
    """Say it. Called in the transaction that remembers that it was said."""
    log.log(_LEVELS[notice.severity], "%s: %s", notice.title, notice.text)
