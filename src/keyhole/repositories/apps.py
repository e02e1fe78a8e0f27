"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig


class RepositoriesConfig(AppConfig):
    """Repositories by immutable id."""

    name = "keyhole.repositories"
    label = "repositories"
    default_auto_field = "django.db.models.BigAutoField"
