"""Writes that are refused: nothing has moved afterwards, and the answer says what was wrong."""

from __future__ import annotations

import base64

import pytest

HELLO = "/repos/octo/hello"


@pytest.fixture(scope="module")
def world(shared_world):
    return shared_world


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def writer(world):
    token = world.token("octo", "hello", "empty", contents="write", statuses="write")
    return lambda method, path, body=None, **headers: world.ask(token, method, path, body, **headers)


@pytest.fixture(scope="module")
def tip(world):
    def current(ref="main"):
        scratch = world.scratch["octo/hello"]
        return scratch.git("--git-dir", str(scratch.bare), "rev-parse", ref)

    return current


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"content": "eA=="}, 422, '"message" wasn\'t supplied'),
        ({"message": "m"}, 422, '"content" wasn\'t supplied'),
        ({"message": "m", "content": "e*"}, 422, "not valid Base64"),
        ({"message": "m", "content": "é"}, 422, "not valid Base64"),
        ({"message": "m", "content": "eA=="}, 422, '"sha" wasn\'t supplied'),
        ({"message": "m", "content": "eA==", "sha": "1" * 40}, 409, "does not match"),
        ({"message": "m", "content": "eA==", "sha": ["x"]}, 422, "Validation Failed"),
        ({"message": 1, "content": "eA=="}, 422, "Validation Failed"),
        ({"message": "m", "content": "eA==", "branch": "none"}, 404, "Branch none not found"),
        ({"message": "m", "content": "eA==", "branch": "../main"}, 404, "not found"),
        ({"message": "m", "content": "eA==", "branch": "-x"}, 404, "not found"),
        ({"message": "m", "content": "eA==", "author": {"name": "x"}}, 422, '"sha"'),
        (b"[]", 400, "Body should be a JSON object"),
        (b"{", 400, "Problems parsing JSON"),
        (b'{"message": "a", "message": "b", "content": ""}', 400, "Problems parsing JSON"),
        (b'{"message": NaN}', 400, "Problems parsing JSON"),
        (b'\xef\xbb\xbf{"message": "a"}', 400, "Problems parsing JSON"),
        ('{"message": "a"}'.encode("utf-16"), 400, "Problems parsing JSON"),
        (b'{"n": ' + b"9" * 4301 + b"}", 400, "Problems parsing JSON"),
        (b'{"n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "Problems parsing JSON"),
        (b'{"n": ' + b"[" * 100 + b"]" * 100 + b"}", 400, "Problems parsing JSON"),
        (b'{"message": "\\ud800"}', 400, "Problems parsing JSON"),
        (b'{"n": 1e999}', 400, "Problems parsing JSON"),
    ],
)
def test_A12_bodies_that_are_wrong(world, writer, tip, body, status, message):
    before = tip()
    answer = writer("PUT", f"{HELLO}/contents/README.md", body)
    assert answer.status == status, answer.raw
    assert message in answer.json["message"]
    assert answer.json["status"] == str(status)
    assert tip() == before


@pytest.mark.parametrize(
    "path",
    [
        "src",
        ".github/workflows",
        "link",
        "link/x",
        "README.md/x",
        ".git/config",
        ".GIT/x",
        "a/.git",
        "git~1/x",
        "a/.gi%E2%80%8Ct/x",
    ],
)
def test_a_path_that_is_no_file_of_its_own_is_refused(writer, tip, path):
    before = tip()
    body = {"message": "m", "content": "eA==", "sha": tip(f"main:{path}") if path in ("src", "link") else ""}
    answer = writer("PUT", f"{HELLO}/contents/{path}", body)
    assert (answer.status, tip()) == (422, before), answer.raw


