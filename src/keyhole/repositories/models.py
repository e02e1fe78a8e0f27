"""Repositories and the names they had before."""

from __future__ import annotations

from pathlib import Path

from django.db import models
from django.db.models import Q

from keyhole.accounts.models import Owner
from keyhole.core import request as core


class Repository(models.Model):
    """A connected repository. The id is never used again, so a token for it never reaches another one."""

    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="repositories")
    name = models.CharField(max_length=100)
    name_folded = models.CharField(max_length=100)
    description = models.CharField(max_length=350, blank=True)
    public = models.BooleanField(default=False)
    provider = models.CharField(max_length=40, default="local")
    location = models.CharField(max_length=4096)
    """Where the provider finds it: for `local` the path of its git directory."""
    marker = models.CharField(max_length=64)
    """The provider's own immutable id."""
    imported = models.BooleanField(default=False)
    """Whether the copy is Keyhole's own, so that removing it from Keyhole removes the copy."""
    connected_at = models.DateTimeField()
    pushed_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    """When it was disconnected or found gone for good; the row stays so that its id does."""

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
