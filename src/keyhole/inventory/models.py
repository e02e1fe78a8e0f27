"""What repositories use, as the last scan of each branch or tag saw it; and when advisories about it are fetched."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from keyhole.repositories.models import Repository
from keyhole.scans.models import Scan


class Stock(models.Model):
    """All libraries of one repository at one branch or tag. A later scan of the same replaces it."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="stocks")
    ref = models.CharField(max_length=1000, blank=True)
    """As in `Scan.ref`: empty is the default branch."""
    scan = models.ForeignKey(Scan, on_delete=models.SET_NULL, null=True, related_name="+")
    """The scan that saw it; None when that was deleted."""
    commit = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    complete = models.BooleanField()
    """Whether that scan saw everything; if not, libraries may be missing."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["repository", "ref"], name="one_stock_per_ref"),)

    def __str__(self) -> str:
        return f"libraries of {self.repository_id} {self.ref}"


class Library(models.Model):
    """One package at one version, as one file names it; `core.library.Library`, to be searched."""

    stock = models.ForeignKey(Stock, on_delete=models.CASCADE, related_name="libraries")
    ecosystem = models.CharField(max_length=40)
    key = models.CharField(max_length=300)
    """The name in the ecosystem's normal form, as findings have it."""
    name = models.CharField(max_length=300)
    """As the file has it."""
    version = models.CharField(max_length=200, blank=True)
    purl = models.CharField(max_length=600, blank=True)
    path = models.TextField()
    line = models.PositiveIntegerField()
    relation = models.CharField(max_length=10)
    dev = models.BooleanField()
    via = models.JSONField(default=list)
    licences = models.CharField(max_length=500, blank=True)
    """Joined by `, `; empty where the file says none."""

    class Meta:
        indexes = (
            models.Index(fields=["ecosystem", "key"], name="libraries_by_name"),
            models.Index(fields=["key"], name="libraries_by_key"),
        )

    def __str__(self) -> str:
        return f"{self.ecosystem} {self.name} {self.version}"


class Upkeep(models.Model):
    """What somebody decided about fetching advisories by itself. Without a row: once a command has fetched any."""

    only = models.BooleanField(default=True, unique=True)
    """Always true, so that there is one row at most."""
    on = models.BooleanField()
    hours = models.PositiveSmallIntegerField()
    """From one time to the next."""
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"advisories every {self.hours} h" if self.on else "advisories by command"


class Refresh(models.Model):
    """One time that advisories are fetched. Ending one puts the next one in its place, if there is to be one."""

    open = models.BooleanField(default=True)
    """Whether it waits or runs; one at most does."""
    due_at = models.DateTimeField()
    asked = models.BooleanField(default=False)
    """Whether somebody asked for it, so that it is done also where advisories are not fetched by themselves."""
    begun_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    advisories = models.PositiveIntegerField(null=True)
    """How many there were afterwards; None when it failed or was left out."""
    failed = models.BooleanField(default=False)
    outcome = models.CharField(max_length=500, blank=True)
    """What kept it from being done, for people."""

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["open"], condition=Q(open=True), name="one_open_refresh"),
        )

    def __str__(self) -> str:
        return f"advisories at {self.due_at:%Y-%m-%d %H:%M}"
