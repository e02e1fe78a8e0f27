"""Writing: every write is planned, judged, then done; who may not write learns nothing from the checks."""

from __future__ import annotations

import asyncio
import base64

import pytest

HELLO = "/repos/octo/hello"
ZERO = "0" * 40


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def writer(world):
    token = world.token("octo", "hello", "empty", contents="write", statuses="write")
    return lambda method, path, body=None, **headers: world.ask(token, method, path, body, **headers)


@pytest.fixture
def tip(world):
    def current(ref="main"):
        scratch = world.scratch["octo/hello"]
        return scratch.git("--git-dir", str(scratch.bare), "rev-parse", ref)

    return current


def test_create_change_and_delete_a_file(world, writer, tip):
    before = tip()
    made = writer("PUT", f"{HELLO}/contents/new/file.txt", {"message": "add", "content": b64("one\n")})
    assert (made.status, made.json["content"]["path"]) == (201, "new/file.txt")
    assert made.json["commit"]["parents"][0]["sha"] == before
    assert made.json["commit"]["sha"] == tip()
    changed = writer(
        "PUT",
        f"{HELLO}/contents/new/file.txt",
        {
            "message": "change",
            "content": b64("two\n"),
            "sha": made.json["content"]["sha"],
            "branch": "main",
            "author": {"name": "Ann", "email": "ann@example.invalid", "date": "2024-05-06T07:08:09+02:00"},
        },
    )
    assert changed.status == 200
    assert changed.json["commit"]["author"] == {
        "name": "Ann",
        "email": "ann@example.invalid",
        "date": "2024-05-06T05:08:09Z",
    }
    gone = writer(
        "DELETE", f"{HELLO}/contents/new/file.txt", {"message": "away", "sha": changed.json["content"]["sha"]}
    )
    assert (gone.status, gone.json["content"]) == (200, None)
    assert writer("GET", f"{HELLO}/contents/new/file.txt").status == 404
    scratch = world.scratch["octo/hello"]
    assert scratch.git("--git-dir", str(scratch.bare), "fsck", "--strict", "--no-dangling") == ""


def test_the_first_file_of_an_empty_repository(writer):
    made = writer("PUT", "/repos/octo/empty/contents/README.md", {"message": "first", "content": b64("hi")})
    assert (made.status, made.json["commit"]["parents"]) == (201, [])
    assert writer("GET", "/repos/octo/empty/readme").json["path"] == "README.md"


WORKFLOW_PATHS = [
    ".github/workflows/ci.yml",
    ".github/workflows/new.yml",
    ".GitHub/Workflows/x.yml",
    ".github/WORKFLOWS/x.yml",
    ".GITHUB",
    ".github%20/workflows/x.yml",
]


@pytest.mark.parametrize("path", WORKFLOW_PATHS)
def test_P16_a_workflow_file_needs_its_own_permission(world, writer, tip, path):
    before = tip()
    body = {
        "message": "m",
        "content": b64("on: push\n"),
        "sha": tip(f"main:{path}") if path == WORKFLOW_PATHS[0] else "",
    }
    denied = writer("PUT", f"{HELLO}/contents/{path}", body)
    assert (denied.status, tip()) == (403, before)
    assert denied.headers["x-accepted-github-permissions"] == "contents=write; contents=write,workflows=write"
    assert denied.json["message"] == "Resource not accessible by personal access token"
    if path == WORKFLOW_PATHS[0]:
        gone = writer("DELETE", f"{HELLO}/contents/{path}", {"message": "m", "sha": body["sha"]})
        assert (gone.status, tip()) == (403, before)
        both = world.token("octo", "hello", contents="write", workflows="write")
        assert world.ask(both, "PUT", f"{HELLO}/contents/{path}", body).status == 200


def _objects(writer, tip, path: str, mode: str = "100644", **more) -> str:
    """A commit upon main with one more path, made with the git data operations."""
    blob = writer("POST", f"{HELLO}/git/blobs", {"content": "on: push\nevil: yes\n"})
    assert blob.status == 201
    tree = writer(
        "POST",
        f"{HELLO}/git/trees",
        {"base_tree": tip(), "tree": [{"path": path, "mode": mode, "type": "blob", "sha": blob.json["sha"]}]},
    )
    assert tree.status == 201, tree.raw
    commit = writer(
        "POST",
        f"{HELLO}/git/commits",
        {"message": "by hand", "tree": tree.json["sha"], "parents": [tip()], **more},
    )
    assert commit.status == 201, commit.raw
    return commit.json["sha"]


