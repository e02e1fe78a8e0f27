"""Django's handle on the room."""

from __future__ import annotations

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Sealed secrets."""

    name = "keyhole.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"
