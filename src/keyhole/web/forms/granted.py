"""What a connection's credential can do, from its last report, beside what it was used for, as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass, replace

from keyhole.connections.models import Connection
from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level, vocabulary
from keyhole.inspector.report import Finding, Report, Verdict, from_json
from keyhole.integrations.watch.rights import Rights


@dataclass(frozen=True, slots=True)
class Granted:
    """One permission."""

    title: str
    word: str
    """The highest level that is proved, or that it is not held, or not provable."""
    evidence: str
    planned: str
    """The level that was planned; empty when it was not."""
    used: str = ""
    """The highest level that was used in 30 days; empty when none was."""
    beyond_plan: bool = False
    idle: bool = False
    """Whether more is granted than was used in 30 days."""


def beside_use(rights: Rights) -> list[Granted]:
    """What is held, was planned or was used, by name, with how it is known."""
    shown = {each.title: each for each in granted(rights.connection)}
    return [
        replace(
            shown.get(each.title) or Granted(each.title, Verdict.UNPROVABLE.value, "Not asked.", ""),
            used=each.used.word if each.used else "",
            beyond_plan=each.beyond_plan,
            idle=each.idle,
        )
        for each in rights.rows
    ]


def granted(connection: Connection) -> list[Granted]:
    """What is held or was planned, by name; empty when the credential was never inspected.

    For a GitHub App it is what its installation was given, which GitHub tells.
    """
    if connection.is_app:
        told = connection.report.get("permissions", {})
        return [
            Granted(_title(name), word, "GitHub lists the permissions of an installation.", "")
            for name, word in sorted(told.items())
        ]
    try:
        report = from_json(connection.report)
    except InvalidInput:
        return []
    return _rows(report, connection.planned)


def _rows(report: Report, planned: dict[str, str]) -> list[Granted]:
    held = report.held()
    rows = []
    for name in sorted({*held, *planned}, key=_title):
        level = held.get(name)
        found = report.finding(name, level or Level.parse(planned[name]))
        word = level.word if level is not None else _unheld(found)
        rows.append(
            Granted(_title(name), word, found.reason if found else "Not asked.", planned.get(name, ""))
        )
    return rows


def _unheld(found: Finding | None) -> str:
    return found.verdict.value if found is not None else Verdict.UNPROVABLE.value


def _title(name: str) -> str:
    known = vocabulary().permissions.get(name)
    return known.title if known is not None else name
