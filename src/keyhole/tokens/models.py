"""A fine-grained token as it is stored: everything but the token itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from keyhole.core.grant import Grant, load


class Purpose(StrEnum):
    """What a token was generated for."""

    INTEGRATION = "integration"
    SCAN = "scan"
    DEMO = "demo"


class State(StrEnum):
    """Whether a token can be used, and why not."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


def state_of(revoked_at: datetime | None, expires_at: datetime | None, moment: datetime) -> State:
    """Whether a token with these dates can be used at a moment."""
    if revoked_at is not None:
        return State.REVOKED
    if expires_at is not None and moment >= expires_at:
        return State.EXPIRED
    return State.ACTIVE


class Token(models.Model):
    """One token. Rows are kept after revocation: the id in old audit records goes on meaning this one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=40)
    description = models.CharField(max_length=1024, blank=True)
    purpose = models.CharField(max_length=20, default=Purpose.INTEGRATION.value)
    grant = models.JSONField()
    digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the token."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    """First moment at which it is no longer valid; None is no expiration."""
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=200, blank=True)
    last_used_at = models.DateTimeField(null=True)
    """Last time that something was allowed with it."""
    last_used_address = models.CharField(max_length=64, blank=True)
    last_used_agent = models.CharField(max_length=200, blank=True)
    requests = models.BigIntegerField(default=0)
    """How many requests were allowed with it."""
    denials = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(revoked_at=None), name="one_live_token_per_name"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> State:
        """Whether it can be used now."""
        return self.state_at(timezone.now())

    def state_at(self, moment: datetime) -> State:
        """Whether it can be used at a moment."""
        return state_of(self.revoked_at, self.expires_at, moment)

    def grant_value(self) -> Grant:
        """What it may. ValueError when the stored form is not understood to the last field: deny everything."""
        return load(self.grant)
