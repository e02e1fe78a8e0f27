"""Advisories made up for tests, in OSV's form."""

from __future__ import annotations

import json

from keyhole.scanners.dependencies.index import build
from keyhole.scanners.dependencies.osv import parse


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
    build(file, [parse(json.dumps(each).encode()) for each in records], "2026-11-25T00:00:00Z")
    return file
