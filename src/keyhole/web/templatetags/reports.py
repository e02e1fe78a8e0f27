"""What pages show of reports."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from keyhole.accounts.models import User
from keyhole.reports.history import previous
from keyhole.reports.outline import moment
from keyhole.reports.renderers.interface import renderers
from keyhole.scans.models import Scan, State

register = template.Library()
register.filter("moment", moment)


@register.inclusion_tag("web/parts/findings_report.html")
def findings_report(query: str, user: User) -> dict[str, Any]:
    """What can be taken away of the findings that a filter shows; `query` is the filter as the address has it."""
    return {"query": query, "user": user, "formats": list(renderers().values())}


@register.inclusion_tag("web/parts/scan_report.html", takes_context=True)
def scan_report(context: Context, scan: Scan, user: User) -> dict[str, Any]:
    """What can be taken away of a scan that has a result."""
    return {
        "csrf_token": context.get("csrf_token"),
        "scan": scan,
        "user": user,
        "has_result": scan.state in (State.COMPLETE, State.INCOMPLETE),
        "before": previous(scan),
        "formats": list(renderers().values()),
    }
