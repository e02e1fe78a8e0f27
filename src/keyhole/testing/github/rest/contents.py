"""Files and folders: read, written and removed with one commit each; archives."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from keyhole.testing.github import code, gitdata, objects
from keyhole.testing.github.answers import Answer, Problem, Source, not_found, unprocessable
from keyhole.testing.github.call import Call
from keyhole.testing.github.objects import Entry
from keyhole.testing.github.registry import answers

_NOT_KEPT = "public, must-revalidate, max-age=0"
_RAW = "application/vnd.github.raw"


@answers("repos/get-content", source=Source.RECORDED)
def get(call: Call) -> Answer | list[Any] | dict[str, Any]:
    """What lies at a path: a list of a folder's entries, or a file."""
    ref = call.query.get("ref", "")
    path = call.param("path").strip("/")
    try:
        commit = code.tip(call, ref)
    except Problem:
        raise Problem(
            404, f"No commit found for the ref {ref}" if ref else "This repository is empty."
        ) from None
    entry = code.entry_at(call.repository, commit, path)
    if entry is None:
        raise not_found()
    name = ref or call.repository.default_branch
    if entry.kind != "tree":
        return _file(call, entry, path, name)
    below = code.list_tree(call.repository, entry.oid)
    return [code.listed(call, each, f"{path}/{each.path}".lstrip("/"), name) for each in below]


@answers("repos/get-readme")
def readme(call: Call) -> Answer | dict[str, Any]:
    """The README at the top."""
    commit = code.tip(call, call.query.get("ref", ""))
    for entry in code.list_tree(
        call.repository, gitdata.resolve(call.repository.git_dir, commit, "tree") or ""
    ):
        if entry.kind == "blob" and entry.path.lower().partition(".")[0] == "readme":
            return _file(call, entry, entry.path, call.query.get("ref") or call.repository.default_branch)
    raise not_found()


def _file(call: Call, entry: Entry, path: str, ref: str) -> Answer | dict[str, Any]:
    if entry.kind == "commit":
        return code.listed(call, entry, path, ref)
    data = gitdata.read(call.repository.git_dir, entry.oid, "blob")
    if "raw" in call.headers.get("accept", ""):
        return Answer(200, data, {"Content-Type": f"{_RAW}; charset=utf-8"})
    return code.listed(call, entry, path, ref) | {"content": objects.wrapped(data), "encoding": "base64"}


@answers("repos/create-or-update-file-contents", source=Source.RECORDED)
def put(call: Call) -> Answer:
    """A file created, or replaced when the id of its present content is given."""
    path, branch, parent = _place(call)
    code.workflows_are_allowed(call, [path])
    try:
        data = base64.b64decode("".join(str(call.body.get("content", "")).split()), validate=True)
    except (binascii.Error, ValueError):
        raise unprocessable("content is not valid Base64") from None
    before = code.entry_at(call.repository, parent, path) if parent else None
    _same(call, path, before)
    made = _commit(call, {path: data}, branch, parent)
    entry = code.entry_at(call.repository, made, path)
    if entry is None:
        raise not_found()
    return _answer(call, code.listed(call, entry, path, branch), made, 200 if before is not None else 201)


@answers("repos/delete-file")
def delete(call: Call) -> Answer:
    """A file removed. Some clients send the fields in the address."""
    call.body = call.body or dict(call.query)
    for name in ("message", "sha"):
        if not call.body.get(name):
            raise unprocessable(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    path, branch, parent = _place(call)
    code.workflows_are_allowed(call, [path])
    before = code.entry_at(call.repository, parent, path) if parent else None
    if before is None:
        raise not_found()
    _same(call, path, before)
    return _answer(call, None, _commit(call, {path: None}, branch, parent), 200)


def _place(call: Call) -> tuple[str, str, str | None]:
    path = call.param("path").strip("/")
    if not path or ".." in path.split("/") or ".git" in path.lower().split("/"):
        raise unprocessable("path contains a malformed path component")
    branch = str(call.body.get("branch") or call.repository.default_branch).removeprefix("refs/heads/")
    parent = gitdata.resolve(call.repository.git_dir, f"refs/heads/{branch}")
    if parent is None and gitdata.refs(call.repository.git_dir, "refs/heads"):
        raise Problem(404, f"Branch {branch} not found")
    return path, branch, parent


def _same(call: Call, path: str, before: Entry | None) -> None:
    asked = call.body.get("sha")
    if before is not None and not asked:
        raise unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.')
    if before is not None and before.oid != asked:
        raise Problem(409, f"{path} does not match {asked}")


def _commit(call: Call, files: dict[str, bytes | None], branch: str, parent: str | None) -> str:
    committer = code.named(call, "committer", code.person(call.actor.user))
    made = gitdata.commit_files(
        call.repository.git_dir,
        files,
        str(call.body["message"]),
        code.named(call, "author", committer),
        parent=parent,
        committer=committer,
    )
    gitdata.move_ref(call.repository.git_dir, f"refs/heads/{branch}", made)
    code.pushed(call)
    return made


def _answer(call: Call, content: dict[str, Any] | None, made: str, status: int) -> Answer:
    commit = objects.git_commit(code.read_commit(call.repository, made), call.here, call.repository.id)
    return Answer(status, {"content": content, "commit": commit})


@answers("repos/download-tarball-archive", "repos/download-zipball-archive", source=Source.RECORDED)
def archive(call: Call) -> Answer:
    """A redirect to a signed address, which needs no token."""
    kind = "tar.gz" if "tarball" in call.rule.id else "zip"
    ref = call.param("ref") or call.repository.default_branch
    oid = code.tip(call, ref)
    signed = f"?token=SANDBOX{oid[:20].upper()}" if call.repository.private else ""
    at = f"{call.base}/codeload/{call.repository.full_name}/legacy.{kind}/{oid}{signed}"
    return Answer(
        302, None, {"Location": at, "Content-Type": "text/html;charset=utf-8", "Cache-Control": _NOT_KEPT}
    )
