"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.jobs import offer


class ReportsConfig(AppConfig):
    """Reports that are kept or shared."""

    name = "keyhole.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the workers where the jobs are."""
        offer("keyhole.reports.expiring")
        offer("keyhole.reports.github.job")
        offer("keyhole.reports.sending")
