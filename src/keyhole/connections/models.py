"""Connections: everything about a sealed upstream credential but the credential itself, which lies in the vault."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from keyhole.core.permissions import Level
from keyhole.providers.github.instance import Instance, InstanceKind
from keyhole.vault.services import Place

APP = "app"
"""Kind of a connection that is a GitHub App; every other kind is one of `core.github_credentials`."""
MISSING = "missing"
"""Problem of a connection whose credential the vault does not have any more: an older backup was restored."""
BLOCKING = frozenset({"bad_credentials", "expired", "sso_required", "policy", MISSING})
"""Problems that are the credential's own: it does nothing until a person has done something."""


class State(StrEnum):
    """What can be said of a connection without asking GitHub."""

    HEALTHY = "healthy"
    UNCHECKED = "unchecked"
    TROUBLED = "troubled"
    """The last attempt got no verdict on the credential: GitHub was down, or out of reach, or counting requests."""
    SICK = "sick"
    """GitHub does not take the credential, or an organization's policy blocks it."""
    EXPIRED = "expired"
    PAUSED = "paused"
    REMOVED = "removed"

    @property
    def words(self) -> str:
        """As people are told it, on pages and in the terminal; the value is for machines."""
        return _WORDS.get(self.value, self.value)


_WORDS = {"healthy": "working", "unchecked": "not checked", "troubled": "no answer", "sick": "refused"}


class Credential(models.Model):
    """What is known of a sealed credential. The base of a connection and of the one that is to succeed it."""

    kind = models.CharField(max_length=20)
    """`core.github_credentials.CredentialKind`, or `app`."""
    login = models.CharField(max_length=100, blank=True)
    """The GitHub account that it acts as; for an App its slug."""
    expires_at = models.DateTimeField(null=True)
    """First moment at which it is no longer valid; None is none, or not known."""
    report = models.JSONField(default=dict)
    """The inspector's last report, as `inspector.Report.as_json` writes it."""
    recognition = models.CharField(max_length=64)
    """Keyed digest of the credential, to notice when it is connected a second time."""

    class Meta:
        abstract = True


class Connection(Credential):
    """One credential to one GitHub and one owner there. The row outlives the credential, for the audit log's sake."""

    name = models.CharField(max_length=100)
    instance_kind = models.CharField(max_length=20)
    web = models.CharField(max_length=300)
    """Address for people, such as `https://github.com`; with a repository's id it names the repository."""
    api = models.CharField(max_length=300)
    version = models.CharField(max_length=40, blank=True)
    """Version of the GitHub Enterprise Server when it was last asked; empty for GitHub.com."""
    owner_login = models.CharField(max_length=100)
    """The resource owner whose repositories it is for."""
    app_id = models.BigIntegerField(null=True)
    installation_id = models.BigIntegerField(null=True)
    """For a GitHub App, whose private key is then what is sealed."""
    planned = models.JSONField(default=dict)
    """Permission to level, in words, as the plan had it when the credential was connected."""
    take_all = models.BooleanField(default=False)
    """Whether repositories that it comes to reach are taken in without asking."""

    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    paused_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    """Last time that GitHub let something be done with it."""
    checked_at = models.DateTimeField(null=True)
    """Last time that GitHub was asked with it, whatever came of it."""
    problem = models.CharField(max_length=40, blank=True)
    """Kind of what was wrong the last time (`providers.github.problems.ProblemKind`); empty when nothing was."""
    reason = models.CharField(max_length=500, blank=True)
    """What was wrong, for people."""
    hint = models.CharField(max_length=500, blank=True)
    """What to do about it."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=Q(removed_at=None), name="one_live_connection_per_name"
            ),
            models.UniqueConstraint(
                fields=["recognition"],
                condition=Q(removed_at=None),
                name="one_live_connection_per_credential",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def instance(self) -> Instance:
        """The GitHub it leads to."""
        return Instance(InstanceKind(self.instance_kind), self.web, self.api, self.version)

    @property
    def place(self) -> Place:
        """Where its credential lies in the vault."""
        return Place("connection", self.pk, "token")

    @property
    def planned_levels(self) -> dict[str, Level]:
        """The plan as values."""
        return {permission: Level.parse(word) for permission, word in self.planned.items()}

    @property
    def is_app(self) -> bool:
        """Whether it is a GitHub App."""
        return self.kind == APP

    @property
    def state(self) -> State:
        """What can be said of it now."""
        return self.state_at(timezone.now())

    def state_at(self, moment: datetime) -> State:
        """What can be said of it at a moment."""
        if self.removed_at is not None:
            return State.REMOVED
        if self.paused_at is not None:
            return State.PAUSED
        if self.expires_at is not None and moment >= self.expires_at:
            return State.EXPIRED
        if self.problem:
            return State.SICK if self.problem in BLOCKING else State.TROUBLED
        return State.UNCHECKED if self.checked_at is None else State.HEALTHY


class Successor(Credential):
    """The credential that will take a connection's place once it has been used; until then both are kept."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="successor")
    added_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    """Why its first use failed; it is not tried again then, and the old one goes on."""

    def __str__(self) -> str:
        return f"successor of {self.connection.name}"

    @property
    def place(self) -> Place:
        """Where its credential lies in the vault."""
        return Place("connection_successor", self.pk, "token")


class Used(models.Model):
    """That something was done on GitHub which took a permission at a level, and when that was last."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="used")
    permission = models.CharField(max_length=60)
    level = models.CharField(max_length=10)
    last_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "permission", "level"], name="one_use_of_a_permission"
            ),
        )

    def __str__(self) -> str:
        return f"{self.connection.name}: {self.permission} {self.level}"


class AppDraft(models.Model):
    """A GitHub App whose installation is still to be chosen; its key is in the vault, for minutes."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    instance_kind = models.CharField(max_length=20)
    web = models.CharField(max_length=300)
    api = models.CharField(max_length=300)
    version = models.CharField(max_length=40, blank=True)
    app_id = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"App {self.app_id}"

    @property
    def instance(self) -> Instance:
        """The GitHub it belongs to."""
        return Instance(InstanceKind(self.instance_kind), self.web, self.api, self.version)

    @property
    def place(self) -> Place:
        """Where its key lies in the vault."""
        return Place("connection_draft", self.pk, "key")
