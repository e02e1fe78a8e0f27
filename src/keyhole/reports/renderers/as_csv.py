"""A report as a table for spreadsheets: one line for each finding, and one for each scan that did not see everything.

The last column says of which sort the scan was that a line is from. A scan without findings has no line to say it in:
so one that saw too little has a line of its own, and no table without lines is from one.

A spreadsheet runs a cell that looks like a formula, and paths are whatever somebody committed: such cells get an
apostrophe, which spreadsheets take for "this is text". One that takes another character than the comma for what stands
between cells begins one in the middle of ours, quoted or not: so what would look like a formula there gets one too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from keyhole.core.terms import Status
from keyhole.reports.dataset import Dataset, Row
from keyhole.reports.renderers.interface import Renderer

# The full-width forms too: some spreadsheets take them for the plain ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # fmt: skip
_FORMULA_WITHIN = re.compile(r"""([;|][\s"]*)(?=[=+\-@＝＋－＠])""")
_COLUMNS = (
    "repository", "severity", "confidence", "kind", "scanner", "rule", "title", "path", "line", "commit",
    "author_date", "occurrences", "ends_in", "status", "decision", "decision_reason", "decision_until", "due",
    "package", "version", "fixed_in", "ids", "known_exploited", "epss", "why", "fix", "id", "fingerprint", "scan",
)  # fmt: skip
_COMPLETE, _INCOMPLETE = "complete", "incomplete"
_GAP = "Not everything was seen"


def _render(data: Dataset) -> bytes:
    stream = io.StringIO(newline="")
    table = csv.writer(stream, quoting=csv.QUOTE_ALL)
    table.writerow(_COLUMNS)
    whole = {source.repository for source in data.sources}
    whole -= {source.repository for source in data.sources if source.status is not Status.COMPLETE}
    lines = [(*_cells(row), _COMPLETE if row.repository in whole else _INCOMPLETE) for row in data.rows]
    table.writerows([guarded(cell) for cell in line] for line in [*lines, *_gaps(data)])
    return stream.getvalue().encode()


def _gaps(data: Dataset) -> Iterator[tuple[str, ...]]:
    """A line for each scan that did not see everything: no finding, so it has no severity and no id."""
    if not data.sources:
        yield _gap("", "", data.verdict)
    for source in data.sources:
        if source.status is not Status.COMPLETE:
            yield _gap(source.repository, source.commit, "; ".join(source.reasons))


def _gap(repository: str, commit: str, why: str) -> tuple[str, ...]:
    told = {"repository": repository, "commit": commit, "title": _GAP, "why": why, "scan": _INCOMPLETE}
    return tuple(told.get(column, "") for column in _COLUMNS)


def guarded(cell: str) -> str:
    """The cell, such that no spreadsheet takes it for a formula."""
    cell = _FORMULA_WITHIN.sub(r"\1'", cell)
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) or cell[:1].isspace() else cell


def _cells(row: Row) -> tuple[str, ...]:
    about, first = row.finding, row.finding.locations[0]
    decision = row.decided[0] if row.decided else None
    package = about.package[0] if about.package else None
    return (
        row.repository,
        about.severity.value,
        about.confidence.value,
        about.kind.value,
        about.scanner,
        about.rule,
        about.title,
        first.path,
        str(first.line),
        first.commit,
        first.author_date,
        str(about.occurrences),
        about.last4,
        row.status,
        decision.word if decision else "",
        decision.reason if decision else "",
        decision.until if decision else "",
        row.due,
        package.name if package else "",
        " ".join((package.version, *package.others)) if package else "",
        package.fixed if package else "",
        " ".join(package.ids) if package else "",
        ("yes" if package.kev else "no") if package else "",
        f"{package.epss:g}" if package and package.epss >= 0 else "",
        about.why,
        about.fix,
        about.id,
        about.fingerprint,
    )


RENDERER = Renderer(
    id="csv",
    title="CSV",
    about="one line for each finding, for spreadsheets",
    suffix="csv",
    media="text/csv; charset=utf-8",
    render=_render,
)
