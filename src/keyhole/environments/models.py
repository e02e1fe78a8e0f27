"""Environments: what findings are measured by, who hears of it, and the policies that they choose from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from keyhole.core import gates
from keyhole.core.policy_text import from_json
from keyhole.core.terms import Severity
from keyhole.notifications.models import Channel


class Policy(models.Model):
    """What must hold for a scan to pass. What it says is in its versions; the last one counts."""

    name = models.CharField(max_length=60)
    description = models.CharField(max_length=1024, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)
    """Rows are kept: a verdict on an earlier scan names its policy and version."""

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=Q(removed_at=None), name="policies_differ_by_name"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def latest(self) -> PolicyVersion:
        """The version that counts now."""
        return self.versions.order_by("-number")[0]


class PolicyVersion(models.Model):
    """What a policy said at one time. Never changed: another one is added."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    """From 1."""
    data = models.JSONField()
    """The policy as `core.gates.Policy.to_json` writes it."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["policy", "number"], name="one_row_per_version"),)

    def __str__(self) -> str:
        return f"{self.policy_id} version {self.number}"

    def as_core(self) -> gates.Policy:
        """The policy as it is judged by. InvalidInput if the row is damaged."""
        return from_json(self.data)


class Environment(models.Model):
    """Where the code of a scan goes, such as production: what matters there, and how soon it must be dealt with."""

    name = models.CharField(max_length=40)
    description = models.CharField(max_length=1024, blank=True)
    rank = models.PositiveSmallIntegerField(default=100)
    """The lowest is listed first, and is where it matters most."""
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, null=True, related_name="environments")
    """What its scans are judged by; None for nothing."""
    due_days = models.JSONField(default=dict)
    """Days until a finding is due, by severity; a severity that is not in it has no date."""
    channels = models.ManyToManyField(Channel, related_name="+")
    """Who hears at once of breaches and of findings that are overdue, whatever else the channel's rules say."""
    upstream = models.JSONField(default=list)
    """What GitHub is told of its scans: some of `UPSTREAM`."""
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("rank", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=Q(removed_at=None), name="environments_differ_by_name"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def due(self) -> list[tuple[str, int | None]]:
        """Severity and days, worst first."""
        return [(severity.value, self.due_days.get(severity.value)) for severity in Severity]


UPSTREAM = {
    "status": "Commit status",
    "comment": "Comment on the pull request",
    "sarif": "Code scanning alerts (SARIF)",
}
"""What GitHub can be told of a scan, and how people call it."""
