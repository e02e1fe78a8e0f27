"""Findings and decisions as programs get them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keyhole.findings.models import Decision, Event, Problem


def problem_as_json(row: Problem) -> dict[str, Any]:
    """One finding of a list."""
    return {
        "id": row.pk,
        "key": row.key,
        "repository": row.repository.full_name,
        "scanner": row.scanner,
        "kind": row.kind,
        "rule": row.rule,
        "title": row.title,
        "severity": row.severity,
        "confidence": row.confidence,
        "path": row.path,
        "line": row.line,
        "commit": row.commit,
        "place": row.place,
        "package": row.package,
        "version": row.version,
        "purl": row.purl,
        "fixed_in": row.upgrade,
        "epss": row.epss if row.epss >= 0 else None,
        "kev": row.kev,
        "status": row.status,
        "decided": row.decided,
        "decision": row.decision_id,
        "merged_into": row.merged_into_id,
        "merge_reason": row.merge_reason,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
        "fixed_at": row.fixed_at,
        "due_at": row.due_at,
    }


def whole_as_json(row: Problem, history: Iterable[Event]) -> dict[str, Any]:
    """One finding with all that is known of it: as the last scan says, which branches have it, and its history."""
    return {
        **problem_as_json(row),
        "finding": row.data,
        "branches": [
            {"ref": each.ref, "present": each.present, "scan": each.last_scan_id, "at": each.last_at}
            for each in row.sightings.all()
        ],
        "merged": list(row.merged.values_list("pk", flat=True)),
        "history": [
            {
                "what": event.what,
                "at": event.at,
                "by": event.by.email if event.by else None,
                "scan": event.scan_id,
                "decision": event.decision_id,
                "note": event.note,
            }
            for event in history
        ],
    }


def decision_as_json(row: Decision) -> dict[str, Any]:
    """One decision."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "scope": row.scope,
        "about": row.about,
        "reason": row.reason,
        "state": row.state,
        "hides": row.problems.filter(repository__removed_at=None).count(),
        "made_by": row.made_by.email,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at,
    }
