"""Rotating a connection: the new credential is inspected first, and what it lacks is said before it is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.connections.usage import used_since
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.inspector.asking import Progress
from keyhole.inspector.compare import Change, change, compare
from keyhole.inspector.inspect import inspect
from keyhole.inspector.report import Report, Verdict, from_json
from keyhole.integrations.drift import WINDOW
from keyhole.integrations.watch.inspections import worded
from keyhole.providers import outgoing


@dataclass(frozen=True, slots=True)
class Compared:
    """A new credential beside the one that it is to succeed."""

    needed: tuple[str, ...]
    """What was planned or used, and is shown to be missing, as `contents: read`."""
    less: tuple[str, ...]
    """What else the old one is shown to have and the new one is shown not to have."""
    more: tuple[str, ...]
    """What the new one is shown to have and the old one is shown not to have."""
    repositories: tuple[str, ...]
    """What the old one reaches and the new one does not, of what was looked at."""

    @property
    def lacks(self) -> bool:
        """Whether anything is less."""
        return bool(self.needed or self.less or self.repositories)


class LacksSomething(Conflict):
    """The new credential can do less than the old one, and nobody has said that this is meant."""

    def __init__(self, found: Compared) -> None:
        words = "; ".join(_words(found))
        super().__init__(
            f"The new credential lacks something that the old one has: {words}.",
            hint="Nothing was kept. Accept it as it is if that is meant, or give it this on GitHub and try again.",
        )
        self.compared = found


def _words(found: Compared) -> list[str]:
    told = (
        ("needed", found.needed),
        ("neither planned nor used", found.less),
        ("not reached", found.repositories),
    )
    return [f"{', '.join(what)} ({how})" for how, what in told if what]


def rotate(
    caller: Caller,
    number: int,
    credential: Secret,
    *,
    accept_less: bool = False,
    on_progress: Progress | None = None,
) -> Compared:
    """Inspect a new credential, compare it with the old one, and keep it beside that, with its report.

    LacksSomething, and nothing is kept, when it can do less and `accept_less` was not said; otherwise as for
    `connections.begin_rotation`. Of a GitHub App, whose keys all have the same rights, there is nothing to compare.
    """
    require(caller, "connection:change")
    row = connections.get(caller, number)
    if row.is_app:
        connections.begin_rotation(caller, number, credential, row.report)
        return Compared((), (), (), ())
    if not credential.reveal().strip():
        raise InvalidInput("There is no token to rotate to.", field="credential")
    report = inspect(
        row.instance,
        credential,
        outgoing.configured(),
        planned=row.planned_levels,
        owner=row.owner_login,
        on_progress=on_progress,
    )
    found = compared(row, report)
    if found.lacks and not accept_less:
        raise LacksSomething(found)
    connections.begin_rotation(caller, number, credential, report.as_json())
    return found


def compared(row: Connection, report: Report) -> Compared:
    """The report of a new credential beside what is known of the connection's own."""
    before = _before(row)
    used = {name: each.level for name, each in used_since(row, timezone.now() - WINDOW).items()}
    wanted: dict[str, Level] = dict(row.planned_levels)
    for name, level in used.items():
        wanted[name] = max(level, wanted.get(name, level))
    missing = {} if report.scoped else compare(report, wanted).missing
    differs = change(before, report) if before else Change()
    less = {name: level for name, level in differs.narrowed.items() if name not in missing}
    return Compared(
        tuple(worded(missing)),
        tuple(worded(less, differs.scopes_gone if report.scoped else ())),
        tuple(worded(differs.widened, differs.scopes_added)),
        _not_reached(before, report),
    )


def _before(row: Connection) -> Report | None:
    try:
        return from_json(row.report)
    except InvalidInput:
        return None


def _not_reached(before: Report | None, report: Report) -> tuple[str, ...]:
    had = {each.id for each in before.repositories if each.reached is Verdict.GRANTED} if before else set()
    without = (each for each in report.repositories if each.reached is Verdict.NOT_GRANTED)
    return tuple(each.full_name for each in without if each.id in had)
