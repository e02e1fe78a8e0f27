"""History: commits, comparisons, branches and tags."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github import code, gitdata, gitdiff, objects
from keyhole.testing.github.answers import Answer, Listed, Problem, items, not_found, unprocessable
from keyhole.testing.github.call import Call
from keyhole.testing.github.links import node_id, spelled
from keyhole.testing.github.registry import answers


@answers("repos/list-commits")
def commits(call: Call) -> Listed:
    """Newest first, from `sha`."""
    options = [f"--{name}={call.query[name]}" for name in ("since", "until") if call.query.get(name)]
    if author := call.query.get("author"):
        user = call.world.user(author)
        options += ["--fixed-strings", f"--author={code.person(user).email if user else author}"]
    path = call.query.get("path", "").strip("/")
    if not gitdata.is_path(path):
        return items([])
    found = gitdata.history(
        call.repository.git_dir,
        code.tip(call, call.query.get("sha", "")),
        *options,
        path=path,
    )
    return items([code.shown(call, oid) for oid in found])


@answers("repos/get-commit")
def commit(call: Call) -> Answer | dict[str, Any]:
    """One commit against its first parent."""
    asked = call.param("ref")
    oid = gitdata.resolve(call.repository.git_dir, asked)
    if oid is None:
        raise unprocessable(f"No commit found for SHA: {asked}")
    value = code.read_commit(call.repository, oid)
    before = value.parents[0] if value.parents else None
    accept = call.headers.get("accept", "")
    if "sha" in accept.split("github")[-1]:
        return Answer(200, oid.encode(), {"Content-Type": "application/vnd.github.sha; charset=utf-8"})
    if "diff" in accept:
        diff = gitdiff.text(call.repository.git_dir, before, oid)
        return Answer(200, diff, {"Content-Type": "application/vnd.github.diff; charset=utf-8"})
    changes = gitdiff.changes(call.repository.git_dir, before, oid)
    added, deleted = sum(each.additions for each in changes), sum(each.deletions for each in changes)
    return code.shown(call, oid) | {
        "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
        "files": [each.shown(oid, call.here) for each in changes],
    }


@answers("repos/compare-commits-with-basehead")
def compare(call: Call) -> dict[str, Any]:
    """What the second has over where the two parted."""
    base_name, dots, head_name = call.param("basehead").partition("...")
    git_dir = call.repository.git_dir
    base, head = gitdata.resolve(git_dir, base_name), gitdata.resolve(git_dir, head_name.rpartition(":")[2])
    if not dots or base is None or head is None:
        raise not_found()
    ahead = gitdata.history(git_dir, head, "--reverse", f"^{base}")
    behind = gitdata.history(git_dir, base, f"^{head}")
    start = gitdata.merge_base(git_dir, base, head)
    if start is None:
        raise Problem(404, f"No common ancestor between {base_name} and {head_name}.")
    name = spelled(call.param("basehead"))
    return {
        "url": f"{call.here.api}/compare/{name}",
        "html_url": f"{call.here.html}/compare/{name}",
        "permalink_url": f"{call.here.html}/compare/{base}...{head}",
        "diff_url": f"{call.here.html}/compare/{name}.diff",
        "patch_url": f"{call.here.html}/compare/{name}.patch",
        "base_commit": code.shown(call, base),
        "merge_base_commit": code.shown(call, start),
        "status": ("diverged" if behind else "ahead") if ahead else ("behind" if behind else "identical"),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [code.shown(call, oid) for oid in ahead[:250]],
        "files": [each.shown(head, call.here) for each in gitdiff.changes(git_dir, start, head)],
    }


@answers("repos/list-branches")
def branches(call: Call) -> Listed:
    """Every branch."""
    return items([objects.branch(name, oid, call.here) for name, oid in _tips(call, "refs/heads/").items()])


@answers("repos/get-branch")
def branch(call: Call) -> dict[str, Any]:
    """One branch with its commit."""
    name = call.param("branch")
    oid = _tips(call, "refs/heads/").get(name)
    if oid is None:
        raise Problem(404, "Branch not found")
    made = objects.branch(name, oid, call.here) | {"commit": code.shown(call, oid)}
    at = f"{call.here.api}/branches/{spelled(name)}"
    return made | {"_links": {"self": at, "html": call.here.page("tree", name)}}


@answers("repos/list-tags")
def tags(call: Call) -> Listed:
    """Every tag, last name first."""
    return items([_tag(call, name, oid) for name, oid in reversed(_tips(call, "refs/tags/").items())])


def _tag(call: Call, name: str, oid: str) -> dict[str, Any]:
    ref = f"refs/tags/{name}"
    return {
        "name": name,
        "zipball_url": f"{call.here.api}/zipball/{spelled(ref)}",
        "tarball_url": f"{call.here.api}/tarball/{spelled(ref)}",
        "commit": {"sha": oid, "url": call.here.commit(oid)},
        "node_id": node_id("Ref", f"{call.repository.id}:{ref}"),
    }


@answers("repos/list-branches-for-head-commit")
def where_head(call: Call) -> list[dict[str, Any]]:
    """Branches whose newest commit this is."""
    wanted = code.tip(call, call.param("commit_sha"))
    found = [
        objects.branch(name, oid, call.here)
        for name, oid in _tips(call, "refs/heads/").items()
        if oid == wanted
    ]
    return [{key: each[key] for key in ("name", "commit", "protected")} for each in found]


@answers("repos/get-branch-protection")
def protection(call: Call) -> dict[str, Any]:
    """None, unless one was set."""
    branch(call)
    kept = call.repository.things.get("generic", {}).get(f"branches/{call.param('branch')}/protection")
    if kept is None:
        raise Problem(404, "Branch not protected")
    found: dict[str, Any] = kept
    return found


def _tips(call: Call, prefix: str) -> dict[str, str]:
    """Name without the prefix -> commit."""
    found = gitdata.refs(call.repository.git_dir, prefix)
    git_dir = call.repository.git_dir
    return {
        name.removeprefix(prefix): (gitdata.resolve(git_dir, name) or oid) if kind == "tag" else oid
        for name, (oid, kind) in found.items()
    }
