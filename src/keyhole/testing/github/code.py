"""Reading commits and files for the API's answers."""

from __future__ import annotations

import re
from typing import Any

from keyhole.providers.gitcli import run
from keyhole.testing.github import gitdata, objects, shapes
from keyhole.testing.github.answers import Problem, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.git import may_change_workflows
from keyhole.testing.github.links import spelled
from keyhole.testing.github.objects import Commit, Entry
from keyhole.testing.github.world import Repository, User

_WORKFLOWS = re.compile(r"\.github/workflows(/|$)", re.IGNORECASE)


def read_commit(repository: Repository, oid: str) -> Commit:
    """A commit that exists."""
    return objects.parse(oid, gitdata.read(repository.git_dir, oid, "commit"))


def shown(call: Call, oid: str) -> dict[str, Any]:
    """A commit in a list; its author is the account with that email, if any."""
    value = read_commit(call.repository, oid)
    made = objects.listed_commit(value, call.here, call.repository.id)
    made["author"] = _account(call, value.person("author")["email"])
    made["committer"] = _account(call, value.person("committer")["email"])
    return made


def _account(call: Call, email: str) -> dict[str, Any] | None:
    for each in call.world.accounts.values():
        if isinstance(each, User) and email and email in {each.email, person(each).email}:
            return shapes.simple(each, call.links)
    return None


def person(user: User | None) -> gitdata.Person:
    """How a commit made through the API names its author."""
    if user is None:
        return gitdata.Person("sandbox[bot]", "sandbox-bot@users.noreply.example.invalid")
    return gitdata.Person(
        user.name or user.login, user.email or f"{user.id}+{user.login}@users.noreply.example.invalid"
    )


def named(call: Call, field: str, default: gitdata.Person) -> gitdata.Person:
    """An author or committer that the body names."""
    given = call.body.get(field)
    if not isinstance(given, dict):
        return default
    return gitdata.Person(str(given.get("name", default.name)), str(given.get("email", default.email)))


def tip(call: Call, name: str = "") -> str:
    """The commit that a name stands for. Raises Problem 404, or 409 in a repository without commits."""
    oid = gitdata.resolve(call.repository.git_dir, name or "HEAD")
    if oid is None:
        if not gitdata.refs(call.repository.git_dir):
            raise Problem(409, "Git Repository is empty.")
        raise not_found()
    return oid


def entry_at(repository: Repository, commit: str, path: str) -> Entry | None:
    """What lies at a path in a commit; the root is a folder called ""."""
    tree = gitdata.resolve(repository.git_dir, commit, "tree") or ""
    if not gitdata.is_path(path):
        return None
    if not path:
        return Entry("040000", "tree", tree, None, "")
    found = [each for each in list_tree(repository, tree, path) if each.path == path]
    return found[0] if found else None


def list_tree(repository: Repository, tree: str, *paths: str, recursive: bool = False) -> list[Entry]:
    """The entries of a tree, or those at `paths`."""
    options = ["-r", "-t"] if recursive else []
    out = run(
        repository.git_dir, "ls-tree", "-z", "-l", "--full-tree", *options, "--end-of-options", tree, *paths
    )
    return [_entry(record) for record in out.decode("utf-8", "surrogateescape").split("\0") if record]


def _entry(record: str) -> Entry:
    meta, _, path = record.partition("\t")
    mode, kind, oid, size = meta.split()
    return Entry(mode, kind, oid, None if size == "-" else int(size), path)


def listed(call: Call, entry: Entry, path: str, ref: str) -> dict[str, Any]:
    """A file or folder, with the address that needs no token: it is signed, as GitHub's is for private ones."""
    made = objects.entry(entry, path, ref, call.here)
    if entry.kind == "blob":
        signed = f"?token=SANDBOX{entry.oid[:20].upper()}" if call.repository.private else ""
        made["download_url"] = (
            f"{call.base}/raw/{call.repository.full_name}/{spelled(ref)}/{spelled(path)}{signed}"
        )
    return made


def workflows_are_allowed(call: Call, paths: list[str]) -> None:
    """Raises Problem 403 when one of these paths is a workflow and the token may not change any."""
    if any(_WORKFLOWS.match(path) for path in paths) and not may_change_workflows(call.actor):
        who = "integration" if call.actor.token and call.actor.token.installation else "personal access token"
        raise Problem(403, f"Resource not accessible by {who}")


def pushed(call: Call) -> None:
    """Notes that code changed."""
    call.repository.pushed_at = call.world.now()
