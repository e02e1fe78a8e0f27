"""The filter of the history, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from keyhole.audit.search import day
from keyhole.core.errors import InvalidInput
from keyhole.reports.history import RunFilter
from keyhole.scans.models import State, Trigger
from keyhole.web.forms.numbers import whole_number

_FIELDS = ("q", "repository", "state", "trigger", "from", "to", "batch")
_LONGEST = 200


class HistoryForm:
    """What was asked for, and what is wrong with it."""

    def __init__(self, sent: Mapping[str, str]) -> None:
        texts = {name: sent.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in _FIELDS}
        self.given = {name: text for name, text in texts.items() if text}
        """The fields that say something."""
        self.problems: dict[str, InvalidInput] = {}
        """What is wrong, by field."""
        for name, known in (("state", State.values), ("trigger", Trigger.values)):
            if texts[name] and texts[name] not in known:
                self.problems[name] = InvalidInput("There is no such choice.", field=name)
        repository = whole_number(texts["repository"])
        if texts["repository"] and not repository:
            self.problems["repository"] = InvalidInput("There is no such repository.", field="repository")
        until = self._day("to")
        self.wanted = RunFilter(
            text=texts["q"],
            repository=repository,
            state=texts["state"],
            trigger=texts["trigger"],
            since=self._day("from"),
            until=until + timedelta(days=1) if until else None,
            batch=texts["batch"],
        )

    def _day(self, name: str) -> datetime | None:
        try:
            return day(self.given[name], name) if name in self.given else None
        except InvalidInput as problem:
            self.problems[name] = problem
            return None
