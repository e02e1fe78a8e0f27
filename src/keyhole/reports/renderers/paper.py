"""What a report says, on pages of paper."""

from __future__ import annotations

from keyhole.core.summary import capitalised
from keyhole.reports.dataset import Dataset, Row, Source
from keyhole.reports.outline import KINDS, Group, facts, groups, moment, remarks, where
from keyhole.reports.renderers.pages import BOLD, LINE, MONO, Pages, Style

MOST_LIBRARIES = 1000
"""Libraries that are printed; the formats for programs have all."""
_INK, _MUTED, _BRAND = "#1d1c1a", "#605c55", "#6b3fd4"
_OK, _WARN, _BAD = "#176b3d", "#8a5100", "#b3261e"
_COLOURS = {"critical": "#7d1128", "high": "#b3261e", "medium": "#8a5100", "low": "#57606a"}


def render(data: Dataset) -> bytes:
    """The report as a PDF document."""
    pages = Pages()
    _head(pages, data)
    _section(pages, f"Open findings ({len(data.open):,})", data.open)
    _section(pages, f"Fixed or decided about ({len(data.put_aside):,})", data.put_aside)
    _libraries(pages, data)
    _sources(pages, data.sources)
    return pages.drawn(
        title=data.title, subject=data.about, author=data.made_by, foot=f"{data.title} - {data.verdict}"
    )


def _head(pages: Pages, data: Dataset) -> None:
    pages.write("SECURITY REPORT", Style(BOLD, 8, _BRAND))
    pages.write(data.title, Style(BOLD, 20, _INK, 1.25))
    if data.subtitle:
        pages.write(data.subtitle, Style(size=10.5, colour=_MUTED))
    pages.space(6)
    colour = _OK if data.clean else _BAD if data.open else _WARN
    pages.write(data.verdict, Style(BOLD, 12.5, colour))
    pages.write(f"Made {moment(data.made_at)} by {data.made_by}", Style(size=8, colour=_MUTED))
    pages.space(8)
    _numbers(pages, data)
    if data.sources and not data.complete:
        pages.space(6)
        pages.write(
            "Not everything was seen. What is not listed is not known to be clean:", Style(BOLD, 9.5, _WARN)
        )
        for reason in data.reasons:
            pages.write(f"- {reason}", Style())


def _numbers(pages: Pages, data: Dataset) -> None:
    if not data.open:
        return
    pages.space(8)
    at = 0.0
    for name, number in data.by_severity.items():
        width = LINE * number / len(data.open)
        pages.box(at, 7, width, _COLOURS[name])
        at += width
    pages.space(4)
    texts = [f"{number:,} {name}" for name, number in data.by_severity.items()]
    pages.cells(texts, [Style(BOLD, 10, _COLOURS[name]) for name in data.by_severity], [LINE / 4] * 4)
    titles = {kind.value: title.lower() for kind, title in KINDS.items()}
    kinds = ", ".join(f"{titles[kind]} {number:,}" for kind, number in data.by_kind.items())
    pages.write(f"By kind: {kinds}.", Style(size=8.5, colour=_MUTED))


def _section(pages: Pages, title: str, rows: tuple[Row, ...]) -> None:
    if not rows:
        return
    _heading(pages, title)
    several = len({row.repository for row in rows}) > 1
    for group in groups(rows):
        _group(pages, group, several)


def _heading(pages: Pages, title: str) -> None:
    pages.space(16)
    pages.room(90)  # a heading at the foot of a page heads nothing
    pages.write(title, Style(BOLD, 13.5, _INK))
    pages.rule()


def _group(pages: Pages, group: Group, several: bool) -> None:
    pages.space(8)
    pages.room(70)
    pages.write(group.severity.value.upper(), Style(BOLD, 7.5, _COLOURS[group.severity.value]))
    pages.write(group.title, Style(BOLD, 10.5, _INK))
    pages.write(group.why, Style())
    pages.write(f"What to do: {group.fix}", Style())
    for address in group.references:
        if address.startswith("https://"):
            pages.write(address, Style(size=8, colour=_BRAND), link=address)
    pages.space(3)
    path, commit, more = Style(MONO, 8), Style(MONO, 8, _MUTED), Style(size=8, colour=_MUTED)
    for row in group.rows:
        first = row.finding.locations[0]
        place = f"{row.repository}: {where(first)}" if several else where(first)
        texts = (place, first.commit[:10], capitalised("; ".join(remarks(row))))
        pages.cells(texts, (path, commit, more), (LINE - 270, 80, 190))
    pages.write(f"{KINDS[group.kind]}, rule {group.rule} of {group.scanner}", Style(size=7.5, colour=_MUTED))


def _libraries(pages: Pages, data: Dataset) -> None:
    if not data.libraries:
        return
    _heading(pages, f"Libraries ({len(data.libraries):,})")
    plain, muted = Style(MONO, 8), Style(size=8, colour=_MUTED)
    for each in data.libraries[:MOST_LIBRARIES]:
        named = f"{each.name} {each.version}".strip()
        licences = ", ".join(each.licences)
        pages.cells(
            (named, each.ecosystem, licences, f"{each.path}:{each.line}"),
            (plain, muted, muted, muted),
            (LINE - 320, 80, 90, 150),
        )
    left = len(data.libraries) - MOST_LIBRARIES
    if left > 0:
        pages.write(f"And {left:,} more: the CycloneDX and JSON reports have all.", muted)


def _sources(pages: Pages, sources: tuple[Source, ...]) -> None:
    _heading(pages, "What was scanned, and how")
    for source in sources:
        for label, value in facts(source):
            pages.cells((label, value), (Style(size=8.5, colour=_MUTED), Style(size=8.5)), (110, LINE - 110))
        pages.space(8)
