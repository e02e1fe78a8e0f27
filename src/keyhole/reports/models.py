"""What outlives the making of a report: links to it, mails of it, and the keys that evidence is signed with; and what
OpenVEX that was taken in said.
"""

from __future__ import annotations

import json
import zlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from keyhole.findings.models import Decision
from keyhole.notifications.models import Channel
from keyhole.reports.dataset import Dataset
from keyhole.repositories.models import Repository
from keyhole.scans.models import Scan


class EvidenceKey(models.Model):
    """An Ed25519 key that evidence packs are signed with. Its private part lies in the vault."""

    public = models.CharField(max_length=64, unique=True)
    """The public key, hexadecimal."""
    fingerprint = models.CharField(max_length=64, unique=True)
    """SHA-256 of its SubjectPublicKeyInfo, hexadecimal."""
    created_at = models.DateTimeField()
    active = models.BooleanField(default=True)
    """Whether new packs are signed with it; one key at most is."""
    retired_at = models.DateTimeField(null=True)
    """Since when nothing new is signed with it; what was stays signed."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="one_evidence_key"),
        )

    def __str__(self) -> str:
        return self.fingerprint


class Share(models.Model):
    """A report that whoever has the link may read until it expires. The report is frozen: what changes later does not
    show.
    """

    title = models.CharField(max_length=200)
    scan = models.ForeignKey(Scan, on_delete=models.SET_NULL, null=True, related_name="shares")
    """The scan that it is a report of, if it is one of a scan that is still kept."""
    digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the link's token, which is kept nowhere."""
    password = models.CharField(max_length=200, blank=True)
    """Its hash (Argon2); empty for a link without one."""
    data = models.BinaryField()
    """The data set as JSON, compressed with zlib; empty once the link has ended."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened = models.PositiveIntegerField(default=0)
    """How often the report was shown or taken away."""
    opened_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.title

    @property
    def ends_at(self) -> datetime:
        """When it stops working: as it was made, or before that where links may not work for so long any more."""
        return min(self.expires_at, self.created_at + timedelta(days=settings.KEYHOLE_MAX_SHARE_DAYS))

    NOTHING = b""
    """What `data` is once the link has ended."""

    def report(self) -> Dataset:
        """The frozen report. ValueError if the row is damaged or has ended."""
        try:
            plain = json.loads(zlib.decompress(self.data))
        except zlib.error as problem:
            raise ValueError("the shared report is not compressed data") from problem
        return Dataset.from_json(plain)

    @staticmethod
    def frozen(report: Dataset) -> bytes:
        """The report as `data` holds it."""
        return zlib.compress(json.dumps(report.to_json(), separators=(",", ":")).encode())


class Mailing(models.Model):
    """A report that is sent by mail again and again."""

    name = models.CharField(max_length=100)
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, null=True, related_name="mailings")
    """Whose newest scan is reported; None for a report over findings."""
    ref = models.CharField(max_length=1000, blank=True)
    """Branch or tag of that scan, as people write it; empty for whichever was scanned last."""
    query = models.JSONField(default=dict)
    """Which findings are reported, as the address of the findings page says it."""
    cron = models.CharField(max_length=100)
    zone = models.CharField(max_length=64)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    """Of the kind mail."""
    form = models.CharField(max_length=20, blank=True)
    """Format of what is attached; empty to send a link instead."""
    link_days = models.PositiveSmallIntegerField(default=0)
    """How long such a link works."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    """Whose rights each report is made with."""
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Sending(models.Model):
    """One time that a mailing is due. Ending one puts the next one in its place."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="sendings")
    due_at = models.DateTimeField()
    """When it is to be attempted, for the first time or again."""
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)
    outcome = models.CharField(max_length=500, blank=True)
    """What came of it, for people."""

    class Meta:
        ordering = ("-due_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=["mailing"], condition=Q(done_at=None), name="one_open_sending"),
        )
        indexes = (models.Index(fields=["due_at"], condition=Q(done_at=None), name="open_sendings"),)

    def __str__(self) -> str:
        return f"{self.mailing_id} at {self.due_at:%Y-%m-%d %H:%M}"


class VexStatement(models.Model):
    """A statement of an OpenVEX document that was taken in, so that the newest counts in whichever order they come."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, null=True, related_name="+")
    """None for a package wherever it is used."""
    ecosystem = models.CharField(max_length=40, blank=True)
    package = models.CharField(max_length=300, blank=True)
    """In the ecosystem's normal form; empty for whatever is in the repository."""
    version = models.CharField(max_length=200, blank=True)
    """Empty for every one."""
    ids = models.JSONField()
    """Of the vulnerability: every one that was known when it was taken in."""
    status = models.CharField(max_length=40)
    at = models.DateTimeField()
    """When it was true, as the document says."""
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, null=True, related_name="+")
    """What came of it; None if it hides nothing."""

    def __str__(self) -> str:
        return f"{self.status} of {self.at:%Y-%m-%d}"
