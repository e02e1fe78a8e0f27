"""The audit records of a scan, with their places in the chain."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Any

from django.db.models import Q

from keyhole.audit.models import Entry
from keyhole.scans.models import Scan

_ACTIONS = ("scan:create", "scan:run", "scan:stop", "scan:finish")
_BEFORE = timedelta(seconds=60)


def of_scan(scan: Scan) -> list[Entry]:
    """What the log has of the scan, up to its end: who asked for it, its token, what was read with it, its end.

    Records from later are left out, so that the same scan always has the same ones.
    """
    own = list(_own(scan))
    end = own[-1].seq if own else 0
    mine = Q(who=f"scan {scan.pk}")
    if scan.token_id is not None:
        mine |= Q(token_id=scan.token_id) | Q(about_token_id=scan.token_id)
    beside = Entry.objects.filter(mine, seq__lte=end)
    return sorted({entry.seq: entry for entry in [*own, *beside]}.values(), key=lambda entry: entry.seq)


def _own(scan: Scan) -> Iterable[Entry]:
    since = scan.created_at - _BEFORE
    # By action and time: there is no index by scan, and a log has millions of records of other things.
    for entry in Entry.objects.filter(action__in=_ACTIONS, at__gte=since).order_by("seq").iterator():
        subject = entry.subject if isinstance(entry.subject, dict) else {}
        if subject.get("scan_id") != scan.pk:
            continue
        yield entry
        if entry.action == "scan:finish":
            return


def lines(entries: Iterable[Entry]) -> bytes:
    """One JSON object a line, with every field that a record's hash is over."""
    return "".join(json.dumps(_plain(entry), sort_keys=True) + "\n" for entry in entries).encode()


def _plain(entry: Entry) -> dict[str, Any]:
    names = ("seq", "id", "action", "outcome", "actor", "subject", "token_id", "previous", "hash")
    return {**{name: getattr(entry, name) for name in names}, "at": entry.at.astimezone(UTC).isoformat()}
