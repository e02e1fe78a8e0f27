"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.jobs import offer
from keyhole.scans.programs import use_settings_for_programs


class ScansConfig(AppConfig):
    """Code scans and their findings."""

    name = "keyhole.scans"
    label = "scans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the workers where the job is, and the scanners where their programs are."""
        offer("keyhole.scans.job")
        use_settings_for_programs()
