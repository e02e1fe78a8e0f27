"""Noting that something was pushed, whichever way it came."""

from __future__ import annotations

from django.utils import timezone

from keyhole.gateway.places import in_thread
from keyhole.gateway.rest.context import Context
from keyhole.repositories.models import Repository
from keyhole.schedules import pushes


async def note_push(ctx: Context) -> None:
    """`pushed_at` of the repository is now, and what waits for pushes is due."""
    await in_thread(_note, ctx.repository.pk)


def _note(repository_id: int) -> None:
    Repository.objects.filter(pk=repository_id).update(pushed_at=timezone.now())
    pushes.note_push(repository_id)
