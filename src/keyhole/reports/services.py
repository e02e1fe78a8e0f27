"""Reports for whoever may see what they are about."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.accounts.services import allows, require
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict
from keyhole.findings.filtering import ProblemFilter
from keyhole.findings.services import list_problems
from keyhole.reports import gather
from keyhole.reports.dataset import Dataset
from keyhole.reports.filters import sentence
from keyhole.reports.renderers.interface import renderer_of
from keyhole.scans import services as scans

MOST_FINDINGS = 20_000
"""Findings of one report."""


@dataclass(frozen=True, slots=True)
class Document:
    """A report as a file."""

    name: str
    """For saving it."""
    media: str
    """Media type."""
    body: bytes


def of_scan(caller: Caller, number: int) -> Dataset:
    """The report of a scan, as of now. NotFound; Conflict if it came to nothing."""
    scan = scans.get(caller, number)
    # An API token may see scans and not what was decided about findings.
    user = require(caller, "scan:read")
    return gather.of_scan(scan) if allows(caller, user, "finding:read") else gather.as_it_ended(scan)


def of_filter(caller: Caller, wanted: ProblemFilter, title: str = "") -> Dataset:
    """The report of the findings that match, as of now. Conflict if there are too many."""
    rows = list_problems(caller, wanted).select_related(
        "detail", "decision__made_by", "merged_into__decision__made_by"
    )
    found = list(rows[: MOST_FINDINGS + 1])
    if len(found) > MOST_FINDINGS:
        raise Conflict(
            f"More than {MOST_FINDINGS:,} findings match.",
            hint="Narrow the filter, or report on single scans.",
        )
    about = sentence(wanted)
    return gather.of_problems(found, wanted.repository, title=title or about, about=f"{about}.")


def document(data: Dataset, form: str, stem: str) -> Document:
    """The report in a format; `stem` is the file's name without its ending. NotFound for an unknown format."""
    renderer = renderer_of(form)
    return Document(f"{stem}.{renderer.suffix}", renderer.media, renderer.render(data))


def scan_document(caller: Caller, number: int, form: str) -> Document:
    """The report of a scan in a format."""
    renderer_of(form)
    return document(of_scan(caller, number), form, f"keyhole-scan-{number}")
