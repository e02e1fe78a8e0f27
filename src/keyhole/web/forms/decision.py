"""A decision about findings as the browser sends it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from django.http import QueryDict
from django.utils import timezone

from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.findings import services as findings
from keyhole.findings.deciding import MOST_AT_ONCE, widened
from keyhole.findings.models import Kind, Scope
from keyhole.findings.services import DecisionSpec, Preview
from keyhole.web.forms.findings import FindingsForm

DAYS = (30, 90, 180)
"""Days for which people accept things most often; the middle one is offered."""
FIELDS = ("problems", "query", "all", "kind", "scope", "rule", "path", "reason", "until")


class DecisionForm:
    """The fields, kept between the preview and the decision."""

    def __init__(self, sent: QueryDict, caller: Caller) -> None:
        self.kind = sent.get("kind", Kind.ACCEPTED.value)
        self.scope = sent.get("scope", Scope.FINDING.value)
        self.reason = sent.get("reason", "")[:4000]
        self.path = sent.get("path", "")[:2000]
        self.rule = sent.get("rule", "")[:200]
        self.all = bool(sent.get("all"))
        self.query = sent.get("query", "")[:4000]
        self.until = sent.get("until", "") or f"{timezone.now() + timedelta(days=DAYS[1]):%Y-%m-%d}"
        self.numbers = self._numbers(sent, caller)

    def _numbers(self, sent: QueryDict, caller: Caller) -> tuple[int, ...]:
        if self.all:
            form = FindingsForm(QueryDict(self.query))
            form.check()
            rows = findings.list_problems(caller, form.wanted)
            return tuple(rows.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        given = [
            text for text in sent.getlist("problems") if text.isascii() and text.isdigit() and len(text) < 19
        ]
        return tuple(map(int, given[: MOST_AT_ONCE + 1]))

    def spec(self, *, preview: bool = False) -> DecisionSpec:
        """What is asked for. InvalidInput for a date that is none; a preview asks for none."""
        spec = DecisionSpec(
            kind=self.kind,
            reason=self.reason,
            until=None if preview or self.kind != Kind.ACCEPTED else self._until(),
            scope=self.scope,
            problems=self.numbers,
            path=self.path,
        )
        return widened(spec, "" if self.rule == "any" else None)

    def sight(self, seen: Preview) -> str:
        """What somebody has seen who looks at the preview now: which ones it hides, and where."""
        hides = " ".join(map(str, seen.hides.order_by("pk").values_list("pk", flat=True)))
        return f"{hashlib.sha256(hides.encode()).hexdigest()[:16]} {self.rule} {self.path}".strip()

    def _until(self) -> datetime:
        try:
            day = datetime.strptime(self.until, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise InvalidInput("It is a day, such as 2027-03-31.", field="until") from None
        return day + timedelta(days=1, seconds=-1)  # in one step: no day comes after the last one
