"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.jobs import offer
from keyhole.scans.afterwards import offer_afterwards


class InventoryConfig(AppConfig):
    """Libraries of all repositories."""

    name = "keyhole.inventory"
    label = "inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells scans where the part is that takes their libraries over, and workers where advisories are fetched."""
        offer_afterwards("keyhole.inventory.taking")
        offer("keyhole.inventory.refreshing")
