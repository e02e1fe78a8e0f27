"""Code scanning: SARIF taken in, and the alerts that come of it."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import uuid
import zlib
from typing import Any

from keyhole.testing.github import gitdata, kept, shapes
from keyhole.testing.github.answers import Answer, Listed, Problem, invalid, items, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers

_LARGEST = 10 << 20
_STATES = ("open", "dismissed")


@answers("code-scanning/upload-sarif")
def upload(call: Call) -> Answer:
    """A gzip-compressed, base64-encoded SARIF document; its results become alerts at once."""
    commit, ref = str(call.body["commit_sha"]), str(call.body["ref"])
    if len(commit) != 40 or gitdata.resolve(call.repository.git_dir, commit) is None:
        raise Problem(422, f"No commit found for SHA: {commit}")
    document = _document(str(call.body["sarif"]))
    number = str(uuid.uuid4())
    for run in document.get("runs", []):
        _take(call, run, number, commit, ref)
    url = f"{call.here.api}/code-scanning/sarifs/{number}"
    kept.collection(call, "sarifs")[number] = {
        "processing_status": "complete",
        "analyses_url": f"{call.here.api}/code-scanning/analyses?sarif_id={number}",
        "errors": None,
    }
    return Answer(202, {"id": number, "url": url})


def _document(text: str) -> dict[str, Any]:
    try:
        data = zlib.decompressobj(wbits=31).decompress(base64.b64decode(text), _LARGEST)
        found = json.loads(data)
    except (binascii.Error, gzip.BadGzipFile, zlib.error, ValueError):
        raise Problem(
            400, "Invalid request.\n\nThe SARIF file is not gzip-compressed and base64-encoded JSON."
        ) from None
    if not isinstance(found, dict) or not isinstance(found.get("runs"), list):
        raise Problem(400, "Invalid SARIF.")
    return found


def _take(call: Call, run: dict[str, Any], sarif_id: str, commit: str, ref: str) -> None:
    tool = run.get("tool", {}).get("driver", {})
    shown_tool = {"name": tool.get("name"), "guid": None, "version": tool.get("version")}
    results = run.get("results") or []
    made = kept.born(call, "Analysis")
    kept.collection(call, "analyses")[made["id"]] = {
        "id": made["id"],
        "ref": ref,
        "commit_sha": commit,
        "analysis_key": str(call.body.get("tool_name", "(default)")),
        "environment": "{}",
        "error": "",
        "warning": "",
        "category": run.get("automationDetails", {}).get("id", ""),
        "created_at": made["created_at"],
        "results_count": len(results),
        "rules_count": len(tool.get("rules") or []),
        "url": f"{call.here.api}/code-scanning/analyses/{made['id']}",
        "sarif_id": sarif_id,
        "tool": shown_tool,
        "deletable": True,
    }
    for result in results:
        _alert(call, result, shown_tool, commit, ref)


def _alert(call: Call, result: dict[str, Any], tool: dict[str, Any], commit: str, ref: str) -> None:
    alerts = kept.collection(call, "alerts")
    number = len(alerts) + 1
    place = (result.get("locations") or [{}])[0].get("physicalLocation", {})
    region = place.get("region", {})
    now = shapes.zulu(call.world.now())
    alerts[number] = {
        "number": number,
        "created_at": now,
        "updated_at": now,
        "url": f"{call.here.api}/code-scanning/alerts/{number}",
        "html_url": f"{call.here.html}/security/code-scanning/{number}",
        "state": "open",
        "fixed_at": None,
        "dismissed_by": None,
        "dismissed_at": None,
        "dismissed_reason": None,
        "dismissed_comment": None,
        "rule": {"id": result.get("ruleId"), "severity": result.get("level", "warning"), "description": ""},
        "tool": tool,
        "most_recent_instance": {
            "ref": ref,
            "commit_sha": commit,
            "state": "open",
            "message": result.get("message", {}),
            "location": {
                "path": place.get("artifactLocation", {}).get("uri"),
                "start_line": region.get("startLine"),
                "end_line": region.get("endLine", region.get("startLine")),
                "start_column": region.get("startColumn", 1),
                "end_column": region.get("endColumn", 1),
            },
        },
    }


@answers("code-scanning/get-sarif")
def sarif(call: Call) -> dict[str, Any]:
    """What became of an upload."""
    return kept.one(call, "sarifs", "sarif_id")


@answers("code-scanning/list-recent-analyses")
def analyses(call: Call) -> Listed:
    """What was taken in, newest first."""
    wanted = call.query.get("sarif_id")
    found = reversed(kept.collection(call, "analyses").values())
    return items([each for each in found if wanted in {None, each["sarif_id"]}])


@answers("code-scanning/list-alerts-for-repo")
def alerts_(call: Call) -> Listed:
    """Alerts; none before a first upload, which GitHub answers with 404."""
    if not kept.collection(call, "analyses"):
        raise Problem(404, "no analysis found")
    wanted = call.query.get("state")
    found = reversed(kept.collection(call, "alerts").values())
    return items([each for each in found if wanted in {None, each["state"]}])


@answers("code-scanning/get-alert")
def alert(call: Call) -> dict[str, Any]:
    """One alert."""
    return kept.one(call, "alerts", "alert_number")


@answers("code-scanning/update-alert")
def update_alert(call: Call) -> dict[str, Any]:
    """Dismissed, or open again."""
    found = kept.collection(call, "alerts").get(call.number("alert_number"))
    if found is None:
        raise not_found()
    if call.body.get("state") not in _STATES:
        raise invalid("Alert", "state", "invalid")
    return kept.changed(call, found, "state", "dismissed_reason", "dismissed_comment")
