"""Times as GitHub writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def zulu(moment: datetime) -> str:
    """`2026-01-31T12:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
