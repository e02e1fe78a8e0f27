"""A fine-grained token as it is stored: everything but the token itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from keyhole.accounts.models import Owner
from keyhole.core.grant import Grant, load


class Purpose(StrEnum):
    """What a token was generated for."""

    INTEGRATION = "integration"
    SCAN = "scan"
    DEMO = "demo"


class State(StrEnum):
    """Whether a token can be used, and why not."""

    ACTIVE = "active"
    PAUSED = "paused"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Withheld(StrEnum):
    """Why a token that is neither revoked nor expired may do nothing; empty is that it may."""

    NOTHING = ""
    APPROVAL = "awaiting_approval"
    DENIED = "not_approved"
    POLICY = "against_policy"
    ROLE = "role"
    """Never stored: the person's role does not include generating it any more."""


class Text(StrEnum):
    """What one text of a token is worth; a token has two while it is being rotated."""

    CURRENT = "current"
    NEW = "new"
    """Made by a rotation and not used yet: its first use ends the current one."""
    ENDED = "ended"


def state_of(
    revoked_at: datetime | None,
    expires_at: datetime | None,
    moment: datetime,
    paused_at: datetime | None = None,
) -> State:
    """Whether a token with these dates can be used at a moment."""
    if revoked_at is not None:
        return State.REVOKED
    if expires_at is not None and moment >= expires_at:
        return State.EXPIRED
    return State.ACTIVE if paused_at is None else State.PAUSED


def text_of(
    presented: bytes,
    current: bytes | memoryview,
    new: bytes | memoryview | None,
    overlap_ends_at: datetime | None,
    moment: datetime,
) -> Text:
    """What the text with the digest `presented` is worth at a moment. What is not known has ended."""
    if new is not None and presented == bytes(new):
        return Text.NEW
    overlap_over = new is not None and overlap_ends_at is not None and moment >= overlap_ends_at
    return Text.CURRENT if presented == bytes(current) and not overlap_over else Text.ENDED


class Token(models.Model):
    """One token. Rows are kept after revocation: the id in old audit records goes on meaning this one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=40)
    description = models.CharField(max_length=1024, blank=True)
    purpose = models.CharField(max_length=20, default=Purpose.INTEGRATION.value)
    grant = models.JSONField()
    digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the token."""
    next_digest = models.BinaryField(max_length=32, unique=True, null=True)
    """SHA-256 of the text that a rotation made and nobody has used yet; None when no rotation is under way."""
    next_since = models.DateTimeField(null=True)
    overlap_ends_at = models.DateTimeField(null=True)
    """First moment at which the old text is refused although the new one was not used."""
    withheld = models.CharField(max_length=20, blank=True, default="")
    """A `Withheld`. What is not known there withholds as well."""
    for_others = models.BooleanField(default=False)
    """Whether the resource owner is not the person, so that a role must include that, or an approval."""
    approved = models.BooleanField(default=False)
    """Whether somebody approved it."""
    previous_digest = models.BinaryField(max_length=32, unique=True, null=True)
    """SHA-256 of the text before the last rotation. It allows nothing; a tool that still has it can be named."""
    previous_ended_at = models.DateTimeField(null=True)
    previous_work_until = models.DateTimeField(null=True)
    """Until when a clone that began with the text before may run on."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    """First moment at which it is no longer valid; None is no expiration."""
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=200, blank=True)
    paused_at = models.DateTimeField(null=True)
    paused_reason = models.CharField(max_length=200, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
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
        return state_of(self.revoked_at, self.expires_at, moment, self.paused_at)

    def text_at(self, presented: bytes, moment: datetime) -> Text:
        """What the text with this digest is worth at a moment."""
        return text_of(presented, self.digest, self.next_digest, self.overlap_ends_at, moment)

    def carries(self, presented: bytes, moment: datetime) -> bool:
        """Whether work that began with the text of this digest may go on at a moment."""
        if presented in (bytes(self.digest), bytes(self.next_digest or b"")):
            return True
        until = self.previous_work_until
        return until is not None and moment < until and presented == bytes(self.previous_digest or b"")

    @property
    def rotating(self) -> bool:
        """Whether a new text was made that nobody has used yet."""
        return self.next_digest is not None

    def grant_value(self) -> Grant:
        """What it may. ValueError when the stored form is not understood to the last field: deny everything."""
        return load(self.grant)


class UsageDay(models.Model):
    """How much one token was used on one day, by UTC."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    requests = models.BigIntegerField(default=0)
    """How many requests were allowed."""
    denials = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "day"], name="one_usage_row_per_day"),)

    def __str__(self) -> str:
        return f"{self.token_id} on {self.day}"


class SeenKind(StrEnum):
    """What is remembered about the use of a token."""

    OPERATION = "operation"
    """Id of an operation that was allowed."""
    PERMISSION = "permission"
    """`name:level` that an allowed operation was allowed by."""
    REPOSITORY = "repository"
    """Id of a repository that an allowed operation named."""
    ADDRESS = "address"
    AGENT = "agent"


class Seen(models.Model):
    """One thing that a token was used for, or from where, and when that was seen first and last."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="seen")
    kind = models.CharField(max_length=12)
    what = models.CharField(max_length=200)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    """Exact to the hour: it is written once in an hour."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["token", "kind", "what"], name="one_row_per_thing_seen"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.what}"


class TokenPolicy(models.Model):
    """What tokens of a resource owner must keep to; the row without an owner is about all of them (`policy.py`)."""

    owner = models.OneToOneField(Owner, on_delete=models.PROTECT, null=True, related_name="token_policy")
    max_days = models.PositiveIntegerField(null=True)
    approval = models.CharField(max_length=10, default="never")
    ceilings = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"policy of {self.owner.login if self.owner else 'all resource owners'}"


class Approval(models.Model):
    """One token that somebody must approve, and what was decided. Rows are kept."""

    token = models.OneToOneField(Token, on_delete=models.CASCADE, related_name="approval")
    requested_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=10, blank=True)
    """`approved`, `denied`, or empty while it waits."""
    reason = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"approval of token {self.token_id}"
