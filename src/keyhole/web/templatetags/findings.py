"""Pictures of findings, and where they are."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from keyhole.core.terms import Place, Severity
from keyhole.findings.trend import TrendDay

register = template.Library()

_HEIGHT = 40
_ROOM = 37
_WIDTH = 0.7
"""Of a bar, as a part of the room that it has."""


@register.simple_tag
def where(place: str, path: str, line: int, commit: str) -> SafeString:
    """Where a finding is: in a file, or on which line of the message of which commit or tag."""
    match place:
        case Place.COMMIT_MESSAGE:
            told = '<span>line {} of the message of commit <code title="{}">{}</code></span>'
            return format_html(told, line, commit, commit[:10])
        case Place.TAG_MESSAGE if path:
            return format_html("<span>line {} of the message of tag <code>{}</code></span>", line, path)
        case Place.TAG_MESSAGE:
            return format_html("<span>line {} of the message of a tag</span>", line)
        case _:
            return format_html('<code>{}<span class="nowrap">:{}</span></code>', path, line)


@register.simple_tag
def trend_chart(days: Sequence[TrendDay]) -> SafeString:
    """Open findings a day as bars, the worst at the bottom; the label says what the picture says."""
    most = max((each.total for each in days), default=0)
    first, last = (days[0].total, days[-1].total) if days else (0, 0)
    label = f"Open findings in {len(days)} days: from {first:,} to {last:,}, at most {most:,}. The table has each day."
    step = 100 / max(len(days), 1)
    bars = []
    for number, each in enumerate(days):
        top = float(_HEIGHT)
        for level in Severity:
            height = _ROOM * each.open[level.value] / most if most else 0
            top -= height
            if height:
                bars.append(
                    (
                        level.value,
                        round(number * step, 2),
                        round(top, 3),
                        round(step * _WIDTH, 2),
                        round(height, 3),
                    )
                )
    inner = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', bars)
    return format_html(
        '<svg class="chart trend" role="img" aria-label="{}" viewBox="0 0 100 40" preserveAspectRatio="none">'
        '<rect class="base" y="39.7" width="100" height="0.3"/>{}</svg>',
        label,
        inner,
    )
