"""An access log of the gateway: the audit log as `keyhole audit export` writes it, one JSON object a line.

What was allowed is what the tool does; what was refused it did without, and is told but not planned for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.core.plural import counted
from keyhole.planner.asked import Asked, Reading, Unmatched, by_id, gathered, judged, writes_files
from keyhole.planner.endpoints import read_line

LARGEST = 256 * 1024 * 1024
"""Bytes of a file that are read at most."""
_LONGEST_LINE = 64 * 1024
_ANSWERED = re.compile(r' HTTP/[0-9.]+" ([0-9]{3})\b')
"""The status in a line of a web server's log."""
_REFUSED = ("401", "403", "404")
_SURFACES = ("rest:", "git:")


def read_access_log(content: bytes) -> Reading:
    """What the requests of a log ask for; lines of a web server's log are understood as well.

    InvalidInput when nothing in it is a line of such a log.
    """
    if len(content) > LARGEST:
        raise InvalidInput(
            f"The log has {len(content):,} bytes; at most {LARGEST:,} are read.",
            field="recording",
            hint="Split it, and paste the endpoints of the parts together.",
        )
    tally = Tally()
    found = list(_found(content, tally))
    if not tally.understood:
        raise InvalidInput(
            "No line of the file is a line of an access log.",
            field="recording",
            hint="`keyhole audit export` writes one.",
        )
    return gathered(found, tally.notes())


class Tally:
    """What was not planned for, counted."""

    def __init__(self) -> None:
        self.understood = 0
        """Lines that are of a log."""
        self.refused = 0
        self.strange = 0

    def notes(self) -> list[str]:
        """It in sentences."""
        told = []
        if self.refused:
            told.append(
                f"{counted(self.refused, 'request')} that {'was' if self.refused == 1 else 'were'} refused "
                f"{'is' if self.refused == 1 else 'are'} not planned for."
            )
        if self.strange:
            told.append(f"{counted(self.strange, 'line')} could not be read.")
        return told


def _found(content: bytes, tally: Tally) -> Iterator[Asked | Unmatched]:
    for raw in content.splitlines():
        if not raw.strip():
            continue
        line = raw[:_LONGEST_LINE].decode("utf-8", "replace")
        record = _json(line)
        if record is not None:
            tally.understood += 1
            if (
                each := of_record(record.get("action"), record.get("outcome"), record.get("subject"), tally)
            ) is not None:
                yield each
        elif (answered := _ANSWERED.search(line)) is not None:
            tally.understood += 1
            if answered[1] in _REFUSED:
                tally.refused += 1
            else:
                yield read_line(line)
        else:
            tally.strange += 1


def _json(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and "action" in record and "subject" in record else None


def of_record(action: object, outcome: object, subject: object, tally: Tally) -> Asked | Unmatched | None:
    """What one record of the audit log asks for; None for a record of something else, and for what was refused."""
    if not isinstance(action, str) or not action.startswith(_SURFACES) or not isinstance(subject, dict):
        return None
    if outcome != "allowed":
        tally.refused += 1
        return None
    operation = by_id().get(str(subject.get("operation")))
    if operation is None:
        return None
    used = subject.get("used")
    touched = isinstance(used, dict) and "workflows" in used and writes_files(operation)
    return judged(Asked(operation, workflows=touched))
