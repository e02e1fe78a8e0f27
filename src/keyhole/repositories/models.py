"""Repositories and the names they had before."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from keyhole.accounts.models import Owner
from keyhole.connections.models import Connection
from keyhole.core import request as core

LOCAL = "local"
"""Provider of repositories in folders of this machine, which the gateway serves."""
GITHUB = "github"
"""Provider of repositories that are read through a connection, from a mirror that scans alone see."""


class Repository(models.Model):
    """A connected repository. The id is never used again, so a token for it never reaches another one."""

    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="repositories")
    name = models.CharField(max_length=100)
    name_folded = models.CharField(max_length=100)
    description = models.CharField(max_length=350, blank=True)
    public = models.BooleanField(default=False)
    provider = models.CharField(max_length=40, default=LOCAL)
    location = models.CharField(max_length=4096)
    """Path of its git directory on this machine; for `github` that of the mirror, which may not be there yet."""
    marker = models.CharField(max_length=350)
    """The provider's own immutable id; for `github` the address of the instance, `#` and GitHub's id."""
    imported = models.BooleanField(default=False)
    """Whether the copy is Keyhole's own, so that removing it from Keyhole removes the copy."""
    connected_at = models.DateTimeField()
    pushed_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    """When it was disconnected or found gone for good; the row stays so that its id does."""
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, related_name="repositories"
    )
    """The connection that it is reached through; None for `local`."""
    remote_id = models.BigIntegerField(null=True)
    """GitHub's id of it; None for `local`."""
    fetched_at = models.DateTimeField(null=True)
    """When the mirror was last brought up to date; None while there is none, and for `local`."""
    unreachable = models.CharField(max_length=500, blank=True)
    """Why the connection did not reach it the last time that it was tried; empty when it did."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["owner", "name_folded"], condition=Q(removed_at=None), name="one_repository_per_name"
            ),
            models.UniqueConstraint(
                fields=["provider", "marker"], condition=Q(removed_at=None), name="one_row_per_repository"
            ),
        )

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """`owner/name`, as people write it."""
        return f"{self.owner.login}/{self.name}"

    @property
    def git_dir(self) -> Path:
        """The git directory on this machine."""
        return Path(self.location)

    @property
    def is_served(self) -> bool:
        """Whether the gateway serves it. A mirror may be old, and a push into one would be lost."""
        return self.provider == LOCAL

    def as_core(self) -> core.Repository:
        """The value that decisions are made on."""
        return core.Repository(self.pk, self.owner.as_core(), self.name, self.public)


class FormerName(models.Model):
    """A name that a repository had. It leads to the repository until another one takes the name."""

    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="+")
    name_folded = models.CharField(max_length=100)
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="former_names")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "name_folded"], name="one_target_per_former_name"),
        )

    def __str__(self) -> str:
        return f"{self.owner.login}/{self.name_folded}"


class ConnectedFolder(models.Model):
    """A folder that was offered; looking again finds what was added, renamed or removed in it."""

    path = models.CharField(max_length=4096, unique=True)
    default_owner = models.CharField(max_length=100)
    """Login that repositories directly below the folder belong to."""
    connected_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.path


class Listing(models.Model):
    """One run of asking GitHub what a connection reaches; a durable job."""

    class State(models.TextChoices):
        """Where it is."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="listings")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    seen = models.PositiveIntegerField(default=0)
    """Repositories that were seen so far."""
    connected = models.PositiveIntegerField(default=0)
    renamed = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)
    """Known ones that the connection does not reach any more."""
    reason = models.CharField(max_length=500, blank=True)
    hint = models.CharField(max_length=500, blank=True)
    """Why it failed and what to do, for people."""
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"listing {self.pk} of {self.connection_id}"


class Reachable(models.Model):
    """A repository that a connection reaches, as GitHub told it last; taken in or not."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="reachable")
    listing = models.ForeignKey(Listing, on_delete=models.SET_NULL, null=True, related_name="+")
    """The run that saw it last."""
    remote_id = models.BigIntegerField()
    owner_login = models.CharField(max_length=100)
    owner_kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    private = models.BooleanField()
    archived = models.BooleanField(default=False)
    default_branch = models.CharField(max_length=255, blank=True)
    selected = models.BooleanField(default=True)
    """Whether the credential's permissions hold for it; a public repository can be read without."""
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-selected", "owner_login", "name")
        constraints = (
            models.UniqueConstraint(fields=["connection", "remote_id"], name="one_row_per_reachable"),
        )

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """`owner/name`, as GitHub writes it."""
        return f"{self.owner_login}/{self.name}"


class CommitStatus(models.Model):
    """What an external system says of a commit. Never changed: a later one of the same context counts instead."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="statuses")
    commit = models.CharField(max_length=64)
    """Object id of the commit."""
    state = models.CharField(max_length=10)
    """`error`, `failure`, `pending` or `success`."""
    context = models.CharField(max_length=255, default="default")
    """Which check it is."""
    description = models.CharField(max_length=140, blank=True)
    target_url = models.CharField(max_length=2048, blank=True)
    creator = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="+")
    """The person whose token said so."""
    created_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["repository", "commit"], name="statuses_of_a_commit"),)

    def __str__(self) -> str:
        return f"{self.context}: {self.state}"
