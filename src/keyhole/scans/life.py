"""How a scan's row changes while it lives: begun, further, ended. Every way to the end goes through `finish`."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.audit.log import Draft, append
from keyhole.core.caller import Caller, Via
from keyhole.environments.models import Environment
from keyhole.scans.models import UNFINISHED, Scan, State
from keyhole.tokens import services as tokens
from keyhole.tokens.models import Token

LOG_LINES = 100
"""Lines of the log that are kept: the last ones."""
SAVE_EVERY = 0.25
"""Seconds between two savings of progress; people see no more, and each one is a write to disk."""


def acting_for(scan: Scan) -> Caller:
    """The job as a caller: it may what the person may who asked for the scan, and the audit says it was the job."""
    return Caller(scan.requested_by_id, f"scan {scan.pk}", Via.JOB)


def still_there(environment: Environment | None) -> Environment | None:
    """The environment that measures a scan, unless it was removed since it was chosen."""
    return environment if environment is not None and environment.removed_at is None else None


def say(scan: Scan, text: str) -> None:
    """Adds a line to the log that people follow. Never hand it text that came from a repository unescaped."""
    line = {"at": timezone.now().isoformat(timespec="seconds"), "text": text}
    scan.log = [*scan.log, line][-LOG_LINES:]
    Scan.objects.filter(pk=scan.pk).update(log=scan.log)


def finish(scan: Scan, state: State, reason: str = "", caller: Caller | None = None, **results: Any) -> bool:
    """Ends the scan, whoever else tries to at the same time; False if it had ended already (or was deleted).

    The scan's token is revoked in the same transaction: no ended scan leaves one behind.
    """
    with transaction.atomic():
        ended = Scan.objects.filter(pk=scan.pk, state__in=UNFINISHED).update(
            state=state, reason=reason[:1000], stage="", finished_at=timezone.now(), **results
        )
        if not ended:
            return False
        revoke_token(scan, "the scan ended")
        append(
            Draft(
                action="scan:finish",
                outcome="allowed",
                actor=(caller or acting_for(scan)).as_actor(),
                subject={
                    "scan_id": scan.pk,
                    "repository": scan.repository.full_name,
                    "repository_id": scan.repository_id,
                    "state": str(state),
                    "reason": reason[:1000],
                    "counters": results.get("counters", {}),
                },
            )
        )
    scan.refresh_from_db()
    say(scan, _LAST_WORDS[state] + (f": {reason}" if reason else "."))
    return True


_LAST_WORDS = {
    State.COMPLETE: "Complete",
    State.INCOMPLETE: "Incomplete",
    State.FAILED: "Failed",
    State.STOPPED: "Stopped",
}


def revoke_token(scan: Scan, why: str) -> None:
    """Revokes the token of the scan if it has one that is still good."""
    scan.refresh_from_db(fields=["token"])
    revoke_own_token(scan, why)


def revoke_own_token(scan: Scan, why: str) -> None:
    """The same with the token that this attempt knows of: another one may have taken the scan over, with its own."""
    if scan.token_id is None:
        return
    token = Token.objects.filter(pk=scan.token_id, revoked_at=None).select_related("user").first()
    if token is None:
        return
    # Somebody whose account was closed meanwhile may not even revoke: then this machine's operator does.
    user_id = token.user.pk if token.user.is_active else local_caller().user_id
    tokens.revoke(Caller(user_id, f"scan {scan.pk}", Via.JOB), token.pk, why)


class Progress:
    """Saves how far a scan is, now and then, and learns on the way whether it should go on."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._saved = ("", -1, -1)
        self._next = 0.0

    def save(self, stage: str, done: int, total: int) -> None:
        """Saves if it is time to; entering another stage is always saved."""
        now = time.monotonic()
        current = (stage, done, total)
        if current == self._saved or (stage == self._saved[0] and now < self._next):
            return
        self._saved, self._next = current, now + SAVE_EVERY
        self._mine().update(stage=stage, done=done, total=total)

    def wanted(self) -> bool:
        """Whether the row is still there, running, not asked to stop, and not taken over by another attempt."""
        return self._mine().filter(stop_requested=False).exists()

    def _mine(self) -> Any:
        return Scan.objects.filter(pk=self._scan.pk, state=State.RUNNING, attempts=self._scan.attempts)
