"""Repositories made, changed, moved and deleted; who works in them; topics and languages."""

from __future__ import annotations

import re
from typing import Any

from keyhole.testing.github import code, gitdata, scopes, shapes
from keyhole.testing.github.answers import Answer, Listed, Problem, Source, invalid, items, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers
from keyhole.testing.github.world import ROLES, Account, Organization, Repository, User

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_SETTINGS = (
    "homepage", "has_issues", "has_projects", "has_wiki", "has_discussions", "is_template", "allow_forking",
    "web_commit_signoff_required", "allow_squash_merge", "allow_merge_commit", "allow_rebase_merge",
    "allow_auto_merge", "delete_branch_on_merge", "allow_update_branch", "use_squash_pr_title_as_default",
)  # fmt: skip


@answers("repos/create-for-authenticated-user", "repos/create-in-org")
def create(call: Call) -> Answer:
    """A new repository, empty unless `auto_init`."""
    owner: Account = call.organization if "org" in call.route.params else call.user
    made = _new(call, owner, str(call.body["name"]), private=bool(call.body.get("private")))
    made.description = call.body.get("description")
    if call.body.get("auto_init"):
        first = gitdata.commit_files(
            made.git_dir,
            {"README.md": f"# {made.name}\n".encode()},
            "Initial commit",
            code.person(call.actor.user),
            parent=None,
        )
        gitdata.move_ref(made.git_dir, "refs/heads/main", first)
    url = f"{call.links.api}/repos/{made.full_name}"
    return Answer(201, shapes.full_repository(made, call.world, call.actor, call.links), {"Location": url})


def _new(call: Call, owner: Account, name: str, *, private: bool) -> Repository:
    full_name = f"{owner.login}/{name}"
    if not _NAME.fullmatch(name) or name in {".", ".."} or name.lower().endswith(".git"):
        raise invalid("Repository", "name", "invalid")
    if call.world.repository(full_name) is not None:
        message = "name already exists on this account"
        errors = [{"resource": "Repository", "code": "custom", "field": "name", "message": message}]
        raise Problem(422, "Repository creation failed.", errors=errors)
    number = call.world.new_id()
    git_dir = call.world.folder / f"{number}.git"
    gitdata.create(git_dir, "main")
    made = Repository(number, owner, name, private, git_dir, call.world.now())
    call.world.repositories[number] = made
    call.world.moved.pop(full_name.lower(), None)
    return made


@answers("repos/update", source=Source.RECORDED)
def update(call: Call) -> dict[str, Any]:
    """Name, visibility, settings."""
    found = call.repository
    name = call.body.get("name")
    if isinstance(name, str) and name != found.name:
        _rename(call, found, found.owner, name)
    if "private" in call.body or "visibility" in call.body:
        found.private = bool(call.body.get("private", call.body.get("visibility") == "private"))
    branch = call.body.get("default_branch")
    if isinstance(branch, str) and branch != found.default_branch:
        if gitdata.resolve(found.git_dir, f"refs/heads/{branch}") is None:
            raise Problem(422, f"Cannot update default branch to {branch}: it does not exist.")
        gitdata.set_head(found.git_dir, branch)
        found.default_branch = branch
    found.archived = bool(call.body.get("archived", found.archived))
    found.description = call.body.get("description", found.description)
    found.settings |= {name: call.body[name] for name in _SETTINGS if name in call.body}
    return shapes.full_repository(found, call.world, call.actor, call.links)


def _rename(call: Call, found: Repository, owner: Account, name: str) -> None:
    if not _NAME.fullmatch(name) or call.world.repository(f"{owner.login}/{name}") is not None:
        raise invalid("Repository", "name", "invalid")
    call.world.moved[found.full_name.lower()] = found.id
    found.owner, found.name = owner, name


