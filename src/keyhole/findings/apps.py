"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig

from keyhole.environments.removal import offer_on_removal
from keyhole.jobs import offer
from keyhole.scans.afterwards import offer_afterwards


class FindingsConfig(AppConfig):
    """Findings of all scans together, and the decisions about them."""

    name = "keyhole.findings"
    label = "findings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells the scans and the workers where this room's parts are."""
        offer_afterwards("keyhole.findings.life")
        offer_afterwards("keyhole.findings.judging")
        offer_afterwards("keyhole.findings.telling")
        offer_on_removal("keyhole.findings.due")
        offer("keyhole.findings.expiring")
        offer("keyhole.findings.letting_go")
        offer("keyhole.findings.overdue")
