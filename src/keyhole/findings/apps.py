"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Findings of all scans together, and the decisions about them."""

    name = "keyhole.findings"
    label = "findings"
    default_auto_field = "django.db.models.BigAutoField"
