"""One finding of one repository through all its scans. A row never holds a secret, nor the text around one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from django.db import models
from django.db.models import Case, Q, Value, When

from keyhole.core import finding as core
from keyhole.core.terms import Place, whereabouts
from keyhole.environments.models import Environment
from keyhole.findings.merging import marks_of
from keyhole.findings.models.decision import Decision
from keyhole.repositories.models import Repository
from keyhole.scans.models import Scan


class Status(models.TextChoices):
    """Where a finding is in its life, as the scans tell it."""

    NEW = "new", "New"
    OPEN = "open", "Open"
    REOPENED = "reopened", "Reopened"
    FIXED = "fixed", "Fixed"


class Decided(models.TextChoices):
    """What somebody decided about it; it stays what the scans say it is."""

    NOTHING = "", "Undecided"
    ACCEPTED = "accepted", "Accepted"
    FALSE_POSITIVE = "false_positive", "False positive"


class Problem(models.Model):
    """One finding through all scans of its repository. Lists read this row alone, so it is narrow."""

    # CASCADE never runs: a repository's row outlives its disconnection.
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="problems")
    key = models.CharField(max_length=64)
    """The finding's own id, the same in every scan that finds it; `core.terms.finding_id`."""
    scanner = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    rule = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    severity = models.CharField(max_length=8)
    rank = models.PositiveSmallIntegerField()
    """0 is worst; so that a database can sort by severity."""
    confidence = models.CharField(max_length=8)
    path = models.TextField()
    line = models.PositiveIntegerField()
    commit = models.CharField(max_length=64, blank=True)
    """Path, line and commit of the first location, as of the last scan that has it."""
    place = models.CharField(max_length=16, default=Place.FILE.value, db_default=Place.FILE.value)
    """What kind of text that is: a file, or the message of a commit or tag; then the path is no file's."""
    within = models.TextField(blank=True, default="", db_default="")
    """The folder, or the file, that has every place of it; empty if that is not known, or none but the whole has."""

    ecosystem = models.CharField(max_length=40, blank=True)
    package = models.CharField(max_length=300, blank=True)
    """Name in the ecosystem's normal form; empty if it is about no package."""
    version = models.CharField(max_length=200, blank=True)
    purl = models.CharField(max_length=600, blank=True)
    upgrade = models.CharField(max_length=200, blank=True)
    """The smallest version that ends it; empty if none is known."""
    epss = models.FloatField(default=-1.0)
    """Probability of exploitation within 30 days, 0 to 1; -1 if not known."""
    kev = models.BooleanField(default=False)
    """Whether CISA lists it as known to be exploited."""

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    decided = models.CharField(max_length=16, choices=Decided.choices, blank=True, default=Decided.NOTHING)
    decision = models.ForeignKey(Decision, on_delete=models.SET_NULL, null=True, related_name="problems")
    """The decision in force; None exactly if `decided` is empty."""
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="merged")
    """The finding that says the same and is shown in its place."""
    merge_reason = models.CharField(max_length=200, blank=True)

    # No indexes: a scan is deleted now and then, and every finding of every scan would pay for them.
    first_scan = models.ForeignKey(
        Scan, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    last_scan = models.ForeignKey(
        Scan, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    """The scans that had it first and last; None when they were deleted."""
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    """When it was first seen, or seen again after it was fixed: due dates count from here."""
    fixed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    measured_by = models.ForeignKey(Environment, on_delete=models.SET_NULL, null=True, related_name="+")
    """The environment whose days gave `due_at`."""
    marks = models.TextField(blank=True)
    """What makes it like others, for `merging`, with spaces between."""
    digest = models.CharField(max_length=16, blank=True)
    """Of the stored finding, to tell whether another scan says anything new of it."""
    is_open = models.GeneratedField(
        expression=Case(
            When(
                Q(decided="", merged_into__isnull=True) & ~Q(status="fixed"),
                then=Value(True),
            ),
            default=Value(False),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    """Whether it waits for somebody: not fixed, not decided, and shown for itself. The database keeps it."""

    class Meta:
        ordering = ("rank", "-id")
        constraints = (models.UniqueConstraint(fields=["repository", "key"], name="one_problem_per_finding"),)
        indexes = (
            models.Index(fields=["is_open", "rank", "-id"], name="problems_open"),
            models.Index(fields=["repository", "is_open", "rank", "-id"], name="problems_of_repository"),
            models.Index(fields=["merged_into", "rank", "-id"], name="problems_shown"),
            # All that the counts beside a list group by, so that they read the index and no row.
            models.Index(
                fields=["merged_into", "status", "decided", "severity", "kind", "scanner", "repository"],
                name="problems_counted",
            ),
            models.Index(fields=["package", "ecosystem"], name="problems_of_package"),
            models.Index(fields=["purl"], name="problems_of_purl"),
            models.Index(fields=["is_open", "due_at"], name="problems_due"),
        )

    def __str__(self) -> str:
        return f"{self.severity} {self.rule} in {self.where}"

    @property
    def fixed(self) -> bool:
        """Whether the scans do not see it any more."""
        return self.status == Status.FIXED

    @property
    def where(self) -> str:
        """The first location in words."""
        return whereabouts(self.place, self.path, self.line, self.commit)

    @property
    def data(self) -> dict[str, Any]:
        """The finding as `core.Finding.to_json` writes it, as of the last scan that has it."""
        return self.detail.data

    def as_core(self) -> core.Finding:
        """The finding as scanners and reports know it. Raises ValueError if the row is damaged."""
        return core.Finding.from_json(self.data)


class Detail(models.Model):
    """What a list need not read: the whole finding, fingerprint and last4 included, never a value."""

    problem = models.OneToOneField(Problem, on_delete=models.CASCADE, primary_key=True, related_name="detail")
    data = models.JSONField()

    def __str__(self) -> str:
        return f"detail of {self.problem_id}"


class AdvisoryId(models.Model):
    """One id of the matter that a finding about a package is of; aliases are ids like all others."""

    problem = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="advisory_ids")
    text = models.CharField(max_length=100)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["problem", "text"], name="one_row_per_problem_and_id"),
        )
        indexes = (models.Index(fields=["text"], name="problems_of_advisory"),)

    def __str__(self) -> str:
        return self.text


class Sighting(models.Model):
    """Whether one branch or tag has the finding: scans of several must not fix each other's findings."""

    problem = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="sightings")
    ref = models.CharField(max_length=1000, blank=True)
    """As in `Scan.ref`: empty means all of them."""
    present = models.BooleanField()
    since_scan = models.ForeignKey(
        Scan, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    """The scan since which it is, or is not, there."""
    last_scan = models.ForeignKey(
        Scan, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    """The scan that said so last."""
    since_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["problem", "ref"], name="one_sighting_per_ref"),)

    def __str__(self) -> str:
        return f"{'in' if self.present else 'not in'} {self.ref or 'any ref'}"


