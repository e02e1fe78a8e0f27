"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models import Model
from django.db.models.signals import pre_delete

from keyhole.jobs import offer


class SchedulesConfig(AppConfig):
    """Saved scans and when they are due."""

    name = "keyhole.schedules"
    label = "schedules"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the workers where the jobs are, and scans who wants to know when one is deleted."""
        offer("keyhole.schedules.jobs")
        offer("keyhole.schedules.again")
        pre_delete.connect(_forget, sender="scans.Scan")


def _forget(instance: Model, **_given: object) -> None:
    from keyhole.schedules import again  # noqa: PLC0415 - the models need Django to be set up

    again.forget(instance.pk)
