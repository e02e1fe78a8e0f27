"""What somebody decided about findings: for how long, why, and which ones it covers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from keyhole.repositories.models import Repository


class Kind(models.TextChoices):
    """What was decided."""

    ACCEPTED = "accepted", "Accepted"
    FALSE_POSITIVE = "false_positive", "False positive"


class Scope(models.TextChoices):
    """How far a decision goes. All but the first cover findings that come later, too."""

    FINDING = "finding", "These findings"
    REPOSITORY = "repository", "A repository"
    PACKAGE = "package", "An advisory of a package, everywhere"


class Decision(models.Model):
    """One decision. It is never changed nor deleted: it expires, or is withdrawn."""

    kind = models.CharField(max_length=16, choices=Kind.choices)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    reason = models.CharField(max_length=1000)
    expires_at = models.DateTimeField(null=True)
    """Required of what is accepted; None means never."""

    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, null=True, related_name="+")
    """Of scope `repository`."""
    rule = models.CharField(max_length=100, blank=True)
    """Of scope `repository`: only findings of this rule; empty for all."""
    path = models.CharField(max_length=1000, blank=True)
    """Of scope `repository`: only findings below this folder, or in this file; empty for all."""
    ecosystem = models.CharField(max_length=40, blank=True)
    package = models.CharField(max_length=300, blank=True)
    """Of scope `package`, in the ecosystem's normal form; the advisory's ids are in `ids`."""
    version = models.CharField(max_length=200, blank=True)
    """Of scope `finding`: the one version of the package that it is about; empty for whichever is used."""

    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """When it stopped covering anything, withdrawn or expired; None while it is in force."""

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["expires_at"], name="decisions_to_expire", condition=Q(ended_at=None)),
            models.Index(fields=["ecosystem", "package"], name="decisions_of_package"),
        )

    def __str__(self) -> str:
        return f"decision {self.pk}: {self.get_kind_display().lower()}"

    @property
    def state(self) -> str:
        """`in force`, `taken back` or `expired`."""
        if self.ended_at is None:
            return "in force"
        return "expired" if self.withdrawn_at is None else "taken back"

    @property
    def told(self) -> str:
        """It in one line, for whoever is about to decide otherwise."""
        until = f" until {self.expires_at:%Y-%m-%d}" if self.expires_at else ""
        what = f"decision {self.pk}: {self.get_kind_display().lower()}{until}"
        return f"{what}, by {self.made_by.email} at {self.made_at:%Y-%m-%d %H:%M} UTC ({self.reason})"

    @property
    def about(self) -> str:
        """What it covers, in a few words."""
        match self.scope:
            case Scope.PACKAGE:
                ids = ", ".join(sorted(each.text for each in self.ids.all()))
                return f"{self.package} ({self.ecosystem}), {ids}, everywhere"
            case Scope.REPOSITORY:
                place = self.repository.full_name if self.repository else "a repository"
                below = f" below {self.path}" if self.path else ""
                return f"{self.rule or 'every rule'} in {place}{below}"
            case _:
                return (
                    f"single findings, of version {self.version} only" if self.version else "single findings"
                )


class DecisionId(models.Model):
    """One id of the advisory that a decision is about. Aliases join it when a scan learns of them."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="ids")
    text = models.CharField(max_length=100)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["decision", "text"], name="one_row_per_decision_and_id"),
        )
        indexes = (models.Index(fields=["text"], name="decisions_of_advisory"),)

    def __str__(self) -> str:
        return self.text


class Covered(models.Model):
    """That a decision of scope `finding` is about this finding."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="covered")
    problem = models.ForeignKey("findings.Problem", on_delete=models.CASCADE, related_name="covered_by")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["decision", "problem"], name="one_row_per_decision_and_problem"),
        )

    def __str__(self) -> str:
        return f"{self.problem_id} by {self.decision_id}"
