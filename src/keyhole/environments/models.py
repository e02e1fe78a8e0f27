"""Environments: what findings are measured by, and who hears of it."""

from __future__ import annotations

from django.db import models


class Environment(models.Model):
    """Where the code of a scan goes, such as production: what matters there, and how soon it must be dealt with."""

    name = models.CharField(max_length=40, unique=True)
    description = models.CharField(max_length=1024, blank=True)
    due_days = models.JSONField(default=dict)
    """Days until a finding is due, by severity; a severity that is not in it has no date."""
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
