"""Saved code scans, each time that one of them was or will be due, and which state of a repository was scanned last."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from keyhole.environments.models import Environment
from keyhole.repositories.models import Repository
from keyhole.scans.models import Scan


class When(models.TextChoices):
    """What makes a schedule due."""

    ONCE = "once", "Once, at a time"
    TIMES = "times", "Again and again, at times"
    PUSH = "push", "When something was pushed"


class Schedule(models.Model):
    """A code scan that runs by itself, over one repository or several."""

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1024, blank=True)
    repositories = models.ManyToManyField(Repository, related_name="schedules")
    ref = models.CharField(max_length=1000, blank=True)
    """Branch or tag as a person wrote it; empty for all of them."""
    scanners = models.JSONField(default=list)
    environment = models.ForeignKey(Environment, on_delete=models.SET_NULL, null=True, related_name="+")

    when = models.CharField(max_length=8, choices=When.choices)
    at = models.DateTimeField(null=True)
    """The one time, for `once`."""
    cron = models.CharField(max_length=100, blank=True)
    """Five fields, for `times`."""
    zone = models.CharField(max_length=64, default="UTC")
    """IANA name of the time zone in which `cron` counts."""
    poll_minutes = models.PositiveSmallIntegerField(default=0)
    """For `push`: how often to look at the repositories besides being told; 0 is never."""
    hook = models.CharField(max_length=32, blank=True, db_index=True)
    """Public name of its webhook; empty if it has none. The webhook's secret is in the vault."""

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    """Whom its scans act for."""
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    told = models.JSONField(null=True)
    """What people were told it could not scan: for each repository's id, or 0, a digest of that and when it was."""

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def live(self) -> bool:
        """Whether it runs by itself."""
        return self.paused_at is None and self.removed_at is None

    @property
    def measured_by(self) -> Environment | None:
        """The environment of its next scan. None, too, where the one that was chosen was removed since."""
        chosen = self.environment
        return chosen if chosen is not None and chosen.removed_at is None else None


class Cause(models.TextChoices):
    """Why a schedule was due."""

    TIME = "time", "Its time came"
    PUSH = "push", "Something was pushed"
    LOOK = "look", "A look for pushes"
    HAND = "hand", "Somebody ran it"
    API = "api", "A program ran it"


class Occurrence(models.Model):
    """One time that a schedule is due. Ending one puts the next one in its place, if there is to be one."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="occurrences")
    cause = models.CharField(max_length=8, choices=Cause.choices)
    subject = models.BigIntegerField(default=0)
    """Id of the repository that was pushed to; 0 for all of the schedule's."""
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    batch = models.CharField(max_length=32, blank=True, db_index=True)
    """The `Scan.batch` of what it started."""
    started = models.PositiveIntegerField(default=0)
    """How many scans it started."""
    outcome = models.CharField(max_length=500, blank=True)
    """What came of it, for people."""
    failed = models.BooleanField(default=False)
    """Whether something that should have been scanned was not."""
    tries = models.PositiveSmallIntegerField(default=1)
    """How often what was pushed was looked at one after the other, this time included, as each before it failed."""

    class Meta:
        ordering = ("-due_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["schedule", "cause", "subject"], condition=Q(done_at=None), name="one_open_occurrence"
            ),
        )
        indexes = (models.Index(fields=["due_at"], condition=Q(done_at=None), name="open_occurrences"),)

    def __str__(self) -> str:
        return f"{self.schedule_id} at {self.due_at:%Y-%m-%d %H:%M}: {self.cause}"


class Seen(models.Model):
    """What the branches and tags of a repository named when a schedule looked at it last."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="seen")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+")
    ref = models.CharField(max_length=1000, blank=True)
    """Full name of the branch that it is about; empty for what the schedule itself is about. See `changes`."""
    tips = models.CharField(max_length=64)
    """A digest of them, or the one commit; empty if there was nothing."""
    scan = models.ForeignKey(Scan, on_delete=models.SET_NULL, null=True, related_name="+")
    """The scan of that state; one that failed saw nothing of it. None if it was deleted, or if there was none."""
    tries = models.PositiveSmallIntegerField(default=1)
    """How often it was tried one after the other to scan that state, this scan included, as each before it failed."""
    noted = models.BooleanField(default=False)
    """Whether it was seen to that the scan failed; see `again`."""
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["schedule", "repository", "ref"], name="seen_once_each"),
        )

    def __str__(self) -> str:
        return f"{self.schedule_id}: {self.repository_id} at {self.at:%Y-%m-%d %H:%M}"
