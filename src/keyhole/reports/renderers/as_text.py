"""A report as plain text, as a terminal shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from keyhole.core.columns import fitted, lines, shortened
from keyhole.core.plural import counted
from keyhole.reports.dataset import Dataset, Row, Source
from keyhole.reports.outline import where
from keyhole.reports.renderers.interface import Renderer

_HEADINGS = ("SEVERITY", "WHAT", "WHERE", "COMMIT", "ENDS IN")
_WIDEST = 60
_REASONS = 5
"""Reasons that are named why findings are shown with others; those of the most findings."""


def _render(data: Dataset) -> bytes:
    return text(data).encode()


def text(data: Dataset, room: int = 0) -> str:
    """The report: a table of what is open, then in sentences what was read and what that means.

    The table is cut to `room` characters a line, of a terminal, unless that is 0.
    """
    said = []
    if data.open:
        several = len({row.repository for row in data.rows}) > 1
        headings = (*_HEADINGS, "REPOSITORY") if several else _HEADINGS
        cells = [_cells(row)[: len(headings)] for row in data.open]
        said += [*_table(headings, cells, room), ""]
    for source in data.sources:
        said += source.notes
    said += _aside(data)
    policies = [f"Policy: {each}." for each in data.policies]
    return "\n".join([*said, _last(data), *policies]) + "\n"


def _aside(data: Dataset) -> list[str]:
    """What is not in the table, and why."""
    merged = Counter(each.reason for row in data.put_aside if row.merged for each in row.decided)
    said = [
        f"{counted(number, 'finding')} shown with another one: {reason}"
        for reason, number in merged.most_common(_REASONS)
    ]
    if more := sum(merged.values()) - sum(dict(merged.most_common(_REASONS)).values()):
        said.append(
            f"{counted(more, 'more finding')} shown with others; --format json has the reason of each."
        )
    if rest := len(data.put_aside) - sum(merged.values()):
        said.append(f"{counted(rest, 'finding')} fixed or decided about, not listed.")
    return said


def _cells(row: Row) -> tuple[str, ...]:
    about = row.finding
    first = about.locations[0]
    return (
        about.severity.value,
        about.title,
        where(first),
        first.commit[:10],
        about.last4 or "-",
        row.repository,
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[str]:
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    if not room:
        return lines([headings, *rows], [min(width, _WIDEST) for width in widths])
    widths = fitted(widths, room)
    cut = [[shortened(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    return lines([headings, *cut], widths)


def _last(data: Dataset) -> str:
    if not data.sources:
        return data.verdict
    found = counted(len(data.open), "finding")
    read = _read(data.sources)
    if not data.complete:
        reasons = "; ".join(data.reasons)
        return f"INCOMPLETE, so not known to be clean: {reasons}. {found} so far, {read}."
    if data.filtered:
        return f"{data.about} {found}, {read}."
    if data.imported:
        return data.verdict
    if data.clean:
        return f"{'Nothing open' if data.rows else 'Clean'}: {read}."
    return f"{found}. {read}."


def _read(sources: Sequence[Source]) -> str:
    if all(each.imported for each in sources):
        return "nothing read, as it came in a file"
    objects, size = sum(each.objects for each in sources), sum(each.bytes_read for each in sources)
    seconds = sum(each.duration for each in sources)
    return f"{counted(objects, 'object')} ({size / 1e6:,.1f} MB) read in {seconds:.1f} s"


RENDERER = Renderer(
    id="text",
    title="Text",
    about="what a terminal shows",
    suffix="txt",
    media="text/plain; charset=utf-8",
    render=_render,
)
