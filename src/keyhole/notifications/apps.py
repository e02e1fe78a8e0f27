"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.jobs import offer


class NotificationsConfig(AppConfig):
    """Notifications."""

    name = "keyhole.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the workers where the jobs are."""
        offer("keyhole.notifications.delivery")
        offer("keyhole.notifications.following")
