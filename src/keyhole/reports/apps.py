"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports that are kept or shared."""

    name = "keyhole.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"
