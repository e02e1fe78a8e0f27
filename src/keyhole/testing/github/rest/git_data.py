"""Git itself: refs, and the objects below them."""

from __future__ import annotations

import base64
from typing import Any

from keyhole.core.refs import is_well_formed
from keyhole.providers.gitcli import GitError
from keyhole.testing.github import code, gitdata, objects
from keyhole.testing.github.answers import Answer, Listed, Source, invalid, items, not_found, unprocessable
from keyhole.testing.github.call import Call
from keyhole.testing.github.links import node_id
from keyhole.testing.github.registry import answers


@answers("git/list-matching-refs")
def matching(call: Call) -> Listed:
    """Refs that begin like this."""
    wanted = f"refs/{call.param('ref')}"
    found = gitdata.refs(call.repository.git_dir, "refs/heads", "refs/tags")
    return items([_ref(call, name, *at) for name, at in found.items() if name.startswith(wanted)])


@answers("git/get-ref", source=Source.RECORDED)
def get_ref(call: Call) -> dict[str, Any]:
    """One ref, by its whole name after `refs/`."""
    name = f"refs/{call.param('ref').removeprefix('refs/')}"
    found = gitdata.refs(call.repository.git_dir, name) if is_well_formed(name) else {}
    if name not in found:
        raise not_found()
    return _ref(call, name, *found[name])


@answers("git/create-ref", source=Source.RECORDED)
def create_ref(call: Call) -> Answer:
    """A new ref, at an object that is there."""
    name, oid = str(call.body["ref"]), str(call.body["sha"])
    if not name.startswith("refs/") or name.count("/") < 2 or not is_well_formed(name):
        raise unprocessable("Reference name must start with 'refs/' and have at least two slashes.")
    known = gitdata.resolve(call.repository.git_dir, oid)
    if known is None:
        raise unprocessable("Object does not exist")
    if name in gitdata.refs(call.repository.git_dir, name):
        raise unprocessable("Reference already exists")
    _check_workflows(call, known)
    gitdata.move_ref(call.repository.git_dir, name, known)
    code.pushed(call)
    return Answer(201, _ref(call, name, known, "commit"), {"Location": f"{call.here.api}/git/{name}"})


@answers("git/update-ref", source=Source.RECORDED)
def update_ref(call: Call) -> dict[str, Any]:
    """A ref moved; backwards only with `force`."""
    name, old = _existing(call)
    new = gitdata.resolve(call.repository.git_dir, str(call.body.get("sha", "")))
    if new is None:
        raise unprocessable("Object does not exist")
    if not call.body.get("force") and not gitdata.is_ancestor(call.repository.git_dir, old, new):
        raise unprocessable("Update is not a fast forward")
    _check_workflows(call, new)
    gitdata.move_ref(call.repository.git_dir, name, new, old)
    code.pushed(call)
    return _ref(call, name, new, "commit")


@answers("git/delete-ref", source=Source.RECORDED)
def delete_ref(call: Call) -> None:
    """A ref removed."""
    name, _ = _existing(call)
    gitdata.delete_ref(call.repository.git_dir, name)
    code.pushed(call)


def _existing(call: Call) -> tuple[str, str]:
    name = f"refs/{call.param('ref')}"
    found = gitdata.refs(call.repository.git_dir, name) if is_well_formed(name) else {}
    if name not in found:
        raise unprocessable("Reference does not exist")
    return name, found[name][0]


def _check_workflows(call: Call, new: str) -> None:
    """New commits are judged as in a push: by what they change that no ref has yet."""
    git_dir = call.repository.git_dir
    fresh = gitdata.history(git_dir, new, "--not", "--all", "--not") if gitdata.refs(git_dir) else [new]
    for oid in fresh:
        parents = code.read_commit(call.repository, oid).parents
        changed = gitdata.changed_paths(git_dir, parents[0] if parents else None, oid)
        code.workflows_are_allowed(call, changed)


def _ref(call: Call, name: str, oid: str, kind: str) -> dict[str, Any]:
    return objects.ref(name, oid, kind, call.here, call.repository.id)


