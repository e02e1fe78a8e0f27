"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """The register of external systems."""

    name = "keyhole.integrations"
    label = "integrations"
    default_auto_field = "django.db.models.BigAutoField"
