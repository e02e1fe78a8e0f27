"""An external system: what it is called, whose it is and what for, and which tokens it holds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from keyhole.tokens.models import Token


class Integration(models.Model):
    """One external system. Its tokens come and go; the row is kept after it was removed, for the audit log's sake."""

    name = models.CharField(max_length=60)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="integrations")
    """The person to ask about it."""
    purpose = models.CharField(max_length=200, blank=True)
    """What it is for, in a sentence."""
    notes = models.TextField(max_length=2000, blank=True)
    preset = models.CharField(max_length=60, blank=True)
    """Id of the planner's preset that it was set up from; empty when there is none."""
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)
    tokens: models.ManyToManyField[Token, Membership] = models.ManyToManyField(
        Token, through="Membership", related_name="integrations"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=Q(removed_at=None), name="one_live_integration_per_name"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """That a token is held by an integration; by one at most."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="memberships")
    token = models.OneToOneField(Token, on_delete=models.CASCADE, related_name="membership")
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.token} of {self.integration}"
