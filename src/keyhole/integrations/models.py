"""External systems and the tokens that they hold; what the watch has to do, and what it has said."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from keyhole.connections.models import Connection
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


class TaskKind(StrEnum):
    """What the watch does again and again; also how the jobs' engine stores it, so the words never change."""

    PROBE = "connection-probe"
    REMIND = "expiry-reminders"
    INSPECT = "connection-inspection"
    UNUSED = "unused-rights"


class Task(models.Model):
    """One thing that the watch is to do once, at its time. Ending it puts the next one of its kind in its place."""

    kind = models.CharField(max_length=30)
    subject = models.BigIntegerField(default=0)
    """Id of the connection that is asked about; 0 for what is about all of them."""
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=300, blank=True)
    """What came of it, for people."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(done_at=None), name="one_open_task_of_a_kind"
            ),
        )
        indexes = (models.Index(fields=["kind", "due_at"], condition=Q(done_at=None), name="open_tasks"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} at {self.due_at:%Y-%m-%d %H:%M}"


class Told(models.Model):
    """The trouble with a connection that people were told of last; no row while there is none."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="told")
    problem = models.CharField(max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.connection}: {self.problem}"


class About(StrEnum):
    """What a reminder is about."""

    TOKEN = "token"  # noqa: S105  # a word, not a secret
    CONNECTION = "connection"


class Reminder(models.Model):
    """That people were reminded of an expiration, so many days before it; so that it happens once."""

    about = models.CharField(max_length=12)
    subject = models.BigIntegerField()
    """Id of the token or connection."""
    expires_at = models.DateTimeField()
    days = models.SmallIntegerField()
    """30, 14, 7, 1, or 0 for the expiration itself."""
    sent = models.BooleanField()
    """False when a later reminder of the same moment made it pointless, as after a week without a running server."""
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["about", "subject", "expires_at", "days"], name="one_reminder_each"
            ),
        )

    def __str__(self) -> str:
        return f"{self.about} {self.subject}: {self.days} days"


class RightsChange(models.Model):
    """That GitHub was seen to grant a connection's credential more or less than the time before."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="rights_changes")
    at = models.DateTimeField()
    widened = models.JSONField(default=list)
    """What it can do since, as `contents: write` or `scope repo`."""
    narrowed = models.JSONField(default=list)
    """What it cannot do any more, likewise."""

    def __str__(self) -> str:
        return f"{self.connection}: +{len(self.widened)} -{len(self.narrowed)}"


class Unneeded(models.Model):
    """What people were told last of the rights that a token or connection does not use; so that it is said once."""

    about = models.CharField(max_length=12)
    """One of `About`."""
    subject = models.BigIntegerField()
    """Id of the token or connection."""
    what = models.JSONField(default=list)
    """What was not used, each as `contents: write`."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["about", "subject"], name="one_unneeded_each"),)

    def __str__(self) -> str:
        return f"{self.about} {self.subject}: {len(self.what)} unneeded"
