"""What is stored of sealed secrets."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from keyhole.vault.envelope import Envelope, Place


class SealedSecret(models.Model):
    """One sealed secret and the place that it belongs to."""

    table = models.CharField(max_length=63)
    row = models.BigIntegerField()
    field = models.CharField(max_length=63)
    key_id = models.CharField(max_length=16, db_index=True)
    wrapped = models.BinaryField()
    sealed = models.BinaryField()
    kept_at = models.DateTimeField(default=timezone.now)
    waits = models.BooleanField(default=False)
    """It came with a backup, and nobody has said yet that it was not dropped since."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["table", "row", "field"], name="one_sealed_secret_per_place"),
        )

    def __str__(self) -> str:
        return f"sealed secret of {self.table} {self.row} ({self.field})"

    @property
    def place(self) -> Place:
        """Where it says that it belongs; that it does is proved by opening it."""
        return Place(self.table, self.row, self.field)

    @property
    def envelope(self) -> Envelope:
        """Its sealed form."""
        return Envelope(self.key_id, bytes(self.wrapped), bytes(self.sealed))
