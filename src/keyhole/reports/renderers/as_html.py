"""A report as one HTML file: it fetches nothing, runs nothing, prints well, and reads in the light and in the dark.

The page's own security policy allows its one style sheet, by hash, and nothing else: should a name out of a
repository ever get through as markup, it could still load, run or send nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from keyhole.core.summary import capitalised
from keyhole.core.terms import Severity
from keyhole.reports.dataset import Dataset, Row, Source
from keyhole.reports.outline import KINDS, Group, facts, groups, moment, remarks, where
from keyhole.reports.renderers.interface import Renderer

_NOTHING = mark_safe("")


@cache
def style() -> str:
    """The style sheet."""
    return files("keyhole.reports.renderers").joinpath("report.css").read_text("utf-8")


@cache
def policy() -> str:
    """The content security policy of the page."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def document(data: Dataset, downloads: Iterable[tuple[str, str]] = ()) -> str:
    """The page; `downloads` are titles and addresses of other formats, for a page that is not a file."""
    return format_html(
        _PAGE,
        policy=policy(),
        style=mark_safe(style()),  # noqa: S308 - ours, and inside of a style element nothing may be escaped
        title=data.title,
        about=format_html('<p class="lead">{}</p>', data.subtitle) if data.subtitle else _NOTHING,
        verdict=data.verdict,
        state="ok" if data.clean else "bad" if data.open else "warn",
        links=_links(downloads),
        incomplete=_incomplete(data),
        numbers=_numbers(data),
        found=_section("Open findings", "open", data.open),
        aside=_section("Fixed or decided about", "aside", data.put_aside),
        libraries=_libraries(data),
        sources=_sources(data.sources),
        made_at=moment(data.made_at),
        made_by=data.made_by,
    )


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">
<title>{title} - report</title>
<style>{style}</style>
</head>
<body>
<header><p class="mark">Security report</p><h1>{title}</h1>{about}
<p class="verdict {state}">{verdict}</p>{links}</header>
<main>{incomplete}{numbers}{found}{aside}{libraries}{sources}</main>
<footer><p>Made {made_at} by {made_by}.
Secrets are never part of a report: at most their last four characters.</p></footer>
</body>
</html>
"""


def _links(downloads: Iterable[tuple[str, str]]) -> SafeString:
    links = format_html_join(mark_safe("\n"), '<li><a href="{1}" download>{0}</a></li>', downloads)
    return format_html('<ul class="links" aria-label="Download">{}</ul>', links) if links else _NOTHING


def _incomplete(data: Dataset) -> SafeString:
    if data.complete or not data.sources:
        return _NOTHING
    reasons = format_html_join("", "<li>{}</li>", ((reason,) for reason in data.reasons))
    return format_html(
        '<section class="note"><h2>Not everything was seen</h2>'
        "<p>What is not listed here is not known to be clean.</p><ul>{}</ul></section>",
        reasons,
    )


def _numbers(data: Dataset) -> SafeString:
    if not data.open:
        return _NOTHING
    by_severity = [(name, number) for name, number in data.by_severity.items() if number]
    label = ", ".join(f"{number} {name}" for name, number in by_severity)
    cells = format_html_join(
        "",
        '<div class="{0}"><dt>{1}</dt><dd>{2}</dd></div>',
        ((name, capitalised(name), f"{number:,}") for name, number in data.by_severity.items()),
    )
    titles = {kind.value: title for kind, title in KINDS.items()}
    kinds = ", ".join(f"{titles[kind].lower()} {number:,}" for kind, number in data.by_kind.items())
    return format_html(
        '<section aria-label="In numbers">{}<dl class="numbers">{}</dl><p class="hint">By kind: {}.</p></section>',
        _bar(by_severity, label),
        cells,
        kinds,
    )


def _bar(numbers: list[tuple[str, int]], label: str) -> SafeString:
    total, start, parts = sum(number for _, number in numbers), 0.0, []
    for name, number in numbers:
        width = 100 * number / total
        parts.append((name, round(start, 2), round(width, 2)))
        start += width
    inner = format_html_join("", '<rect class="{}" x="{}%" width="{}%" height="100%"/>', parts)
    return format_html('<svg class="bar" role="img" aria-label="{}">{}</svg>', label, inner)


def _section(title: str, name: str, rows: tuple[Row, ...]) -> SafeString:
    if not rows:
        return _NOTHING
    several = len({row.repository for row in rows}) > 1
    articles = format_html_join("\n", "{}", ((_article(group, several),) for group in groups(rows)))
    return format_html(
        '<section class="{}"><h2>{} <span class="count">{}</span></h2>{}</section>',
        name,
        title,
        f"{len(rows):,}",
        articles,
    )


def _article(group: Group, several: bool) -> SafeString:
    references = format_html_join(
        ", ",
        '<a href="{0}" rel="noreferrer noopener">{0}</a>',
        ((address,) for address in group.references if address.startswith("https://")),
    )
    return format_html(
        '<article><h3><span class="sev {0}">{1}</span> {2}</h3><p>{3}</p><p><b>What to do:</b> {4}</p>{5}'
        '<table><thead><tr>{6}<th scope="col">Where</th><th scope="col">Commit</th><th scope="col">More</th>'
        '</tr></thead><tbody>{7}</tbody></table><p class="hint">{8}, rule {9} of {10}</p></article>',
        group.severity.value,
        capitalised(Severity(group.severity).value),
        group.title,
        group.why,
        group.fix,
        format_html('<p class="hint">See {}</p>', references) if references else "",
        mark_safe('<th scope="col">Repository</th>') if several else "",
        format_html_join("", "{}", ((_line(row, several),) for row in group.rows)),
        KINDS[group.kind],
        group.rule,
        group.scanner,
    )


def _line(row: Row, several: bool) -> SafeString:
    first = row.finding.locations[0]
    return format_html(
        "<tr>{}<td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
        format_html("<td>{}</td>", row.repository) if several else "",
        where(first),
        format_html('<code title="{}">{}</code>', first.commit, first.commit[:10]) if first.commit else "-",
        capitalised("; ".join(remarks(row))),
    )


def _libraries(data: Dataset) -> SafeString:
    if not data.libraries:
        return _NOTHING
    lines = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><code>{}:{}</code></td></tr>",
        (
            (
                each.name,
                each.version or "-",
                each.ecosystem,
                ", ".join(each.licences) or "-",
                each.path,
                each.line,
            )
            for each in data.libraries
        ),
    )
    return format_html(
        '<section><details><summary><h2>Libraries <span class="count">{}</span></h2></summary><table><thead><tr>'
        '<th scope="col">Name</th><th scope="col">Version</th><th scope="col">From</th><th scope="col">Licences</th>'
        '<th scope="col">Named in</th></tr></thead><tbody>{}</tbody></table></details></section>',
        f"{len(data.libraries):,}",
        lines,
    )


def _sources(sources: tuple[Source, ...]) -> SafeString:
    return format_html(
        '<section class="sources"><h2>What was scanned, and how</h2>{}</section>',
        format_html_join("", "{}", ((_source(source),) for source in sources))
        or mark_safe("<p>No scan has ended.</p>"),
    )


def _source(source: Source) -> SafeString:
    return format_html(
        "<dl>{}</dl>", format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", facts(source))
    )


def _render(data: Dataset) -> bytes:
    return document(data).encode()


RENDERER = Renderer(
    id="html",
    title="HTML",
    about="one file for people, to read, print or send",
    suffix="html",
    media="text/html; charset=utf-8",
    render=_render,
)
