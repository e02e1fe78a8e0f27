"""Asking GitHub again, once a week, what a connection can do, and telling people when somebody changed that there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.connections import services as connections
from keyhole.connections.app_tokens import installed
from keyhole.connections.models import Connection
from keyhole.connections.records import locked, record
from keyhole.connections.services import Check
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from keyhole.core.permissions import Level
from keyhole.core.plural import counted
from keyhole.inspector.asking import Progress
from keyhole.inspector.compare import Change, change
from keyhole.inspector.connected import keep, look
from keyhole.inspector.report import Report, from_json
from keyhole.integrations.models import RightsChange, Task, TaskKind
from keyhole.integrations.watch import schedule
from keyhole.integrations.watch.probes import watcher
from keyhole.integrations.watch.telling import tell
from keyhole.notifications.events import Event, Severity
from keyhole.providers.github.problems import GitHubProblem


@dataclass(frozen=True, slots=True)
class Inspected:
    """What came of asking."""

    report: Report | None
    """What the token can do; None for a GitHub App, of which GitHub lists it."""
    held: Mapping[str, Level]
    """The permissions that it is shown to have."""
    change: Change
    """How that differs from the report that was kept before."""
    kept: bool
    """False when a report that tells less was not put in the place of one that tells more."""
    requests: int


def inspect_now(caller: Caller, number: int, on_progress: Progress | None = None) -> Inspected:
    """Ask GitHub what a connection can do, changing nothing there, keep the answer, and tell what has changed.

    GitHubProblem, noted with the connection, when the credential is not accepted; Conflict when the connection is
    paused; Unavailable when the vault is sealed.
    """
    require(caller, "connection:change")
    row = connections.get(caller, number)
    return _ask_app(caller, row) if row.is_app else _ask_token(caller, row, on_progress)


def _ask_token(caller: Caller, row: Connection, on_progress: Progress | None) -> Inspected:
    report = look(caller, row, on_progress)
    with transaction.atomic():
        before = _report(locked(row.pk), row)
        found = change(before, report) if before else Change()
        kept = before is None or _tells_no_less(before, report)
        if kept:
            keep(caller, row, report)
            _tell(caller, row, found)
    return Inspected(report, report.held(), found if kept else Change(), kept, report.requests)


def _ask_app(caller: Caller, row: Connection) -> Inspected:
    with connections.using(caller, row, probing=True) as use:
        told = installed(row, use.secret)
    with transaction.atomic():
        known = locked(row.pk).report.get("permissions")
        after = levels(told["permissions"])
        found = _between(levels(known), after) if known is not None else Change()
        connections.note_check(caller, row, Check(report=told))
        _tell(caller, row, found)
    return Inspected(None, after, found, True, 1)


def _report(now: Connection, row: Connection) -> Report | None:
    """The report kept for the credential that was asked about. Conflict when another took its place meanwhile."""
    if now.recognition != row.recognition:
        raise Conflict(
            f"{row.name} got its new credential while the old one was looked at.",
            hint="Check it again: the new one is looked at then.",
        )
    try:
        return from_json(now.report)
    except InvalidInput:
        return None


def _tells_no_less(before: Report, report: Report) -> bool:
    if before.held() and not report.held():
        return False  # nothing of it could be reached, so that nothing could be asked
    return report.complete or not before.complete


def levels(words: object) -> dict[str, Level]:
    """Permissions as GitHub lists those of an installation. Levels that no permission of ours has are left out."""
    known = {level.word: level for level in Level}
    pairs = words.items() if isinstance(words, Mapping) else ()
    return {str(name): known[word] for name, word in pairs if word in known}


def _between(before: Mapping[str, Level], after: Mapping[str, Level]) -> Change:
    return Change(
        {name: level for name, level in after.items() if level > before.get(name, 0)},
        {name: level for name, level in before.items() if level > after.get(name, 0)},
    )


def worded(permissions: Mapping[str, Level], scopes: Iterable[str] = ()) -> list[str]:
    """Permissions and scopes as they are stored and told: `contents: write`, `scope repo`."""
    named = [f"{name}: {level.word}" for name, level in sorted(permissions.items())]
    return named + [f"scope {each}" for each in scopes]


def _tell(caller: Caller, row: Connection, found: Change) -> None:
    """Remember a change and say it, in the transaction that keeps the report it was seen by."""
    if not found.any:
        return
    widened = worded(found.widened, found.scopes_added)
    narrowed = worded(found.narrowed, found.scopes_gone)
    RightsChange.objects.create(connection=row, at=timezone.now(), widened=widened, narrowed=narrowed)
    record(caller, "connection:check", row, widened=widened, narrowed=narrowed)
    tell(caller, _event(row, widened, narrowed))


def _event(row: Connection, widened: list[str], narrowed: list[str]) -> Event:
    more = {"Can do now, and could not": ", ".join(widened)} if widened else {}
    less = {"Cannot do any more": ", ".join(narrowed)} if narrowed else {}
    how = "more" if widened and not narrowed else "less" if narrowed and not widened else "something else"
    return Event(
        "connection.drift",
        Severity.WARNING,
        f"The credential of {row.name} can do {how} than before",
        "Somebody changed its permissions, or its owner's role, on GitHub. If that was not meant, set them back there.",
        f"/connections/{row.pk}",
        {"Connection": row.name, "Owner": row.owner_login, **more, **less},
    )


def inspect_due(number: int) -> None:
    """Carry out one task: inspect, note the outcome, make the next task. Harmless when it is done."""
    task = Task.objects.filter(pk=number, done_at=None).first()
    if task is None:
        return
    again = None
    try:
        outcome = said(inspect_now(watcher(), task.subject))
    except NotFound:
        outcome = "It was removed."
    except (Conflict, InvalidInput) as problem:
        outcome = problem.message
    except (GitHubProblem, Unavailable) as problem:
        outcome, again = problem.message, schedule.EVERY[TaskKind.PROBE]
    with transaction.atomic():
        schedule.end(task, outcome, again=again)


def said(found: Inspected) -> str:
    """The outcome in a sentence or two."""
    if not found.kept:
        return "Not everything could be asked, so the complete report from before is kept."
    changed = [
        f"{word} {', '.join(what)}."
        for word, what in (
            ("New:", worded(found.change.widened, found.change.scopes_added)),
            ("Gone:", worded(found.change.narrowed, found.change.scopes_gone)),
        )
        if what
    ]
    asked = counted(found.requests, "request")
    return " ".join(changed) or f"{asked}; it can do what it could before, as far as requests tell."
