"""What can be notified about: one row per kind of event.

Other rooms publish events by these names; a rule of a channel names one of them, or `*` for every kind without a rule
of its own, also those that a later version adds. Adding a kind is adding a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from keyhole.core.redact import lines, one_line


class Severity(StrEnum):
    """How much an event matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for what matters least."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event."""

    name: str
    """`group.what`, stable: rules and receivers know it."""
    title: str
    about: str
    """When it is published, in one sentence."""

    @property
    def group(self) -> str:
        """What stands before the dot."""
        return self.name.partition(".")[0]


OTHERS = "*"
"""In the place of a kind: all kinds that a channel has no rule of its own for."""

_TABLE = (
    EventKind("token.expiring", "Token expires soon", "30, 14, 7 and 1 days before a token expires."),
    EventKind("token.expired", "Token expired", "On the day that a token expired."),
    EventKind("token.revoked", "Token revoked", "Somebody revoked a token, or it was found in the open."),
    EventKind("token.rotated", "Token rotated", "A token has a successor; the old one ends."),
    EventKind(
        "token.unused",
        "Token may more than it uses",
        "Rights of a token were not used for 30 days; said once.",
    ),
    EventKind("token.approval_requested", "Token waits for approval", "Policy wants somebody's approval."),
    EventKind(
        "token.approval_decided", "Token approved or refused", "Somebody decided about a waiting token."
    ),
    EventKind(
        "connection.expiring", "Connection expires soon", "30, 14, 7 and 1 days before its credential does."
    ),
    EventKind("connection.expired", "Connection expired", "Its credential has expired."),
    EventKind("connection.failed", "Connection failed", "GitHub no longer accepts its credential."),
    EventKind("connection.recovered", "Connection works again", "A connection that had failed works again."),
    EventKind(
        "connection.drift",
        "Connection may more or less",
        "GitHub grants its credential more or less than before, or rights of it were not used for 30 days.",
    ),
    EventKind(
        "connection.rotated",
        "Connection rotated",
        "Its credential has a successor, or the rotation has ended.",
    ),
    EventKind("scan.completed", "Scan completed", "A code scan ended without anything new."),
    EventKind("scan.findings", "Scan found something new", "A code scan found what the one before had not."),
    EventKind(
        "scan.failed", "Scan failed", "A code scan ended without a result, or could not see everything."
    ),
    EventKind(
        "schedule.failed",
        "Schedule failed",
        "A schedule was due, and something that it names was not scanned; the same is said once a day.",
    ),
    EventKind(
        "scan.breach", "Scan breaches its policy", "A code scan does not pass its environment's policy."
    ),
    EventKind(
        "scan.untold",
        "GitHub could not be told",
        "What a code scan came to could not be written to GitHub; said once for each scan.",
    ),
    EventKind("finding.overdue", "Findings are overdue", "Daily, while findings are past their due date."),
    EventKind("member.joined", "Member joined", "Somebody took an invitation, or joined by OpenID Connect."),
    EventKind(
        "member.changed", "Member changed", "A member's role changed, or an account was disabled or enabled."
    ),
    EventKind("policy.changed", "Policy changed", "Somebody changed what tokens or signing in must keep to."),
    EventKind(
        "vault.sealed", "Vault sealed", "The keys of the vault are missing or wrong: connections rest."
    ),
    EventKind(
        "advisories.failed",
        "Advisories not fetched",
        "What vulnerable packages are compared with could not be fetched six times in a row.",
    ),
    EventKind("report.failed", "Report not sent", "A report was due, and could not be sent."),
    EventKind("report.mailed", "Report sent", "A report that somebody has sent by mail again and again."),
    EventKind("notification.test", "Test", "Somebody pressed the test button of a channel."),
)

EVENTS: Mapping[str, EventKind] = {kind.name: kind for kind in _TABLE}
"""Every kind by name."""

_TITLE, _TEXT, _FACTS, _LABEL, _FACT = 200, 2000, 20, 60, 300


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and that somebody may want to be told."""

    kind: str
    """One of `EVENTS`."""
    severity: Severity
    title: str
    """One line that says it all: `GitHub no longer accepts the credential of Harbour`."""
    text: str = ""
    """What it means and what to do, a few sentences."""
    url: str = ""
    """Where to act: a path of this Keyhole such as `/connections/3`; empty when there is none."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Label to value, in the order in which they are shown. Never a secret."""

    def trimmed(self) -> Event:
        """The same within the limits of what is stored and sent, and without what looks like a token."""
        facts = list(self.facts.items())[:_FACTS]
        path = one_line(self.url, 500)
        return Event(
            one_line(self.kind, 60),
            Severity(self.severity),
            one_line(self.title, _TITLE),
            lines(self.text, _TEXT),
            path if path.startswith("/") and not path.startswith("//") else "",
            {one_line(str(label), _LABEL): one_line(str(value), _FACT) for label, value in facts},
        )
