"""What judging scans by policies came to, and when people were reminded of overdue findings."""

from __future__ import annotations

from typing import Any

from django.db import models

from keyhole.environments.models import Environment, PolicyVersion
from keyhole.scans.models import Scan


class Judgement(models.Model):
    """The verdict on one scan, as its environment's policy was then."""

    scan = models.OneToOneField(Scan, on_delete=models.CASCADE, primary_key=True, related_name="judgement")
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    """What it was judged by; versions never change."""
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    passed = models.BooleanField()
    breaches = models.JSONField(default=list)
    """As `core.gates.Breach` is encoded, in the order of the policy's gates."""
    counted = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    """Findings that counted, and those that did not since somebody had decided about them."""
    at = models.DateTimeField()

    class Meta:
        ordering = ("-scan",)

    def __str__(self) -> str:
        return f"scan {self.scan_id}: {'passed' if self.passed else 'breach'}"

    def to_json(self) -> dict[str, Any]:
        """The verdict for machines."""
        return {
            "passed": self.passed,
            "environment": self.environment.name,
            "policy": self.version.data.get("name", ""),
            "policy_version": self.version.number,
            "breaches": self.breaches,
            "counted": self.counted,
            "accepted": self.accepted,
            "at": self.at.isoformat(timespec="seconds"),
        }


class Overdue(models.Model):
    """On which day people were last reminded of an environment's overdue findings."""

    environment = models.OneToOneField(
        Environment, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    day = models.DateField()
    """UTC."""

    def __str__(self) -> str:
        return f"{self.environment_id} on {self.day}"
