"""Advisories made up for tests, in OSV's form."""

from __future__ import annotations

import json

from keyhole.scanners.dependencies.draft import Draft, Settled
from keyhole.scanners.dependencies.osv import parse

AT = "2026-11-25T00:00:00Z"


def record(identity="GHSA-aaaa-bbbb-cccc", name="tool", ecosystem="PyPI", events=None, **more):
    events = [{"introduced": "0"}, {"fixed": "2.0"}] if events is None else events
    return {
        "id": identity,
        "modified": "2026-01-02T03:04:05Z",
        "summary": "It breaks",
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
        **more,
    }


def index_of(folder, *records):
    file = folder / "advisories.sqlite3"
    with Draft(file) as draft:
        for each in records:
            advisory = parse(json.dumps(each).encode())
            for ecosystem, _ in advisory.affected:
                draft.put(ecosystem, advisory, advisory.modified)
                draft.settle(ecosystem, Settled(AT, advisory.modified, AT, ""))
        draft.commit()
    return file
