"""What pages show of verdicts on scans, and of what GitHub was told."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from keyhole.accounts.models import User
from keyhole.findings.models import Judgement, Telling
from keyhole.scans.models import Scan

register = template.Library()


@register.inclusion_tag("web/parts/scan_verdict.html")
def scan_verdict(scan: Scan) -> dict[str, Any]:
    """The verdict on a scan, with each breach; nothing if no policy judged it."""
    kept = Judgement.objects.select_related("version__policy", "environment").filter(scan=scan).first()
    found = kept.breaches if kept is not None else []
    keys = {key for each in found for key in each.get("findings", [])[:_BLAMED]}
    rows = {row.key: row for row in scan.findings.filter(key__in=keys)} if keys else {}
    breaches = [
        {**each, "blamed": [rows[key] for key in each.get("findings", [])[:_BLAMED] if key in rows]}
        for each in found
    ]
    return {"kept": kept, "breaches": breaches, "most": _BLAMED}


_BLAMED = 8
"""Findings that are named below a breach."""


@register.inclusion_tag("web/parts/scan_telling.html", takes_context=True)
def scan_telling(context: Context, scan: Scan, user: User) -> dict[str, Any]:
    """What GitHub was told of a scan; nothing if nobody asked for it."""
    rows = list(Telling.objects.filter(scan=scan))
    failed = any(row.state == Telling.State.FAILED for row in rows)
    return {
        "csrf_token": context.get("csrf_token"),
        "scan": scan,
        "user": user,
        "rows": rows,
        "failed": failed,
    }
