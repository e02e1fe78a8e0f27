"""The filter of the findings' page, as its address says it: parsed, and as links that change one thing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from keyhole.core.errors import InvalidInput
from keyhole.core.terms import Kind, Severity
from keyhole.findings.filtering import Due, Order, ProblemFilter, Show
from keyhole.findings.models import Status

KINDS = {
    Kind.SECRET: "Secrets",
    Kind.VULNERABILITY: "Vulnerable packages",
    Kind.MALICIOUS: "Malicious packages",
    Kind.WORKFLOW: "Workflows",
    Kind.INFRASTRUCTURE: "Infrastructure",
    Kind.CODE: "Code",
    Kind.LICENCE: "Licences",
    Kind.OTHER: "Other",
}
SHOWN = {
    Show.OPEN: "Open",
    Show.FIXED: "Fixed",
    Show.ACCEPTED: "Accepted",
    Show.FALSE_POSITIVE: "False positives",
    Show.ALL: "All",
}
STATES = {Status.NEW: "New", Status.OPEN: "Known", Status.REOPENED: "Reopened"}
DUE = {
    Due.ANY: "Any date",
    Due.OVERDUE: "Overdue",
    Due.SOON: "Due within 7 days",
    Due.SET: "With a date",
    Due.NONE: "Without a date",
}
ORDERS = {
    Order.SEVERITY: "Worst first",
    Order.NEWEST: "Newest first",
    Order.DUE: "Due first",
    Order.EPSS: "Likeliest exploited first",
}
EPSS = {"": "Any probability", "0.01": "1 % or more", "0.1": "10 % or more", "0.5": "50 % or more"}
_MANY = ("severity", "kind", "status")
_TEXTS = ("q", "rule", "package", "advisory", "path", "scanner", "repository", "since", "due", "epss", "kev")
_LONGEST = 200


class FindingsForm:
    """What was asked for, and what is wrong with it."""

    def __init__(self, sent: QueryDict) -> None:
        self.problems: dict[str, InvalidInput] = {}
        """What is wrong, by field."""
        self.given: dict[str, list[str]] = {}
        """The fields that say something, by name, in the order of the page."""
        for name in ("show", *_MANY, *_TEXTS, "order"):
            values = [text for each in sent.getlist(name)[:20] if (text := _clean(each))]
            if values:
                self.given[name] = values if name in _MANY else values[-1:]
        self.wanted = ProblemFilter(
            show=self._one("show", Show, Show.OPEN),
            severity=self._several("severity", Severity),
            kind=self._several("kind", Kind),
            status=self._several("status", Status),
            scanner=(self.text("scanner"),) if self.text("scanner") else (),
            repository=self._repository(),
            rule=self.text("rule"),
            package=self.text("package"),
            advisory=self.text("advisory"),
            path=self.text("path"),
            due=self._one("due", Due, Due.ANY),
            kev=bool(self.text("kev")),
            epss=self._epss(),
            since=self._since(),
            text=self.text("q"),
            order=self._one("order", Order, Order.SEVERITY),
        )

    def text(self, name: str) -> str:
        """The field's value; empty if it says nothing."""
        return self.given.get(name, [""])[-1]

    def _one(self, name: str, kind: Any, default: Any) -> Any:
        text = self.text(name)
        if text and text not in set(kind):
            self.problems[name] = InvalidInput("There is no such choice.", field=name)
            return default
        return kind(text) if text else default

    def _several(self, name: str, kind: Any) -> tuple[str, ...]:
        known = {str(each) for each in kind}
        if wrong := [text for text in self.given.get(name, ()) if text not in known]:
            self.problems[name] = InvalidInput(f"There is no {wrong[0][:30]}.", field=name)
        return tuple(text for text in self.given.get(name, ()) if text in known)

    def _repository(self) -> tuple[int, ...]:
        text = self.text("repository")
        if not text:
            return ()
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            self.problems["repository"] = InvalidInput("There is no such repository.", field="repository")
            return ()
        return (int(text),)

    def _epss(self) -> float:
        try:
            number = float(self.text("epss") or 0)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            self.problems["epss"] = InvalidInput("It is a number from 0 to 1.", field="epss")
            return 0.0
        return number

    def _since(self) -> datetime | None:
        if not self.text("since"):
            return None
        try:
            return datetime.strptime(self.text("since"), "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            self.problems["since"] = InvalidInput("It is a day, such as 2026-11-25.", field="since")
            return None

    def check(self) -> None:
        """InvalidInput if it asks for something that there is not: such a filter is shown, and not acted on."""
        for problem in self.problems.values():
            raise problem

    @property
    def narrow(self) -> bool:
        """Whether a field is used that is not always in sight."""
        return bool(set(self.given) - {"show", "severity", "kind", "q", "order"})

    @property
    def any(self) -> bool:
        """Whether anything but the part of life and the order is asked for."""
        return bool(set(self.given) - {"show", "order"})

    def query(self, *without: str, **changes: str | Iterable[str]) -> str:
        """The address's query for the same filter but for these fields."""
        fields: Mapping[str, Any] = {
            **{name: values for name, values in self.given.items() if name not in without},
            **changes,
        }
        return urlencode([(name, each) for name, values in fields.items() for each in _list(values) if each])

    def toggled(self, name: str, value: str) -> str:
        """The query with the value added to the field, or taken from it."""
        now = self.given.get(name, [])
        then = [each for each in now if each != value] if value in now else [*now, value]
        return self.query(name, **{name: then})

    def chips(self, repositories: Mapping[int, str]) -> list[tuple[str, str]]:
        """What is asked for beyond what the tabs say, in words, each with the query that is left without it."""
        words = {
            "q": "“{}”",
            "rule": "rule {}",
            "package": "package {}",
            "advisory": "{}",
            "path": "path with “{}”",
            "scanner": "by {}",
            "since": "since {}",
            "epss": "EPSS at least {}",
        }
        told = {name: words[name].format(self.text(name)) for name in words if self.text(name)}
        if self.wanted.repository:
            told["repository"] = repositories.get(self.wanted.repository[0], "another repository")
        if self.text("due") and self.wanted.due:
            told["due"] = DUE[self.wanted.due].lower()
        if self.text("kev"):
            told["kev"] = "known to be exploited"
        if self.wanted.status:
            told["status"] = " or ".join(
                str(STATES.get(Status(each), each)).lower() for each in self.wanted.status
            )
        return [(text, self.query(name)) for name, text in told.items()]


def _list(values: str | Iterable[str]) -> list[str]:
    return [values] if isinstance(values, str) else list(values)


def _clean(text: str) -> str:
    # PostgreSQL's texts hold no NUL, and would refuse to be asked for one.
    return text.replace("\0", "").strip()[:_LONGEST]
