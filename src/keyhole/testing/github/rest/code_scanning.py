"""Code scanning: SARIF taken in, and the alerts that come of it.

An analysis is one run for a branch: it stands in the place of the one before of the same tool and category, and closes
the alerts that only that one had. The category is what stands before the last `/` of the run's automationDetails.id:
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

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
_MOST_RUNS = 20
_STANDING = "alert-standings"
"""For each alert whether it is open or fixed, for each category and branch that had it."""


@answers("code-scanning/upload-sarif")
def upload(call: Call) -> Answer:
    """A gzip-compressed, base64-encoded SARIF document; its results become alerts at once."""
    commit, ref = str(call.body["commit_sha"]), str(call.body["ref"])
    if len(commit) != 40 or gitdata.resolve(call.repository.git_dir, commit) is None:
        raise Problem(422, f"No commit found for SHA: {commit}")
    document = _document(str(call.body["sarif"]))
    number = str(uuid.uuid4())
    problem = _problem(document["runs"])
    for run in [] if problem else document["runs"]:
        _take(call, run, number, commit, ref)
    url = f"{call.here.api}/code-scanning/sarifs/{number}"
    kept.collection(call, "sarifs")[number] = {
        "processing_status": "failed" if problem else "complete",
        "analyses_url": f"{call.here.api}/code-scanning/analyses?sarif_id={number}",
        "errors": [problem] if problem else None,
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


def _problem(runs: list[dict[str, Any]]) -> str:
    """Why a document is not processed; empty if it is."""
    if len(runs) > _MOST_RUNS:
        return f"rejecting SARIF, as there are more runs than allowed ({len(runs)} > {_MOST_RUNS})"
    told = [(_tool(run).get("name"), _category(run)) for run in runs]
    same = len(set(told)) < len(told)
    return "rejecting SARIF, as several runs have the same tool and category" if same else ""


def _tool(run: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = run.get("tool", {}).get("driver", {})
    return found


def _category(run: dict[str, Any]) -> str:
    return str(run.get("automationDetails", {}).get("id", "")).rpartition("/")[0]


def _take(call: Call, run: dict[str, Any], sarif_id: str, commit: str, ref: str) -> None:
    tool, category = _tool(run), _category(run)
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
        "category": category,
        "created_at": made["created_at"],
        "results_count": len(results),
        "rules_count": len(tool.get("rules") or []),
        "url": f"{call.here.api}/code-scanning/analyses/{made['id']}",
        "sarif_id": sarif_id,
        "tool": shown_tool,
        "deletable": True,
    }
    seen = {_alert(call, result, shown_tool, commit, ref, category) for result in results}
    _close(call, shown_tool, ref, category, seen)


def _close(call: Call, tool: dict[str, Any], ref: str, category: str, seen: set[int]) -> None:
    """Alerts of the tool that this category had on the branch and has no more are fixed there."""
    alerts = kept.collection(call, "alerts")
    for number, states in kept.collection(call, _STANDING).items():
        alert, here = alerts[number], f"{category}@{ref}"
        if here not in states or number in seen or alert["tool"]["name"] != tool["name"]:
            continue
        states[here] = "fixed"
        if alert["state"] == "open" and "open" not in states.values():
            now = shapes.zulu(call.world.now())
            alert.update(state="fixed", fixed_at=now, updated_at=now)
            alert["most_recent_instance"]["state"] = "fixed"


def _alert(
    call: Call, result: dict[str, Any], tool: dict[str, Any], commit: str, ref: str, category: str
) -> int:
    """The alert that the result is, or becomes."""
    alerts, states = kept.collection(call, "alerts"), kept.collection(call, _STANDING)
    identity = _identity(result, tool)
    known = kept.collection(call, "alert-identities")
    number = known.setdefault(identity, {"number": len(alerts) + 1})["number"]
    states.setdefault(number, {})[f"{category}@{ref}"] = "open"
    if number not in alerts:
        alerts[number] = _new_alert(call, number, result, tool)
    alert = alerts[number]
    if alert["state"] == "fixed":
        alert.update(state="open", fixed_at=None, updated_at=shapes.zulu(call.world.now()))
    alert["most_recent_instance"] = _instance(result, commit, ref, category)
    return number


def _identity(result: dict[str, Any], tool: dict[str, Any]) -> str:
    place = (result.get("locations") or [{}])[0].get("physicalLocation", {})
    prints = result.get("partialFingerprints") or place.get("region", {}).get("startLine")
    path = place.get("artifactLocation", {}).get("uri")
    return json.dumps([tool["name"], result.get("ruleId"), path, prints], sort_keys=True)


def _instance(result: dict[str, Any], commit: str, ref: str, category: str) -> dict[str, Any]:
    place = (result.get("locations") or [{}])[0].get("physicalLocation", {})
    region = place.get("region", {})
    return {
        "ref": ref,
        "category": category,
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
    }


def _new_alert(call: Call, number: int, result: dict[str, Any], tool: dict[str, Any]) -> dict[str, Any]:
    now = shapes.zulu(call.world.now())
    return {
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
        "most_recent_instance": {},
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
    """Alerts, of one branch if one is asked for; none before a first upload, which GitHub answers with 404."""
    if not kept.collection(call, "analyses"):
        raise Problem(404, "no analysis found")
    wanted, ref = call.query.get("state"), call.query.get("ref", "")
    shown = [_on(call, each, ref) for each in reversed(kept.collection(call, "alerts").values())]
    return items([each for each in shown if each and wanted in {None, each["state"]}])


def _on(call: Call, alert: dict[str, Any], ref: str) -> dict[str, Any] | None:
    """The alert as it stands on a branch; None if it never was there."""
    if not ref:
        return alert
    full = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
    standing = kept.collection(call, _STANDING).get(alert["number"], {})
    there = {state for place, state in standing.items() if place.rpartition("@")[2] == full}
    if not there:
        return None
    state = alert["state"] if alert["state"] == "dismissed" else "open" if "open" in there else "fixed"
    return {**alert, "state": state}


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