@pytest.mark.parametrize(
    "entry",
    [
        {"path": ".git/config", "mode": "100644", "content": "x"},
        {"path": "a/.GIT/x", "mode": "100644", "content": "x"},
        {"path": "../x", "mode": "100644", "content": "x"},
        {"path": "/x", "mode": "100644", "content": "x"},
        {"path": "a//b", "mode": "100644", "content": "x"},
        {"path": "a\0b", "mode": "100644", "content": "x"},
        {"path": "x", "mode": "100600", "content": "x"},
        {"path": "x", "mode": "100644", "sha": "1" * 40},
        {"path": "x", "mode": "100644", "sha": "HEAD"},
        {"path": "x", "mode": "040000", "sha": "1" * 40},
        {"path": "git~1", "mode": "100644", "content": "x"},
        {"path": "x", "mode": "100644", "type": "tree", "content": "x"},
        {"path": 7, "mode": "100644", "content": "x"},
    ],
    ids=str,
)
def test_G17_trees_that_git_must_not_hold(writer, entry):
    assert writer("POST", f"{HELLO}/git/trees", {"tree": [entry]}).status == 422


@pytest.mark.parametrize(
    "ref",
    [
        "refs/pull/1/head",
        "refs/notes/x",
        "refs/replace/x",
        "refs/keyhole/x",
        "refs/heads/refs/heads/x",
        "refs/heads/HEAD",
    ],
)
def test_G7_refs_that_no_token_moves(writer, tip, ref):
    answer = writer("POST", f"{HELLO}/git/refs", {"ref": ref, "sha": tip()})
    assert answer.status == 403, answer.raw
    assert writer("PATCH", f"{HELLO}/git/{ref}", {"sha": tip()}).status == 403
    assert writer("DELETE", f"{HELLO}/git/{ref}").status == 403


@pytest.mark.parametrize(
    "ref",
    [
        "main",
        "heads/x",
        "refs/x",
        "refs/heads/a..b",
        "refs/heads/-x",
        "refs/heads/a b",
        "refs/heads/a.lock",
        "refs/heads/@{",
        "refs/heads/x\n",
        "refs/heads/" + "x" * 1001,
        "",
    ],
)
def test_N9_refs_that_are_none(writer, tip, ref):
    assert writer("POST", f"{HELLO}/git/refs", {"ref": ref, "sha": tip()}).status == 422


@pytest.mark.parametrize("sha", ["1" * 40, "main", "HEAD", "abcdef", "-x", "1" * 64])
def test_a_ref_to_what_is_not_there(writer, sha):
    answer = writer("POST", f"{HELLO}/git/refs", {"ref": "refs/heads/x", "sha": sha})
    assert (answer.status, answer.json["message"]) == (422, "Object does not exist")


def test_a_ref_whose_name_is_in_the_way_is_a_conflict(writer, tip):
    answer = writer("POST", f"{HELLO}/git/refs", {"ref": "refs/heads/main/below", "sha": tip()})
    assert (answer.status, tip()) == (409, tip())


def test_without_write_the_checks_of_a_write_say_nothing(world, tip):
    reader = world.token("octo", "hello", contents="read")
    answers = [
        world.ask(reader, "PUT", f"{HELLO}/contents/{path}", body).raw
        for path in ("README.md", "nothing")
        for body in ({}, {"message": "m", "content": "eA=="}, b"{")
    ]
    messages = {answer.split(b'"explain"')[0] for answer in answers}
    assert len(messages) == 1
    assert b"Resource not accessible" in messages.pop()


GITMODULES = [
    '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n',
    '[submodule "../evil"]\n\tpath = x\n\turl = https://example.invalid/x\n',
    '[submodule "x"]\n\tpath = -x\n\turl = https://example.invalid/x\n',
]


@pytest.mark.parametrize("text", GITMODULES)
def test_G17_a_gitmodules_file_that_attacks_whoever_clones_is_refused_on_both_ways(writer, tip, text):
    before = tip()
    answer = writer("PUT", f"{HELLO}/contents/.gitmodules", {"message": "m", "content": b64(text)})
    assert (answer.status, tip()) == (422, before), answer.raw
    tree = writer(
        "POST", f"{HELLO}/git/trees", {"tree": [{"path": ".gitmodules", "mode": "100644", "content": text}]}
    )
    oid = writer(
        "POST", f"{HELLO}/git/commits", {"message": "m", "tree": tree.json["sha"], "parents": []}
    ).json["sha"]
    assert writer("POST", f"{HELLO}/git/refs", {"ref": "refs/heads/x", "sha": oid}).status == 422
