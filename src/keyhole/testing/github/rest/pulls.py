"""Pull requests: opened, read, commented, merged."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github import code, gitdata, gitdiff, kept, shapes
from keyhole.testing.github.answers import Answer, Listed, Problem, Source, invalid, items, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers


@answers("pulls/list")
def pulls(call: Call) -> Listed:
    """Newest first."""
    wanted = call.query.get("state", "open")
    found = sorted(kept.collection(call, "pulls").values(), key=lambda each: each["number"], reverse=True)
    head, base = call.query.get("head", "").rpartition(":")[2], call.query.get("base", "")
    return items(
        [
            _fresh(call, each)
            for each in found
            if wanted in {"all", each["state"]}
            and head in {"", each["head"]["ref"]}
            and base in {"", each["base"]["ref"]}
        ]
    )


@answers("repos/list-pull-requests-associated-with-commit")
def of_commit(call: Call) -> Listed:
    """Those that bring the commit, and those that brought it, newest first."""
    git_dir = call.repository.git_dir
    oid = gitdata.resolve(git_dir, call.param("commit_sha"))
    if oid is None:
        raise Problem(422, f"No commit found for SHA: {call.param('commit_sha')}")
    found = [_fresh(call, each) for each in kept.collection(call, "pulls").values()]
    found.sort(key=lambda each: each["number"], reverse=True)
    return items(
        [
            each
            for each in found
            if oid in gitdata.history(git_dir, each["head"]["sha"], f"^{each['base']['sha']}")
        ]
    )


@answers("pulls/create")
def create(call: Call) -> Answer:
    """A new pull request between two branches of the repository."""
    head, base = str(call.body["head"]).rpartition(":")[2], str(call.body["base"])
    git_dir = call.repository.git_dir
    ends = gitdata.resolve(git_dir, f"refs/heads/{head}"), gitdata.resolve(git_dir, f"refs/heads/{base}")
    for name, oid in zip(("head", "base"), ends, strict=True):
        if oid is None:
            raise invalid("PullRequest", name, "invalid")
    if not gitdata.history(git_dir, str(ends[0]), f"^{ends[1]}"):
        raise Problem(422, "Validation Failed", errors=[_custom(f"No commits between {base} and {head}")])
    open_ones = (each for each in kept.collection(call, "pulls").values() if each["state"] == "open")
    if any(each["head"]["ref"] == head and each["base"]["ref"] == base for each in open_ones):
        raise Problem(
            422, "Validation Failed", errors=[_custom(f"A pull request already exists for {head}.")]
        )
    number = kept.next_number(call)
    made = kept.born(call, "PullRequest") | _addresses(call, number)
    made |= {
        "number": number,
        "state": "open",
        "locked": False,
        "title": str(call.body.get("title", head)),
        "body": call.body.get("body"),
        "user": kept.author(call),
        "labels": [],
        "assignees": [],
        "requested_reviewers": [],
        "milestone": None,
        "draft": bool(call.body.get("draft")),
        "comments": 0,
        "review_comments": 0,
        "merged": False,
        "merged_at": None,
        "merge_commit_sha": None,
        "closed_at": None,
        "author_association": "OWNER",
        "head": _end(call, head, str(ends[0])),
        "base": _end(call, base, str(ends[1])),
    }
    kept.collection(call, "pulls")[number] = made
    return Answer(201, _fresh(call, made), {"Location": made["url"]})


def _custom(message: str) -> dict[str, str]:
    return {"resource": "PullRequest", "code": "custom", "message": message}


def _addresses(call: Call, number: int) -> dict[str, str]:
    url, page = f"{call.here.api}/pulls/{number}", f"{call.here.html}/pull/{number}"
    issue = f"{call.here.api}/issues/{number}"
    return {
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "comments_url": f"{issue}/comments",
    }


def _end(call: Call, branch: str, oid: str) -> dict[str, Any]:
    return {
        "label": f"{call.repository.owner.login}:{branch}",
        "ref": branch,
        "sha": oid,
        "user": shapes.simple(call.repository.owner, call.links),
        "repo": shapes.repository(call.repository, call.world, call.actor, call.links),
    }


def _fresh(call: Call, pull: dict[str, Any]) -> dict[str, Any]:
    """With what follows from where the branches are now."""
    if pull["state"] != "open":
        return pull
    git_dir = call.repository.git_dir
    for end in ("head", "base"):
        oid = gitdata.resolve(git_dir, f"refs/heads/{pull[end]['ref']}")
        pull[end]["sha"] = oid or pull[end]["sha"]
    changes = _changes(call, pull)
    return pull | {
        "mergeable": True,
        "commits": len(gitdata.history(git_dir, pull["head"]["sha"], f"^{pull['base']['sha']}")),
        "additions": sum(each.additions for each in changes),
        "deletions": sum(each.deletions for each in changes),
        "changed_files": len(changes),
    }


def _changes(call: Call, pull: dict[str, Any]) -> list[Any]:
    git_dir, head, base = call.repository.git_dir, pull["head"]["sha"], pull["base"]["sha"]
    return list(gitdiff.changes(git_dir, gitdata.merge_base(git_dir, base, head) or base, head))


@answers("pulls/get")
def get(call: Call) -> Answer | dict[str, Any]:
    """One pull request, or its difference."""
    found = kept.one(call, "pulls", "pull_number")
    if "diff" in call.headers.get("accept", ""):
        git_dir, head, base = call.repository.git_dir, found["head"]["sha"], found["base"]["sha"]
        diff = gitdiff.text(git_dir, gitdata.merge_base(git_dir, base, head) or base, head)
        return Answer(200, diff, {"Content-Type": "application/vnd.github.diff; charset=utf-8"})
    return _fresh(call, found)


@answers("pulls/update")
def update(call: Call) -> dict[str, Any]:
    """Title, text, state."""
    found = kept.one(call, "pulls", "pull_number")
    return _fresh(call, kept.changed(call, found, "title", "body", "state"))


@answers("pulls/list-commits", source=Source.RECORDED)
def commits(call: Call) -> Listed:
    """What it would bring, oldest first."""
    found = kept.one(call, "pulls", "pull_number")
    oids = gitdata.history(
        call.repository.git_dir, found["head"]["sha"], "--reverse", f"^{found['base']['sha']}"
    )
    return items([code.shown(call, oid) for oid in oids])


@answers("pulls/list-files")
def files(call: Call) -> Listed:
    """What it would change."""
    found = kept.one(call, "pulls", "pull_number")
    return items([each.shown(found["head"]["sha"], call.here) for each in _changes(call, found)])


@answers("pulls/list-review-comments", "pulls/list-review-comments-for-repo")
def review_comments(call: Call) -> Listed:
    """Comments on lines."""
    found = list(kept.collection(call, "review_comments").values())
    if "pull_number" in call.route.params:
        url = kept.one(call, "pulls", "pull_number")["url"]
        found = [each for each in found if each["pull_request_url"] == url]
    return items(found)


@answers("pulls/create-review-comment")
def review_comment(call: Call) -> Answer:
    """A comment on a line."""
    pull = kept.one(call, "pulls", "pull_number")
    made = kept.born(call, "PullRequestReviewComment")
    names = ("body", "path", "line", "side", "commit_id", "start_line", "in_reply_to")
    made |= {name: call.body.get(name) for name in names}
    made |= {
        "url": f"{call.here.api}/pulls/comments/{made['id']}",
        "html_url": f"{pull['html_url']}#discussion_r{made['id']}",
        "pull_request_url": pull["url"],
        "user": kept.author(call),
        "author_association": "OWNER",
    }
    kept.collection(call, "review_comments")[made["id"]] = made
    return Answer(201, made, {"Location": made["url"]})


@answers("pulls/get-review-comment")
def get_review_comment(call: Call) -> dict[str, Any]:
    """One of them."""
    return kept.one(call, "review_comments", "comment_id")


@answers("pulls/check-if-merged")
def merged(call: Call) -> Answer:
    """204 if it was, 404 if not."""
    if not kept.one(call, "pulls", "pull_number")["merged"]:
        raise not_found()
    return Answer(204)


@answers("pulls/merge")
def merge(call: Call) -> dict[str, Any]:
    """A merge commit on the base branch; only where the head already holds the base."""
    pull = _fresh(call, kept.one(call, "pulls", "pull_number"))
    if pull["state"] != "open":
        raise Problem(405, "Pull Request is not mergeable")
    git_dir, head, base = call.repository.git_dir, pull["head"]["sha"], pull["base"]["sha"]
    if not gitdata.is_ancestor(git_dir, base, head):
        raise Problem(409, "The sandbox merges only what already holds its base: update the branch first.")
    code.workflows_are_allowed(call, [each.path for each in _changes(call, pull)])
    title = str(call.body.get("commit_title", f"Merge pull request #{pull['number']}"))
    tree = gitdata.resolve(git_dir, head, "tree") or ""
    made = gitdata.commit_tree(git_dir, tree, [base, head], title, code.person(call.actor.user))
    gitdata.move_ref(git_dir, f"refs/heads/{pull['base']['ref']}", made, base)
    code.pushed(call)
    now = shapes.zulu(call.world.now())
    found = kept.one(call, "pulls", "pull_number")
    found |= {"state": "closed", "merged": True, "merged_at": now, "closed_at": now, "merge_commit_sha": made}
    kept.collection(call, "pulls")[found["number"]] = found
    return {"sha": made, "merged": True, "message": "Pull Request successfully merged"}
