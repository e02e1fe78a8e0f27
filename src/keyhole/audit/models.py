"""One row per act or denial."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models


class Entry(models.Model):
    """One record. Its hash covers every other field and the hash of the record before it."""

    seq = models.BigIntegerField(primary_key=True)
    """Position in the chain, from 1 without a gap."""
    id = models.CharField(max_length=19, unique=True)
    """The explain id that was given to the tool or person."""
    at = models.DateTimeField(db_index=True)
    """Never before the record ahead of it, also when the machine's clock went back."""
    action = models.CharField(max_length=120)
    outcome = models.CharField(max_length=7)
    """`allowed` or `denied`."""
    actor = models.JSONField()
    subject = models.JSONField()
    token_id = models.BigIntegerField(null=True, db_index=True)
    """The actor's token, if a token acted: a copy of `actor["token_id"]`, to find its records."""
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("seq",)

    def __str__(self) -> str:
        return f"{self.id} {self.action} {self.outcome}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: records are only ever added."""
        raise TypeError("audit records are never deleted")
