"""What templates need beyond Django: the navigation, moments in words, and small pictures of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from keyhole.accounts.models import User
from keyhole.audit import explain
from keyhole.core.actions import may as allowed
from keyhole.core.escaping import visible
from keyhole.core.plural import counted
from keyhole.integrations.activity import Day
from keyhole.web.registry import Page, navigation
from keyhole.web.times import relative

register = template.Library()

# In this order: browsers name those that they want to be taken for, too.
_BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.inclusion_tag("web/parts/navigation.html")
def main_navigation(request: HttpRequest) -> dict[str, Any]:
    """The main navigation, with the section of the current page marked."""
    here: Page | None = getattr(request, "page", None)
    return {"entries": navigation(), "section": here.section if here else ""}


@register.filter
def may(user: User, action: str) -> bool:
    """`{% if user|may:"member:invite" %}`: whether to offer what the person's role includes."""
    return allowed(user.role, action)


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """A moment relative to now, exact on hover."""
    if moment is None:
        return "never"
    exact = moment.astimezone(timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        exact.isoformat(timespec="seconds"),
        f"{exact:%-d %B %Y, %H:%M:%S %Z}",
        relative(moment, timezone.now()),
    )


@register.filter
def browser_name(agent: str) -> str:
    """What a browser calls itself, short; by its own word, so good for recognising one and for nothing else."""
    named = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return (
        f"{named} on {system}"
        if named and system
        else named or agent.split(" ", maxsplit=1)[0][:40] or "A browser"
    )


@register.filter
def day(moment: datetime | None) -> str:
    """A date as people write it."""
    return f"{moment.astimezone(timezone.get_current_timezone()):%-d %B %Y}" if moment else ""


@register.filter
def count_of(number: int, thing: str) -> str:
    """`{{ 2|count_of:"repository" }}` is `2 repositories`."""
    return counted(number, thing)


@register.filter
def why(reason: str | None) -> str:
    """Why something was refused, in a sentence."""
    return explain.why(reason or "")


@register.filter
def grouped(number: int) -> str:
    """A number with its thousands told apart."""
    return f"{number:,}"


@register.filter
def ref(name: str) -> str:
    """The name of a branch or tag: it comes from a repository, and must not look like another one."""
    return visible(name)


@register.filter
def short(commit: str) -> str:
    """The first characters of an object id."""
    return commit[:10]


@register.filter
def percent(share: float) -> str:
    """A share of one in per cent, with as many digits as say something."""
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


@register.filter
def lateness(due: datetime) -> str:
    """The class of a date by which something is due: `bad` when it has passed, `warn` within seven days."""
    left = due - timezone.now()
    return "bad" if left < timedelta() else "warn" if left < timedelta(days=7) else ""


@register.simple_tag
def meter(value: int, of: int, label: str, kind: str = "") -> SafeString:
    """A bar that is `value / of` full. SVG, because the content security policy allows no style attributes."""
    percent = round(100 * value / of, 1) if of else 0
    return format_html(
        '<svg class="meter {}" role="img" aria-label="{}"><rect width="{}%" height="100%"/></svg>',
        kind,
        label,
        percent,
    )


@register.simple_tag
def severity_bar(counters: Mapping[str, int]) -> SafeString | str:
    """Findings by severity as one bar, worst first; nothing when there are none."""
    numbers = [(name, int(counters.get(name, 0))) for name in ("critical", "high", "medium", "low")]
    total = sum(number for _, number in numbers)
    if not total:
        return ""
    parts, start = [], 0.0
    for name, number in numbers:
        width = 100 * number / total
        gap = 0.3 if start + width < 99.9 else 0
        parts.append((name, round(start, 2), round(max(width - gap, 0), 2)))
        start += width
    label = ", ".join(f"{number} {name}" for name, number in numbers if number)
    inner = format_html_join("", '<rect class="{}" x="{}%" width="{}%" height="100%"/>', parts)
    return format_html('<svg class="bar" role="img" aria-label="{}">{}</svg>', label, inner)


@register.simple_tag
def usage_chart(days: Sequence[Day], size: str = "") -> SafeString:
    """Requests a day as bars, denied ones on top in red; the label says what the picture says."""
    most = max((each.requests + each.denials for each in days), default=0)
    allowed, denied = sum(each.requests for each in days), sum(each.denials for each in days)
    label = f"{counted(allowed, 'request')} allowed, {denied:,} denied in {counted(len(days), 'day')}"
    if most:
        label += f", at most {most:,} on one day"
    width = 100 / max(len(days), 1)
    bars = []
    for number, each in enumerate(days):
        for kind, value, below in (("allowed", each.requests, 0), ("denied", each.denials, each.requests)):
            if value:
                height = max(36 * value / most, 1)
                top = 40 - 36 * below / most - height
                bars.append(
                    (
                        kind,
                        round(number * width + 0.3, 2),
                        round(top, 2),
                        round(width - 0.6, 2),
                        round(height, 2),
                    )
                )
    inner = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', bars)
    return format_html(
        '<svg class="chart {}" role="img" aria-label="{}" viewBox="0 0 100 40" preserveAspectRatio="none">'
        '<rect class="base" y="39.6" width="100" height="0.4"/>{}</svg>',
        size,
        label,
        inner,
    )