class Apart(models.Model):
    """Two findings that somebody said are not the same: they are not merged again."""

    one = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="+")
    """The one of the two with the greater id."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["one", "other"], name="apart_once"),)

    def __str__(self) -> str:
        return f"{self.one_id} is not {self.other_id}"


FROM_DATA = ("ecosystem", "package", "version", "purl", "upgrade", "epss", "kev", "marks", "place", "within")
"""Columns that are worked out from the whole finding, by `from_data`."""


def from_data(scanner: str, kind: str, rule: str, data: Mapping[str, Any]) -> tuple[Any, ...]:
    """Values of `FROM_DATA` for a finding that `core.Finding.to_json` wrote."""
    facts = (data.get("package") or [{}])[0]
    return (
        facts.get("ecosystem", "")[:40],
        facts.get("name", "")[:300],
        facts.get("version", "")[:200],
        facts.get("purl", "")[:600],
        facts.get("fixed", "")[:200],
        facts.get("epss", -1.0),
        facts.get("kev", False),
        marks_in(scanner, kind, rule, data),
        data["locations"][0].get("place", Place.FILE.value),
        within_of(data),
    )


def marks_in(scanner: str, kind: str, rule: str, data: Mapping[str, Any]) -> str:
    """What `Problem.marks` holds for such a finding."""
    places = [(each["path"], each["line"], each.get("latest", 0)) for each in data["locations"]]
    return " ".join(marks_of(scanner, kind, rule, data["fingerprint"], data.get("references", ()), places))


def within_of(data: Mapping[str, Any]) -> str:
    """What `Problem.within` holds for such a finding."""
    locations = data["locations"]
    if data["occurrences"] > len(locations):
        return ""
    parts = zip(*(each["path"].split("/") for each in locations), strict=False)
    return "/".join(names[0] for names in takewhile(lambda names: len(set(names)) == 1, parts))


def digest_of(text: str) -> str:
    """What `Problem.digest` holds for a finding stored as this text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
