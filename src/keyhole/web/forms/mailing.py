"""The form "Send a report by mail"."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import QueryDict

from keyhole.core.errors import InvalidInput
from keyhole.core.terms import Severity
from keyhole.findings.filtering import ProblemFilter
from keyhole.reports.mailing import PRESETS, MailingSpec
from keyhole.web.forms.findings import FindingsForm
from keyhole.web.forms.numbers import whole_number

AS = (
    ("pdf", "PDF"),
    ("html", "HTML"),
    ("csv", "CSV"),
    ("json", "JSON"),
    ("sarif", "SARIF"),
    ("cyclonedx", "CycloneDX"),
)
"""What a report can be attached as."""
_WORST: dict[str, tuple[Severity, ...]] = {
    "": (),
    "critical": (Severity.CRITICAL,),
    "high": (Severity.CRITICAL, Severity.HIGH),
    "medium": (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM),
}


def spec_of(sent: Mapping[str, str]) -> MailingSpec:
    """What was sent. InvalidInput, naming the field."""
    text = {name: sent.get(name, "").replace("\0", "").strip()[:1000] for name in sent}
    what, how = text.get("what", ""), text.get("how", "")
    if what not in ("findings", "scan"):
        raise InvalidInput("Choose what is reported.", field="what")
    if how not in ("attach", "link"):
        raise InvalidInput("Choose how it is sent.", field="how")
    repository = whole_number(text.get("repository", ""))
    if what == "scan" and not repository:
        raise InvalidInput("Choose the repository.", field="repository")
    query = filter_of(sent.get("query", "")) or ProblemFilter(severity=_worst(text.get("worst", "")))
    return MailingSpec(
        name=text.get("name", ""),
        channel=whole_number(text.get("channel", "")),
        cron=text.get("cron", "") if text.get("every") == "custom" else text.get("every", ""),
        zone=text.get("zone", "UTC"),
        repository=repository if what == "scan" else 0,
        ref=text.get("ref", "") if what == "scan" else "",
        query=query,
        form=text.get("form", "") if how == "attach" else "",
        link_days=whole_number(text.get("days", "")) if how == "link" else 0,
    )


def _worst(text: str) -> tuple[str, ...]:
    if text not in _WORST:
        raise InvalidInput("There is no such choice.", field="worst")
    return tuple(each.value for each in _WORST[text])


def filter_of(query: str) -> ProblemFilter | None:
    """The filter of the findings' page with this query in its address; None for none. InvalidInput."""
    if not query:
        return None
    form = FindingsForm(QueryDict(query[:2000]))
    form.check()
    return form.wanted


def times_offered() -> list[tuple[str, str]]:
    """Times to choose from, by id."""
    return [*((each.id, each.title) for each in PRESETS), ("custom", "At other times")]
