"""Being told that something was pushed to a repository that is served here."""

from __future__ import annotations

from django.utils import timezone

from keyhole.schedules import occurrences
from keyhole.schedules.models import Cause, Schedule, When


def note_push(repository_id: int) -> None:
    """Make the schedules due that wait for pushes to this repository. Cheap, and safe to call for each push."""
    at = timezone.now() + occurrences.GATHER
    waiting = Schedule.objects.filter(
        repositories=repository_id, when=When.PUSH, paused_at=None, removed_at=None
    )
    for schedule in waiting:
        occurrences.bring(schedule, Cause.PUSH, at, repository_id)