def test_git_data_makes_a_commit_and_a_branch(world, writer, tip):
    oid = _objects(writer, tip, "src/deep/new.py")
    made = writer("POST", f"{HELLO}/git/refs", {"ref": "refs/heads/topic", "sha": oid})
    assert (made.status, made.json["object"]["sha"], tip("topic")) == (201, oid, oid)
    assert (
        writer("POST", f"{HELLO}/git/refs", {"ref": "refs/heads/topic", "sha": oid}).json["message"]
        == "Reference already exists"
    )
    moved = writer("PATCH", f"{HELLO}/git/refs/heads/main", {"sha": oid})
    assert (moved.status, tip()) == (200, oid)
    back = tip("main~1")
    assert (
        writer("PATCH", f"{HELLO}/git/refs/heads/main", {"sha": back}).json["message"]
        == "Update is not a fast forward"
    )
    assert writer("PATCH", f"{HELLO}/git/refs/heads/main", {"sha": back, "force": True}).status == 200
    assert writer("DELETE", f"{HELLO}/git/refs/heads/topic").status == 204
    assert writer("DELETE", f"{HELLO}/git/refs/heads/topic").json["message"] == "Reference does not exist"
    assert (
        writer("DELETE", f"{HELLO}/git/refs/heads/main").json["message"]
        == "Reference cannot be updated: deletion of the current branch prohibited"
    )


def test_an_annotated_tag(world, writer, tip):
    tag = writer(
        "POST",
        f"{HELLO}/git/tags",
        {
            "tag": "v2",
            "message": "two\n",
            "object": tip(),
            "type": "commit",
            "tagger": {"name": "T", "email": "t@example.invalid"},
        },
    )
    assert (tag.status, tag.json["tagger"]["name"]) == (201, "T")
    made = writer("POST", f"{HELLO}/git/refs", {"ref": "refs/tags/v2", "sha": tag.json["sha"]})
    assert (made.status, made.json["object"]["type"]) == (201, "tag")
    assert writer("POST", f"{HELLO}/git/refs", {"ref": "refs/heads/x", "sha": tag.json["sha"]}).status == 422


@pytest.mark.parametrize(
    "path", [".github/workflows/x.yml", ".GITHUB/workflows/x.yml", ".github/Workflows/x.yml"]
)
def test_P16_a_ref_to_a_commit_with_a_workflow_needs_the_permission_too(world, writer, tip, path):
    before, oid = tip(), _objects(writer, tip, path)
    for method, where, body in (
        ("POST", "refs", {"ref": "refs/heads/evil", "sha": oid}),
        ("PATCH", "refs/heads/main", {"sha": oid}),
        ("PATCH", "refs/heads/main", {"sha": oid, "force": True}),
    ):
        assert writer(method, f"{HELLO}/git/{where}", body).status == 403
    both = world.token("octo", "hello", contents="write", workflows="write")
    assert tip() == before
    assert world.ask(both, "PATCH", f"{HELLO}/git/refs/heads/main", {"sha": oid}).status == 200


@pytest.mark.parametrize("path", [".github", ".GitHub"])
def test_P16_a_link_in_place_of_the_folder_is_a_workflow_change(world, writer, tip, path):
    tree = writer(
        "POST",
        f"{HELLO}/git/trees",
        {"tree": [{"path": path, "mode": "120000", "type": "blob", "content": "elsewhere"}]},
    )
    oid = writer(
        "POST", f"{HELLO}/git/commits", {"message": "m", "tree": tree.json["sha"], "parents": [tip()]}
    ).json["sha"]
    assert writer("POST", f"{HELLO}/git/refs", {"ref": "refs/heads/alias", "sha": oid}).status == 403


def test_P16_a_workflow_that_a_later_commit_takes_back_still_counts(world, writer, tip):
    first = _objects(writer, tip, ".github/workflows/x.yml")
    second = writer(
        "POST", f"{HELLO}/git/commits", {"message": "undo", "tree": tip("main^{tree}"), "parents": [first]}
    ).json["sha"]
    assert writer("POST", f"{HELLO}/git/refs", {"ref": "refs/heads/undone", "sha": second}).status == 403


