"""Channels, their rules, what happened, and what was sent of it. Secrets of channels lie in the vault."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from keyhole.notifications.events import Event, Severity


class When(models.TextChoices):
    """How fast a rule wants to be told."""

    NEVER = "never", "Never"
    IMMEDIATELY = "immediately", "Immediately"
    DAILY = "daily", "In the daily summary"


class State(models.TextChoices):
    """How far a delivery is."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


class Channel(models.Model):
    """A place that people are told at: some mail addresses, a room of a chat, a web address."""

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    """Name of a module of `notifications.channels`."""
    values = models.JSONField(default=dict)
    """What is not secret of its settings, by field."""
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    """Rows are kept: the audit log speaks of them."""
    sent_at = models.DateTimeField(null=True)
    """When something last arrived."""
    problem = models.CharField(max_length=500, blank=True)
    """Why the last attempt failed, for people; empty when it did not."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=Q(removed_at=None), name="channels_differ_by_name"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> str:
        """Where it sends to, as far as that may be shown: a host, or mail addresses."""
        return str(self.values.get("host") or self.values.get("to") or "")


class Rule(models.Model):
    """What a channel is told of one kind of event."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="rules")
    kind = models.CharField(max_length=60)
    """One of `events.EVENTS`, or `*`."""
    least = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Severity])
    when = models.CharField(max_length=20, choices=When.choices)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["channel", "kind"], name="one_rule_per_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} from {self.least}: {self.when}"


class Occurrence(models.Model):
    """An event that at least one channel wants to know of."""

    kind = models.CharField(max_length=60)
    severity = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=dict)
    by = models.CharField(max_length=254)
    """Who caused it: a person's address or a job's name."""
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.title

    def as_event(self) -> Event:
        """The event as it was published."""
        return Event(self.kind, Severity(self.severity), self.title, self.text, self.url, self.facts)


class Delivery(models.Model):
    """One message to one channel, of one event or of those of a day."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    occurrences = models.ManyToManyField(Occurrence, related_name="deliveries")
    summary = models.BooleanField(default=False)
    """Whether events are collected in it until it is due."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    """When it is to be attempted, for the first time or again."""
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    """Why the last attempt failed, for people."""
    answer = models.CharField(max_length=200, blank=True)
    """What the other side said when it took it."""
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["state", "due_at"], name="deliveries_due"),)
        constraints = (
            models.UniqueConstraint(
                fields=["channel"],
                condition=Q(summary=True, state="waiting", attempts=0),
                name="one_open_summary_per_channel",
            ),
        )

    def __str__(self) -> str:
        return f"delivery {self.pk} to {self.channel_id}"


class Followed(models.Model):
    """How far the audit log has been looked at for events. At most one row; none before that has begun."""

    only = models.BooleanField(default=True, unique=True)
    seq = models.BigIntegerField()
    """Position of the last record that was looked at."""

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(only=True), name="one_place_in_the_log"),)

    def __str__(self) -> str:
        return f"followed to {self.seq}"
