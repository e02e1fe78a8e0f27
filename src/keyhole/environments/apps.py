"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class EnvironmentsConfig(AppConfig):
    """What findings are measured by."""

    name = "keyhole.environments"
    label = "environments"
    default_auto_field = "django.db.models.BigAutoField"
