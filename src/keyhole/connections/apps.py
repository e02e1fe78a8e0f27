"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """Connections to upstreams."""

    name = "keyhole.connections"
    label = "connections"
    default_auto_field = "django.db.models.BigAutoField"