def test_trees_take_folders_in_and_paths_out(world, writer, tip):
    answer = writer(
        "POST",
        f"{HELLO}/git/trees",
        {
            "base_tree": tip(),
            "tree": [
                {"path": "copy", "mode": "040000", "type": "tree", "sha": tip("main:src")},
                {"path": "docs", "mode": "100644", "type": "blob", "content": "a file now"},
                {"path": "README.md", "mode": "100644", "type": "blob", "sha": None},
                {"path": "run", "mode": "100755", "type": "blob", "content": "#!/bin/sh\n"},
            ],
        },
    )
    assert answer.status == 201, answer.raw
    deep = writer("GET", f"{HELLO}/git/trees/{answer.json['sha']}?recursive=1").json["tree"]
    paths = {row["path"]: row["mode"] for row in deep if row["type"] == "blob"}
    assert paths["copy/app.py"] == "100644"
    assert (paths["docs"], paths["run"]) == ("100644", "100755")
    assert "README.md" not in paths


def test_statuses(world, writer, tip):
    assert writer("GET", f"{HELLO}/commits/main/status").json["state"] == "pending"
    made = writer(
        "POST",
        f"{HELLO}/statuses/{tip()}",
        {
            "state": "failure",
            "context": "ci",
            "description": "no",
            "target_url": "https://ci.example.invalid/1",
        },
    )
    assert (made.status, made.json["state"], made.json["creator"]["type"]) == (201, "failure", "User")
    assert writer("GET", f"{HELLO}/commits/main/status").json["state"] == "failure"
    assert writer("POST", f"{HELLO}/statuses/{tip()}", {"state": "success", "context": "ci"}).status == 201
    combined = writer("GET", f"{HELLO}/commits/main/status").json
    assert (combined["state"], combined["total_count"], combined["sha"]) == ("success", 1, tip())
    assert [row["state"] for row in writer("GET", f"{HELLO}/commits/main/statuses").json] == [
        "success",
        "failure",
    ]
    for body in (
        {"state": "great"},
        {},
        {"state": "success", "target_url": "javascript:alert(1)"},
        {"state": "success", "description": "x" * 141},
        {"state": "success", "context": "a\x1b[31m"},
    ):
        assert writer("POST", f"{HELLO}/statuses/{tip()}", body).status == 422
    assert writer("POST", f"{HELLO}/statuses/{'1' * 40}", {"state": "success"}).status == 422
    reader = world.token("octo", "hello", contents="write", statuses="read")
    assert world.ask(reader, "POST", f"{HELLO}/statuses/{tip()}", {"state": "success"}).status == 403


def test_a_branch_that_somebody_works_on_is_not_moved_under_their_feet(world, tmp_path):
    work = world.scratch["other/open"].work.parent / "work"
    folder = world.folder / "octo" / "mine"
    world.scratch["other/open"].git("clone", "--quiet", str(work), str(folder))
    world.connect()
    token = world.token("octo", "mine", contents="write")
    answer = world.ask(token, "PUT", "/repos/octo/mine/contents/x", {"message": "m", "content": "eA=="})
    assert (answer.status, "checked out" in answer.json["message"]) == (422, True)


def test_of_two_changes_upon_the_same_commit_one_is_a_conflict(world):
    token = world.token("octo", "hello", contents="write")

    async def both():
        return await asyncio.gather(
            *(
                world.asked(
                    token, "PUT", f"{HELLO}/contents/race/{number}", {"message": "m", "content": "eA=="}, {}
                )
                for number in range(4)
            )
        )

    statuses = sorted(answer.status for answer in world.run(both()))
    made = [row["name"] for row in world.ask(token, "GET", f"{HELLO}/contents/race").json]
    assert set(statuses) <= {201, 409}
    assert statuses.count(201) == len(made) >= 1


def test_a_ref_that_points_to_another_is_not_moved_and_neither_is_the_other(world, writer, tip):
    scratch = world.scratch["octo/hello"]
    scratch.git("--git-dir", str(scratch.bare), "symbolic-ref", "refs/heads/alias", "refs/heads/feature/one")
    before, to = tip("feature/one"), tip("main")
    assert writer("PATCH", f"{HELLO}/git/refs/heads/alias", {"sha": to, "force": True}).status == 422
    assert (tip("alias"), tip("feature/one")) == (before, before)
