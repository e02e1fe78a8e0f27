"""Actions: workflows are the files of the default branch, runs are what was dispatched. Nothing is ever run."""

from __future__ import annotations

import zlib
from typing import Any

from keyhole.testing.github import code, gitdata, kept, shapes
from keyhole.testing.github.answers import Answer, Listed, items, not_found, unprocessable
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers

_FOLDER = ".github/workflows"


@answers("actions/list-repo-workflows")
def workflows(call: Call) -> Listed:
    """Every workflow file."""
    return items(_workflows(call), under="workflows")


@answers("actions/get-workflow")
def get(call: Call) -> dict[str, Any]:
    """By number or by file name."""
    asked = call.param("workflow_id")
    for each in _workflows(call):
        if asked in {str(each["id"]), each["path"].rsplit("/", 1)[1]}:
            return each
    raise not_found()


@answers("actions/create-workflow-dispatch")
def dispatch(call: Call) -> Answer:
    """A run that waits for ever: it is on record, and nothing is executed."""
    found = get(call)
    ref = str(call.body["ref"]).removeprefix("refs/heads/")
    oid = gitdata.resolve(call.repository.git_dir, ref)
    if oid is None:
        raise unprocessable(f"No ref found for: {ref}")
    made = kept.born(call, "WorkflowRun")
    at = f"{call.here.api}/actions/runs/{made['id']}"
    runs = kept.collection(call, "runs")
    made |= {
        "name": found["name"],
        "head_branch": ref,
        "head_sha": oid,
        "path": found["path"],
        "run_number": len(runs) + 1,
        "run_attempt": 1,
        "event": "workflow_dispatch",
        "status": "queued",
        "conclusion": None,
        "workflow_id": found["id"],
        "url": at,
        "html_url": f"{call.here.html}/actions/runs/{made['id']}",
        "actor": kept.author(call),
        "jobs_url": f"{at}/jobs",
        "logs_url": f"{at}/logs",
        "artifacts_url": f"{at}/artifacts",
        "cancel_url": f"{at}/cancel",
        "rerun_url": f"{at}/rerun",
        "repository": shapes.repository(call.repository, call.world, call.actor, call.links),
    }
    runs[made["id"]] = made
    return Answer(204)


@answers("actions/list-workflow-runs-for-repo", "actions/list-workflow-runs")
def runs_(call: Call) -> Listed:
    """Newest first."""
    found = list(reversed(kept.collection(call, "runs").values()))
    if "workflow_id" in call.route.params:
        wanted = get(call)["id"]
        found = [each for each in found if each["workflow_id"] == wanted]
    return items(found, under="workflow_runs")


@answers("actions/get-workflow-run")
def run(call: Call) -> dict[str, Any]:
    """One run."""
    return kept.one(call, "runs", "run_id")


@answers("actions/cancel-workflow-run")
def cancel(call: Call) -> Answer:
    """A run that will not be."""
    found = kept.one(call, "runs", "run_id")
    found |= {"status": "completed", "conclusion": "cancelled"}
    kept.collection(call, "runs")[found["id"]] = found
    return Answer(202, {})


def _workflows(call: Call) -> list[dict[str, Any]]:
    tree = gitdata.resolve(call.repository.git_dir, "HEAD", "tree")
    entries = code.list_tree(call.repository, tree, f"{_FOLDER}/") if tree else []
    return [_shown(call, each.path) for each in entries if each.path.endswith((".yml", ".yaml"))]


def _shown(call: Call, path: str) -> dict[str, Any]:
    number = zlib.crc32(f"{call.repository.id} {path}".encode())
    made = shapes.zulu(call.repository.created_at)
    return {
        "id": number,
        "node_id": f"sandbox-workflow-{number}",
        "name": path.rsplit("/", 1)[1],
        "path": path,
        "state": "active",
        "created_at": made,
        "updated_at": made,
        "url": f"{call.here.api}/actions/workflows/{number}",
        "html_url": f"{call.here.html}/blob/{call.repository.default_branch}/{path}",
        "badge_url": f"{call.here.html}/actions/workflows/{path.rsplit('/', 1)[1]}/badge.svg",
    }
