"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Libraries of all repositories."""

    name = "keyhole.inventory"
    label = "inventory"
    default_auto_field = "django.db.models.BigAutoField"
