"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.jobs import offer


class IntegrationsConfig(AppConfig):
    """The register of external systems."""

    name = "keyhole.integrations"
    label = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the workers where the jobs of the watch are."""
        offer("keyhole.integrations.watch.jobs")
