"""What happened to findings, which scans were taken into account, and how many were open on each day."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from keyhole.findings.models.decision import Decision
from keyhole.findings.models.problem import Problem
from keyhole.repositories.models import Repository
from keyhole.scans.models import Scan


class Happened(models.TextChoices):
    """What can happen to a finding after it was first seen."""

    FIXED = "fixed", "Fixed"
    REOPENED = "reopened", "Reopened"
    DECIDED = "decided", "Decided"
    WITHDRAWN = "withdrawn", "Decision withdrawn"
    EXPIRED = "expired", "Decision expired"
    OUTGROWN = "outgrown", "Decision about another version"
    LEFT = "left", "Out of the folder of the decision"
    MERGED = "merged", "Merged"
    UNMERGED = "unmerged", "Shown for itself again"


class Event(models.Model):
    """One thing that happened to one finding. That it was first seen is in its row."""

    problem = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    what = models.CharField(max_length=10, choices=Happened.choices)
    scan = models.ForeignKey(Scan, on_delete=models.SET_NULL, null=True, related_name="+")
    decision = models.ForeignKey(Decision, on_delete=models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    """Who did it; None for what a scan or the calendar did."""
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["what", "at"], name="events_by_day"),)

    def __str__(self) -> str:
        return f"{self.get_what_display()} at {self.at}"


class Settled(models.Model):
    """That a scan was taken into account, so that a step that runs twice does it once."""

    scan = models.OneToOneField(Scan, on_delete=models.CASCADE, primary_key=True, related_name="settled")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"scan {self.scan_id}"


class Tally(models.Model):
    """How many findings of a repository were open when a day ended, UTC. A day without a row is as the one before."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="tallies")
    day = models.DateField()
    critical = models.PositiveIntegerField(default=0)
    high = models.PositiveIntegerField(default=0)
    medium = models.PositiveIntegerField(default=0)
    low = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    """First seen, or seen again, on that day."""
    fixed = models.PositiveIntegerField(default=0)
    """Fixed on that day."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["repository", "day"], name="one_tally_per_day"),)
        indexes = (models.Index(fields=["day"], name="tallies_by_day"),)

    def __str__(self) -> str:
        return f"{self.repository_id} on {self.day}"
