"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.jobs import offer


class ConnectionsConfig(AppConfig):
    """Connections to upstreams."""

    name = "keyhole.connections"
    label = "connections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the workers where the job is."""
        offer("keyhole.connections.app_draft")
