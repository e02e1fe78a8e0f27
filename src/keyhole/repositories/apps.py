"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.jobs import offer


class RepositoriesConfig(AppConfig):
    """Repositories by immutable id."""

    name = "keyhole.repositories"
    label = "repositories"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the workers where the job is."""
        offer("keyhole.repositories.listing")
