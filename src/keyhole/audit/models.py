"""One row per act or denial."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models import Q


class Entry(models.Model):
    """One record. Its hash covers every other field and the hash of the record before it."""

    seq = models.BigIntegerField(primary_key=True)
    """Position in the chain, from 1 without a gap."""
    id = models.CharField(max_length=19, unique=True)
    """The explain id that was given to the tool or person."""
    at = models.DateTimeField()
    """Never before the record ahead of it, also when the machine's clock went back."""
    action = models.CharField(max_length=120)
    outcome = models.CharField(max_length=7)
    """`allowed` or `denied`."""
    actor = models.JSONField()
    subject = models.JSONField()
    token_id = models.BigIntegerField(null=True)
    """The actor's token, if a token acted: a copy of `actor["token_id"]`, to find its records."""
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    # Copies of what stands in actor and subject, to find records by (facts.py).
    who = models.CharField(max_length=254, default="")
    address = models.CharField(max_length=64, default="")
    repository = models.CharField(max_length=254, default="")
    more_repositories = models.TextField(null=True)  # noqa: DJ001  # the index of the few that have it is for not null
    about_token_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("seq",)
        # Each ends with the position, so that a page of what it finds is read in order and nothing is sorted.
        indexes = (
            models.Index(fields=["at", "seq"], name="audit_by_time"),
            models.Index(fields=["action", "seq"], name="audit_by_action"),
            models.Index(fields=["who", "seq"], name="audit_by_who"),
            models.Index(fields=["outcome", "seq"], name="audit_denied", condition=Q(outcome="denied")),
            models.Index(
                fields=["token_id", "seq"], name="audit_by_token", condition=Q(token_id__isnull=False)
            ),
            models.Index(
                fields=["about_token_id", "seq"],
                name="audit_about_token",
                condition=Q(about_token_id__isnull=False),
            ),
            models.Index(fields=["address", "seq"], name="audit_by_address"),
            models.Index(fields=["repository", "seq"], name="audit_by_repository"),
            models.Index(
                fields=["seq"],
                name="audit_several_repositories",
                condition=Q(more_repositories__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.action} {self.outcome}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: records are only ever added."""
        raise TypeError("audit records are never deleted")