@answers("git/get-blob")
def get_blob(call: Call) -> dict[str, Any]:
    """A blob by its id."""
    oid = _object(call, call.param("file_sha"), "blob")
    data = gitdata.read(call.repository.git_dir, oid, "blob")
    return {
        "sha": oid,
        "node_id": node_id("Blob", f"{call.repository.id}:{oid}"),
        "size": len(data),
        "url": call.here.git("blob", oid),
        "content": objects.wrapped(data),
        "encoding": "base64",
    }


@answers("git/create-blob")
def create_blob(call: Call) -> Answer:
    """A new blob."""
    content, encoding = str(call.body["content"]), call.body.get("encoding", "utf-8")
    data = base64.b64decode(content) if encoding == "base64" else content.encode()
    oid = gitdata.write(call.repository.git_dir, data)
    return Answer(201, {"sha": oid, "url": call.here.git("blob", oid)})


@answers("git/get-tree")
def get_tree(call: Call) -> dict[str, Any]:
    """A tree by its id, or that of a commit."""
    oid = gitdata.resolve(call.repository.git_dir, call.param("tree_sha"), "tree")
    if oid is None:
        raise not_found()
    return _tree(call, oid, recursive="recursive" in call.query)


@answers("git/create-tree")
def create_tree(call: Call) -> Answer:
    """A new tree: entries on top of `base_tree`."""
    entries, base = call.body["tree"], call.body.get("base_tree")
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise invalid("Tree", "tree", "invalid")
    try:
        oid = gitdata.write_tree(call.repository.git_dir, base, [_new_entry(call, each) for each in entries])
    except GitError as problem:
        raise unprocessable(f"tree.sha is not a valid tree: {problem.message}") from None
    return Answer(201, _tree(call, oid, recursive=False))


def _new_entry(call: Call, given: dict[str, Any]) -> tuple[str, str, str]:
    path, oid = str(given.get("path", "")), given.get("sha")
    if not path or ("sha" in given and oid is None):
        return path, "0", "0" * 40
    if oid is None:
        oid = gitdata.write(call.repository.git_dir, str(given.get("content", "")).encode())
    return path, str(given.get("mode", "100644")), str(oid)


def _tree(call: Call, oid: str, *, recursive: bool) -> dict[str, Any]:
    shown = []
    for each in code.list_tree(call.repository, oid, recursive=recursive):
        entry = {"path": each.path, "mode": each.mode, "type": each.kind, "sha": each.oid}
        size = {} if each.size is None else {"size": each.size}
        shown.append(entry | size | {"url": call.here.git(each.kind, each.oid)})
    return {"sha": oid, "url": call.here.git("tree", oid), "tree": shown, "truncated": False}


@answers("git/get-commit")
def get_commit(call: Call) -> dict[str, Any]:
    """A commit object."""
    oid = _object(call, call.param("commit_sha"), "commit")
    return objects.git_commit(code.read_commit(call.repository, oid), call.here, call.repository.id)


@answers("git/create-commit")
def create_commit(call: Call) -> Answer:
    """A new commit object; no ref moves."""
    tree = _object(call, str(call.body["tree"]), "tree", missing=unprocessable("Tree SHA does not exist"))
    parents = [
        _object(
            call,
            str(each),
            "commit",
            missing=unprocessable("Parent SHA does not exist or is not a commit object"),
        )
        for each in call.body.get("parents") or ()
    ]
    author = code.named(call, "author", code.person(call.actor.user))
    oid = gitdata.commit_tree(
        call.repository.git_dir,
        tree,
        parents,
        str(call.body["message"]),
        author,
        committer=code.named(call, "committer", author),
    )
    made = objects.git_commit(code.read_commit(call.repository, oid), call.here, call.repository.id)
    return Answer(201, made)


@answers("git/get-tag")
def get_tag(call: Call) -> dict[str, Any]:
    """An annotated tag."""
    oid = _object(call, call.param("tag_sha"), "tag")
    tag = objects.parse(oid, gitdata.read(call.repository.git_dir, oid, "tag"))
    return objects.tag(tag, call.here, call.repository.id)


def _object(call: Call, name: str, kind: str, *, missing: Exception | None = None) -> str:
    found = gitdata.resolve(call.repository.git_dir, name, kind) if len(name) in {40, 64} else None
    if found is None:
        raise missing or not_found()
    return found
