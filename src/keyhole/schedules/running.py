"""What happens when a schedule is due: a scan of each of its repositories, or of those that changed."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from keyhole.core.errors import KeyholeError, PermissionDenied
from keyhole.core.plural import counted
from keyhole.repositories.models import Repository
from keyhole.scans import services as scans
from keyhole.scans.models import UNFINISHED, Scan, Trigger
from keyhole.schedules import again, changes, occurrences, telling
from keyhole.schedules.models import Cause, Occurrence, Schedule, When

log = logging.getLogger("keyhole.schedules")

_BUSY = timedelta(seconds=30)
"""How long to wait when the scan before is still running and what was pushed since must be scanned too."""
_TRIGGERS = {
    Cause.TIME: Trigger.SCHEDULE,
    Cause.HAND: Trigger.MANUAL,
    Cause.API: Trigger.API,
    Cause.PUSH: Trigger.PUSH,
    Cause.LOOK: Trigger.PUSH,
}


class _Busy(Exception):
    """A scan that this schedule began is still running."""


def carry_out(number: int) -> None:
    """Begin the scans of one occurrence. May be run again after a crash: what was begun is not begun twice."""
    occurrence = (
        Occurrence.objects.select_related("schedule__environment").filter(pk=number, done_at=None).first()
    )
    if occurrence is None or not occurrence.schedule.live:
        return
    if not occurrence.batch:
        occurrence.batch = uuid.uuid4().hex
        Occurrence.objects.filter(pk=number, done_at=None).update(batch=occurrence.batch)
    _Run(occurrence).go()


class _Run:
    def __init__(self, occurrence: Occurrence) -> None:
        self._occurrence = occurrence
        self._schedule: Schedule = occurrence.schedule
        self._caller = telling.acting_for(self._schedule)
        self._if_changed = occurrence.cause in (Cause.PUSH, Cause.LOOK)
        self._started = 0
        self._same = 0
        self._well: set[int] = {0} if not occurrence.subject else set()
        self._problems: list[telling.Problem] = []
        self._refused = False
        self._busy: list[int] = []

    def go(self) -> None:
        chosen = self._schedule.repositories.filter(removed_at=None).select_related("owner", "connection")
        if self._occurrence.subject:
            chosen = chosen.filter(pk=self._occurrence.subject)
        for repository in chosen:
            try:
                self._one(repository)
                self._well.add(repository.pk)
            except _Busy:
                if self._if_changed:
                    self._busy.append(repository.pk)
                else:
                    self._note(repository, "the scan before is still running")
            except PermissionDenied:
                self._note(repository, telling.not_allowed(self._schedule))
                self._refused = True
            except KeyholeError as problem:
                self._note(repository, problem.message)
                self._refused = True
            except Exception as problem:
                # As for any job, its text is for our log; but the repositories after this one must not miss their turn.
                log.exception("schedule %d could not scan repository %d", self._schedule.pk, repository.pk)
                self._note(repository, f"an unexpected {type(problem).__name__}; the server's log has it")
                self._refused = True
        if self._busy and self._occurrence.subject:
            occurrences.put_off(self._occurrence, timezone.now() + _BUSY)
        else:
            self._end(any_repository=chosen.exists())

    def _note(self, repository: Repository, reason: str) -> None:
        self._problems.append(telling.Problem(f"{repository.full_name}: {reason}", repository.pk))

    def _one(self, repository: Repository) -> None:
        schedule = self._schedule
        if begun := Scan.objects.filter(batch=self._occurrence.batch, repository=repository).count():
            self._started += begun
            return
        if _running(schedule, repository):
            raise _Busy
        if schedule.when != When.PUSH:
            scans.create(self._caller, self._spec(repository))
            self._started += 1
            return
        changed = changes.since(self._caller, schedule, repository, always=not self._if_changed)
        with transaction.atomic():  # all of them or none: what was begun for a repository is not begun again
            made = {
                change.ref: scans.create(self._caller, self._spec(repository, change))
                for change in changed.scanned
            }
            changes.note(schedule, repository, changed, made)
        self._started += len(made)
        self._same += not made
        if changed.too_many:
            most = changes.MOST_BRANCHES
            self._note(
                repository, f"{most + changed.too_many} branches were pushed at once; {most} are scanned"
            )

    def _spec(self, repository: Repository, change: changes.Change = changes.ITSELF) -> scans.ScanSpec:
        schedule, environment = self._schedule, self._schedule.measured_by
        # A policy judges each scan by itself, so one of a branch must not leave out what the policy may ask for.
        whole = not change.ref or (environment is not None and environment.policy_id is not None)
        return scans.ScanSpec(
            repository.pk,
            name=f"{schedule.name} · {repository.name}"[:100]
            if schedule.repositories.count() > 1
            else schedule.name,
            description=schedule.description,
            ref=change.ref or schedule.ref,
            scanners=tuple(schedule.scanners) if whole else changes.of_files(schedule),
            environment_id=None if environment is None else environment.pk,
            trigger=_TRIGGERS[Cause(self._occurrence.cause)],
            batch=self._occurrence.batch,
        )

    def _end(self, *, any_repository: bool) -> None:
        if not any_repository:
            self._problems.append(telling.Problem("none of its repositories is connected any more"))
        pause = self._pause() if self._refused else None
        said = []
        if self._started:
            said.append(f"{counted(self._started, 'scan')} started")
        if self._same:
            said.append(f"{counted(self._same, 'repository')} unchanged")
        if pause is not None:
            said.append(f"tried again in {_spoken(pause)}")
        outcome = "; ".join([*said, *(problem.text for problem in self._problems)]) or "Nothing to scan"
        failed = bool(self._problems)
        with transaction.atomic():
            ended = occurrences.end(
                self._occurrence, outcome, started=self._started, failed=failed, again=pause
            )
            if ended:
                self._leave_busy_ones()
        if ended:
            telling.tell(self._schedule, self._problems, self._well)

    def _pause(self) -> timedelta | None:
        now = Occurrence.objects.filter(pk=self._occurrence.pk).first()
        if now is not None:  # somebody may have paused the schedule meanwhile, or pushed
            self._occurrence.tries = now.tries
        return again.pause(self._occurrence)

    def _leave_busy_ones(self) -> None:
        """Each is looked at by itself after the scan that it waits for, however long the others need or wait."""
        for number in self._busy:
            occurrences.bring(self._schedule, Cause.PUSH, timezone.now() + _BUSY, number)


def _spoken(pause: timedelta) -> str:
    minutes = int(pause.total_seconds()) // 60
    return counted(minutes, "minute") if minutes < 120 else counted(minutes // 60, "hour")


def _running(schedule: Schedule, repository: Repository) -> bool:
    # From the few scans that run, as a schedule may have been due hundreds of thousands of times.
    now = Scan.objects.filter(repository=repository, state__in=UNFINISHED).exclude(batch="").order_by()
    return schedule.occurrences.filter(batch__in=list(now.values_list("batch", flat=True))).exists()
