"""Code scans and what they found. A row never holds a secret, nor the text around one."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import models

from keyhole.core import finding as core
from keyhole.core.escaping import visible
from keyhole.core.library import Library
from keyhole.core.strict_json import decode, encode_fields
from keyhole.core.terms import Place, Severity, whereabouts
from keyhole.environments.models import Environment
from keyhole.repositories.models import Repository
from keyhole.tokens.models import Token


class State(models.TextChoices):
    """Where a scan is. Only `complete` may ever be shown as clean."""

    READY = "ready", "Ready"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETE = "complete", "Complete"
    INCOMPLETE = "incomplete", "Incomplete"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


UNFINISHED = frozenset({State.QUEUED, State.RUNNING})
FINISHED = frozenset({State.COMPLETE, State.INCOMPLETE, State.FAILED, State.STOPPED})


class Stage(models.TextChoices):
    """What a running scan is doing, in the order in which it does it."""

    PREPARE = "prepare", "Looking up the repository"
    FETCH = "fetch", "Fetching from GitHub"
    AUTHORIZE = "authorize", "Generating the scan's own token"
    READ = "read", "Reading the history"
    TRACE = "trace", "Looking for the commits of the findings"
    FILES = "files", "Looking at the files as they are now"
    STORE = "store", "Storing the findings"
    CONCLUDE = "conclude", "Comparing with the scan before"


class Trigger(models.TextChoices):
    """What made a scan run."""

    MANUAL = "manual", "Somebody"
    SCHEDULE = "schedule", "Schedule"
    PUSH = "push", "Push"
    API = "api", "API"


class Scan(models.Model):
    """One run of the scanners over one repository. Running it again makes another row, so history stays."""

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1024, blank=True)
    # PROTECT: a repository's row outlives its disconnection, and a finished scan must still say what it read.
    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="scans")
    ref = models.CharField(max_length=1000, blank=True)
    """Full name of the branch or tag whose history is read; empty means the history of every ref. Of a repository on
    GitHub it is what a person typed until the scan has fetched: only then is it known what there is."""
    scanners = models.JSONField(default=list)
    """Ids of the scanners asked for."""
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    again = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    """The scan that this one repeats."""

    trigger = models.CharField(max_length=10, choices=Trigger.choices, default=Trigger.MANUAL)
    batch = models.CharField(max_length=32, blank=True, db_index=True)
    """Shared by the runs that were started together, one for each repository; empty for a run alone."""
    environment = models.ForeignKey(Environment, on_delete=models.SET_NULL, null=True, related_name="scans")
    """What its findings are measured by; None for nothing."""
    upstream = models.JSONField(default=list)
    """What GitHub is told of it, beside what its environment asks for: some of `environments.models.UPSTREAM`."""

    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    stage = models.CharField(max_length=10, choices=Stage.choices, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    """Objects read, and to read, of the stage that counts them; commits or files of the two stages that look at these.
    0 while that is not known."""
    reason = models.CharField(max_length=1000, blank=True)
    """Why it is incomplete, failed or stopped, for people."""
    stop_requested = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often reading was begun; more than once after a crash of the machine or the server."""
    token = models.ForeignKey(Token, on_delete=models.SET_NULL, null=True, related_name="+")
    """The token generated for this scan alone; revoked when it ends."""

    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    tip = models.CharField(max_length=64, blank=True)
    """Object whose history is read: what the ref named when the scan began; empty for the whole history."""
    commit = models.CharField(max_length=64, blank=True)
    """Object id of the commit that the ref (or HEAD) named when the scan began."""
    counters = models.JSONField(default=dict)
    """Numbers of the result: `objects`, `bytes`, `findings`, one per severity, and `merged`, which counts those that
    are shown as others and in no other number; `new`, `new_by_severity` and `fixed` too, unless there is no scan
    before it to compare with."""
    evidence = models.JSONField(default=dict)
    """How the result came to be: `reasons`, `scanners`, `rules_version`, `isolation`, `duration`,
    `authorization`, the explain id of the reading, and `branch`, the one that HEAD named if none was asked for."""
    log = models.JSONField(default=list)
    """The last lines of what happened, oldest first, each `{"at": RFC 3339, "text": ...}`."""

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["state"]), models.Index(fields=["repository", "-id"]))

    def __str__(self) -> str:
        return f"scan {self.pk}: {self.name}"

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINISHED

    @property
    def imported(self) -> bool:
        """Whether its findings came in a file, so that there is nothing to read."""
        return bool(self.evidence.get("imported"))

    @property
    def duration(self) -> timedelta | None:
        """From the first start to the end; None while there is no end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at

    @property
    def ref_name(self) -> str:
        """The branch or tag for people to look at; empty for the whole history."""
        return visible(self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))


class Finding(models.Model):
    """One thing that one scan found, however often it occurs."""

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="findings")
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
    """Path, line and commit of the first location, for lists."""
    new = models.BooleanField(default=False)
    """Whether no scan of the repository had it lately."""
    shown_as = models.CharField(max_length=64, blank=True)
    """`key` of the finding of the same scan that says the same, and is listed and counted in its place."""
    merge_reason = models.CharField(max_length=200, blank=True)
    """Why that is the same; empty exactly if `shown_as` is."""
    data = models.JSONField()
    """The whole finding as `core.Finding.to_json` writes it: fingerprint and last4, never a value."""

    class Meta:
        ordering = ("rank", "path", "line", "id")
        constraints = (models.UniqueConstraint(fields=["scan", "key"], name="one_row_per_finding_and_scan"),)

    def __str__(self) -> str:
        return f"{self.severity} {self.rule} in {self.where}"

    @property
    def place(self) -> str:
        """What kind of text the first location is in: a file, or the message of a commit or tag."""
        return str(self.data["locations"][0].get("place", Place.FILE.value))

    @property
    def where(self) -> str:
        """The first location in words."""
        return whereabouts(self.place, self.path, self.line, self.commit)

    def as_core(self) -> core.Finding:
        """The finding as scanners and reports know it. Raises ValueError if the row is damaged."""
        return core.Finding.from_json(self.data)

    @classmethod
    def of(cls, scan: Scan, found: core.Finding) -> Finding:
        """The row, not yet saved, for a finding of that scan."""
        first = found.locations[0]
        return cls(
            scan=scan,
            key=found.id,
            scanner=found.scanner,
            kind=found.kind.value,
            rule=found.rule,
            title=found.title,
            severity=found.severity.value,
            rank=list(Severity).index(found.severity),
            confidence=found.confidence.value,
            path=first.path,
            line=first.line,
            commit=first.commit,
            data=found.to_json(),
        )


class Moved(models.Model):
    """A finding that a renamed file made another id of, and the id that it keeps."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    """As the scanner says it now."""
    known_as = models.CharField(max_length=64)
    """As it was known before, and is."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["repository", "key"], name="moved_once"),)

    def __str__(self) -> str:
        return f"{self.key} is {self.known_as}"


class Inventory(models.Model):
    """Every package that the files of one scan's commit name. Thousands a scan, so they are kept as one piece."""

    scan = models.OneToOneField(Scan, on_delete=models.CASCADE, related_name="inventory")
    count = models.PositiveIntegerField()
    data = models.BinaryField()
    """The libraries as JSON, compressed with zlib."""

    def __str__(self) -> str:
        return f"{self.count} libraries of scan {self.scan_id}"

    @classmethod
    def of(cls, scan: Scan, libraries: Iterable[Library]) -> Inventory:
        """The row, not yet saved, for the libraries of that scan."""
        plain = [encode_fields(each) for each in libraries]
        packed = zlib.compress(json.dumps(plain, separators=(",", ":")).encode("utf-8"))
        return cls(scan=scan, count=len(plain), data=packed)

    def libraries(self) -> tuple[Library, ...]:
        """The libraries. Raises ValueError if the row is damaged."""
        try:
            plain = json.loads(zlib.decompress(self.data))
        except zlib.error as problem:
            raise ValueError("inventory is not compressed data") from problem
        return decode(tuple[Library, ...], plain)
