"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.jobs import offer


class SchedulesConfig(AppConfig):
    """Saved scans and when they are due."""

    name = "keyhole.schedules"
    label = "schedules"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the workers where the jobs are."""
        offer("keyhole.schedules.jobs")
        offer("keyhole.schedules.again")
