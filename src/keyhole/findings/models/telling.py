"""What GitHub is to be told of scans, and what came of telling it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from keyhole.environments.models import UPSTREAM
from keyhole.scans.models import Scan


class Telling(models.Model):
    """One thing that GitHub is told of one scan, after it has ended, by a job of its own."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "Waiting"
        DONE = "done", "Told"
        FAILED = "failed", "Not told"
        NOTHING = "nothing", "Nothing to tell"

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="tellings")
    what = models.CharField(max_length=10, choices=list(UPSTREAM.items()))
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    """When it is to be attempted, for the first time or again."""
    attempts = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(max_length=500, blank=True)
    """What was told, or why it was not, for people."""
    hint = models.CharField(max_length=500, blank=True)
    """What to do about that."""
    url = models.CharField(max_length=500, blank=True)
    """Where it can be seen on GitHub; may be empty."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["state", "due_at"], name="tellings_due"),)
        constraints = (models.UniqueConstraint(fields=["scan", "what"], name="one_telling_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.what} of scan {self.scan_id}: {self.state}"
