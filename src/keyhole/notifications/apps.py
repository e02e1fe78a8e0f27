"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notifications."""

    name = "keyhole.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