@answers("repos/transfer")
def transfer(call: Call) -> Answer:
    """To another owner; at once, where GitHub would ask the other one first."""
    owner = call.world.account(str(call.body["new_owner"]))
    if owner is None:
        raise invalid("Repository", "new_owner", "invalid")
    _rename(call, call.repository, owner, str(call.body.get("new_name", call.repository.name)))
    return Answer(202, shapes.repository(call.repository, call.world, call.actor, call.links))


@answers("repos/delete")
def delete(call: Call) -> None:
    """Gone; its id is never used again. Needs the scope `delete_repo` of a classic token."""
    token = call.actor.token
    if token is not None and token.has_scopes and "delete_repo" not in scopes.held(token):
        raise Problem(403, "Must have admin rights to Repository.")
    del call.world.repositories[call.repository.id]


@answers("repos/list-collaborators", source=Source.RECORDED)
def collaborators(call: Call) -> Listed:
    """Everybody who may more than read what is public, with their role."""
    found = call.repository
    people = [each for each in call.world.accounts.values() if isinstance(each, User)]
    shown = [(each, call.world.role(each, found)) for each in people if _works_in(call, each, found)]
    return items([shapes.simple(user, call.links) | _role(role) for user, role in shown])


def _works_in(call: Call, user: User, found: Repository) -> bool:
    owner = found.owner
    belongs = owner is user or user.id in found.collaborators
    member = isinstance(owner, Organization) and user.id in owner.members
    return (belongs or member) and call.world.role(user, found) != "none"


def _role(role: str) -> dict[str, Any]:
    held = ROLES.index(role)
    words = {"pull": "read", "push": "write"}
    flags = {each: held >= ROLES.index(each) for each in reversed(ROLES[1:])}
    return {"permissions": flags, "role_name": words.get(role, role)}


@answers("repos/check-collaborator")
def is_collaborator(call: Call) -> Answer:
    """204 if they are, 404 if not."""
    user = call.world.user(call.param("username"))
    if user is None or not _works_in(call, user, call.repository):
        raise not_found()
    return Answer(204)


@answers("repos/get-collaborator-permission-level")
def permission_level(call: Call) -> dict[str, Any]:
    """What somebody may."""
    user = call.world.user(call.param("username"))
    if user is None:
        raise not_found()
    role = call.world.role(user, call.repository)
    older = {"pull": "read", "triage": "read", "push": "write", "maintain": "write"}.get(role, role)
    return {
        "permission": older,
        "user": shapes.simple(user, call.links) | _role(role),
        "role_name": _role(role)["role_name"],
    }


@answers("repos/add-collaborator")
def add_collaborator(call: Call) -> Answer:
    """At once, where GitHub sends an invitation first."""
    user = call.world.user(call.param("username"))
    if user is None:
        raise not_found()
    role = str(call.body.get("permission", "push"))
    if role not in ROLES[1:]:
        raise invalid("Collaborator", "permission", "invalid")
    call.repository.collaborators[user.id] = role
    return Answer(204)


@answers("repos/remove-collaborator")
def remove_collaborator(call: Call) -> Answer:
    """No collaborator any more; no error if they were none."""
    user = call.world.user(call.param("username"))
    if user is None:
        raise not_found()
    call.repository.collaborators.pop(user.id, None)
    return Answer(204)


@answers("repos/get-all-topics", "repos/replace-all-topics")
def topics(call: Call) -> dict[str, Any]:
    """Words about it."""
    if call.rule.operation.method == "PUT":
        call.repository.topics = [str(each) for each in call.body["names"]]
    return {"names": list(call.repository.topics)}


@answers("repos/list-contributors")
def contributors(call: Call) -> Listed:
    """Who wrote commits, most first: accounts by their email, others anonymously."""
    counts: dict[str, int] = {}
    for oid in gitdata.history(call.repository.git_dir, code.tip(call)):
        email = code.read_commit(call.repository, oid).person("author")["email"]
        counts[email] = counts.get(email, 0) + 1
    found = sorted(counts.items(), key=lambda each: -each[1])
    return items(
        [{"type": "Anonymous", "email": email, "name": email, "contributions": n} for email, n in found]
    )
