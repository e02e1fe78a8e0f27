"""Which permissions a connection was really used with: noted with every piece of work that succeeded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from keyhole.connections.models import Connection, Used
from keyhole.core.permissions import Level, PermissionSet


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a permission."""

    level: Level
    """The highest that was used."""
    last_at: datetime
    """When it was last used, at any level."""


def note_use(connection: Connection, permissions: PermissionSet) -> None:
    """Remember that work which takes these permissions was done now."""
    now = timezone.now()
    for name, level in permissions.items():
        Used.objects.update_or_create(
            connection=connection, permission=name, level=level.word, defaults={"last_at": now}
        )


def used_since(connection: Connection, since: datetime) -> dict[str, Use]:
    """Each permission that was used at that moment or later."""
    found: dict[str, Use] = {}
    for row in Used.objects.filter(connection=connection, last_at__gte=since):
        level, before = Level.parse(row.level), found.get(row.permission)
        found[row.permission] = (
            Use(max(level, before.level), max(row.last_at, before.last_at))
            if before
            else Use(level, row.last_at)
        )
    return found
