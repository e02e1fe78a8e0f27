"""What pages show of reports."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from keyhole.accounts.models import User
from keyhole.reports.history import previous
from keyhole.reports.renderers.interface import renderers
from keyhole.scans.models import Scan, State

register = template.Library()


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
