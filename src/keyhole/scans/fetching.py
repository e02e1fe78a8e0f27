"""Bringing the mirror of a repository on GitHub up to date before it is read, or saying exactly why that cannot be."""

from __future__ import annotations

import time

from django.utils import timezone

from keyhole.core.errors import KeyholeError
from keyhole.jobs import Interrupted, engine
from keyhole.repositories import mirrors
from keyhole.repositories.services import place_of
from keyhole.scans.life import Progress, acting_for, finish, say
from keyhole.scans.models import Scan, Stage, State

_LOOK_EVERY = 0.5


class _NotWanted(Exception):
    """Nobody wants the scan any more."""


def fetch(scan: Scan) -> bool:
    """Whether the mirror is as GitHub has it now. False: the scan has ended, with what to do in its reason.

    An old mirror is never read instead: what was not fetched was not scanned, and must not look clean.
    """
    row = scan.repository
    connection = row.connection
    Scan.objects.filter(pk=scan.pk).update(stage=Stage.FETCH, done=0, total=0)
    name = connection.name if connection is not None else "?"
    say(scan, f"Fetching from GitHub with the connection “{name}”.")
    follow = _Follow(scan)
    try:
        fetched = mirrors.bring_up_to_date(acting_for(scan), row, follow.note)
    except _NotWanted:
        finish(scan, State.STOPPED, "Stopped on request.")
        return False
    except KeyholeError as problem:
        hint = f" {problem.hint}" if problem.hint else ""
        finish(scan, State.FAILED, f"Could not be fetched: {problem.message}{hint}")
        return False
    if fetched.renamed_from:
        say(scan, f"It is called {fetched.repository.full_name} now; it was {fetched.renamed_from}.")
    say(scan, f"The mirror is up to date: {fetched.refs} branches and tags.")
    scan.repository = fetched.repository
    scan.evidence = {
        **scan.evidence,
        "fetched": {
            "from": place_of(fetched.repository),
            "connection": name,
            "at": timezone.now().isoformat(timespec="seconds"),
        },
    }
    scan.save(update_fields=["evidence"])
    return True


class _Follow:
    """Saves how far git is, and looks on the way whether to go on."""

    def __init__(self, scan: Scan) -> None:
        self._progress = Progress(scan)
        self._next = 0.0

    def note(self, what: str, done: int, total: int) -> None:
        """Called as git tells of its progress. Raises _NotWanted or Interrupted, which ends git."""
        if engine.stopping():
            raise Interrupted
        if (now := time.monotonic()) >= self._next:
            self._next = now + _LOOK_EVERY
            if not self._progress.wanted():
                raise _NotWanted
        if what.startswith("Receiving"):  # git counts three times; this is the one that takes long
            self._progress.save(Stage.FETCH, done, total)
