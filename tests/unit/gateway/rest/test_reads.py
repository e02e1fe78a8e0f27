"""Reading: each operation in GitHub's shape, on one repository with one of everything."""

from __future__ import annotations

import base64
import io
import tarfile
import zipfile

import pytest

HELLO = "/repos/octo/hello"


@pytest.fixture(scope="module")
def world(shared_world):
    return shared_world


@pytest.fixture(scope="module")
def reader(world):
    return world.token("octo", "hello", "empty", contents="read", statuses="read")


@pytest.fixture(scope="module")
def get(world, reader):
    return lambda path, **headers: world.ask(reader, "GET", path, **headers)


def test_account_and_lists(world, get):
    user = get("/user")
    assert (user.status, user.json["type"], user.json["login"]) == (200, "User", get("/user").json["login"])
    assert user.headers["x-accepted-github-permissions"] == "allows_permissionless_access=true"
    assert [row["full_name"] for row in get("/user/repos").json] == ["octo/empty", "octo/hello"]
    assert [row["full_name"] for row in get("/orgs/octo/repos?sort=full_name").json] == [
        "octo/empty",
        "octo/hello",
    ]
    assert [row["full_name"] for row in get("/users/other/repos").json] == ["other/open"]
    assert [row["full_name"] for row in get("/repositories").json] == ["other/open"]
    assert get("/orgs/octo").json["total_private_repos"] == 2
    assert get("/users/octo").json["type"] == "Organization"
    assert get(f"/user/{get('/orgs/octo').json['id']}").json["login"] == "octo"
    assert get("/versions").json == ["2022-11-28", "2026-03-10"]
    assert get("/rate_limit").status == 404
    assert get("/").json["current_user_url"].endswith("/api/v3/user")
    assert get("/zen").headers["content-type"].startswith("text/plain")
    assert get("/meta").json == {"verifiable_password_authentication": False}


def test_A9_lists_hold_nothing_foreign(world, get):
    for path in (
        "/user/repos",
        "/orgs/octo/repos",
        "/users/octo/repos",
        "/repositories",
        "/user/repos?visibility=private",
    ):
        assert b"secret" not in get(path).raw


def test_repository(world, get):
    answer = get(HELLO)
    shown = answer.json
    assert (shown["full_name"], shown["private"], shown["default_branch"]) == ("octo/hello", True, "main")
    assert shown["permissions"] == {
        "admin": False,
        "maintain": False,
        "push": False,
        "triage": False,
        "pull": True,
    }
    assert shown["clone_url"].endswith("/octo/hello.git")
    assert "temp_clone_token" not in shown
    assert shown["language"] == "Python"
    assert answer.headers["x-accepted-github-permissions"] == "metadata=read"
    assert answer.headers["github-authentication-token-expiration"].endswith(" UTC")
    assert get("/repos/OCTO/Hello").json["id"] == shown["id"]
    assert get(f"/repositories/{shown['id']}").json["id"] == shown["id"]
    assert get(f"{HELLO}/languages").json == {"Python": 12}
    assert get(f"{HELLO}/topics").json == {"names": []}
    assert get("/repos/other/open").json["permissions"]["pull"] is True


def test_branches_and_tags(world, get):
    assert [row["name"] for row in get(f"{HELLO}/branches").json] == ["feature/one", "main"]
    tip = world.scratch["octo/hello"].git("rev-parse", "main")
    branch = get(f"{HELLO}/branches/main").json
    assert (branch["commit"]["sha"], branch["commit"]["commit"]["message"]) == (tip, "third")
    assert get(f"{HELLO}/branches/feature/one").json["name"] == "feature/one"
    assert get(f"{HELLO}/branches/feature%2Fone").json["name"] == "feature/one"
    assert get(f"{HELLO}/branches/none").status == 404
    assert [row["name"] for row in get(f"{HELLO}/tags").json] == ["v1"]
    assert [row["name"] for row in get(f"{HELLO}/commits/{tip}/branches-where-head").json] == ["main"]


def test_commits(world, get):
    assert [row["commit"]["message"] for row in get(f"{HELLO}/commits").json] == ["third", "second", "first"]
    assert [row["commit"]["message"] for row in get(f"{HELLO}/commits?path=src/app.py").json] == [
        "second",
        "first",
    ]
    assert [row["commit"]["message"] for row in get(f"{HELLO}/commits?sha=v1&per_page=1").json] == ["second"]
    assert get(f"{HELLO}/commits?sha=none").status == 404
    assert get(f"{HELLO}/commits?since=yesterday").status == 422
    assert [row["commit"]["message"] for row in get(f"{HELLO}/commits?since=2023-11-14T22:16:00Z").json] == [
        "third"
    ]
    assert get("/repos/octo/empty/commits").status == 409
    one = get(f"{HELLO}/commits/v1")
    assert one.json["stats"] == {"total": 7, "additions": 6, "deletions": 1}
    assert {file["filename"] for file in one.json["files"]} == {
        ".github/workflows/ci.yml",
        "docs/a b.txt",
        "link",
        "outside",
        "src/app.py",
    }
    assert get(f"{HELLO}/commits/none").json["message"] == "No commit found for SHA: none"
    assert get(f"{HELLO}/commits/v1", Accept="application/vnd.github.sha").raw.decode() == one.json["sha"]
    diff = get(f"{HELLO}/commits/v1", Accept="application/vnd.github.v3.diff")
    assert diff.raw.startswith(b"diff --git ")
    assert diff.headers["x-github-media-type"] == "github.v3; param=diff"
    patch = get(f"{HELLO}/commits/v1", Accept="application/vnd.github.patch").raw
    assert b"Subject: [PATCH] second" in patch


def test_compare(world, get):
    answer = get(f"{HELLO}/compare/v1...main").json
    assert (answer["status"], answer["ahead_by"], answer["behind_by"]) == ("ahead", 1, 0)
    assert [commit["commit"]["message"] for commit in answer["commits"]] == ["third"]
    assert [file["filename"] for file in answer["files"]] == ["big.txt"]
    assert get(f"{HELLO}/compare/main...v1").json["status"] == "behind"
    assert get(f"{HELLO}/compare/main...main").json["status"] == "identical"
    assert get(f"{HELLO}/compare/octo:v1...octo:main").json["status"] == "ahead"
    assert get(f"{HELLO}/compare/v1...none").status == 404
    assert get(f"{HELLO}/compare/v1..main").status == 404


def test_contents(world, get):
    listed = {row["name"]: row["type"] for row in get(f"{HELLO}/contents/").json}
    assert listed == {
        ".github": "dir",
        "README.md": "file",
        "big.txt": "file",
        "docs": "dir",
        "link": "symlink",
        "outside": "symlink",
        "src": "dir",
    }
    file = get(f"{HELLO}/contents/README.md").json
    assert base64.b64decode(file["content"]) == b"# octo/hello\n"
    assert (file["encoding"], file["type"], file["path"], file["download_url"]) == (
        "base64",
        "file",
        "README.md",
        None,
    )
    assert get(f"{HELLO}/contents/docs/a%20b.txt").json["name"] == "a b.txt"
    raw = get(f"{HELLO}/contents/README.md", Accept="application/vnd.github.raw+json")
    assert raw.raw == b"# octo/hello\n"
    assert raw.headers["content-type"] == "application/vnd.github.raw+json; charset=utf-8"
    link = get(f"{HELLO}/contents/link").json
    assert (link["type"], base64.b64decode(link["content"])) == ("file", b"# octo/hello\n")
    outside = get(f"{HELLO}/contents/outside").json
    assert (outside["type"], outside["target"]) == ("symlink", "../../etc/passwd")
    big = get(f"{HELLO}/contents/big.txt").json
    assert (big["content"], big["encoding"], big["size"]) == ("", "none", 1_120_000)
    assert len(get(f"{HELLO}/contents/big.txt", Accept="application/vnd.github.raw").raw) == 1_120_000
    assert get(f"{HELLO}/contents/big.txt?ref=v1").status == 404
    assert get(f"{HELLO}/contents/?ref=none").json["message"] == "No commit found for the ref none"
    assert get("/repos/octo/empty/contents").json["message"] == "This repository is empty."
    folder = get(f"{HELLO}/contents/src", Accept="application/vnd.github.object").json
    assert (folder["type"], [row["path"] for row in folder["entries"]]) == ("dir", ["src/app.py"])
    assert get(f"{HELLO}/contents/README.md", Accept="application/vnd.github.html").status == 415
    assert get(f"{HELLO}/readme").json["path"] == "README.md"
    assert get(f"{HELLO}/readme/src").status == 404


def test_git_data(world, get):
    scratch = world.scratch["octo/hello"]
    tip, tag = scratch.git("rev-parse", "main"), scratch.git("rev-parse", "v1")
    assert get(f"{HELLO}/git/ref/heads/main").json["object"] == {
        "sha": tip,
        "type": "commit",
        "url": get(f"{HELLO}/git/ref/heads/main").json["object"]["url"],
    }
    assert get(f"{HELLO}/git/ref/heads/mai").status == 404
    assert [row["ref"] for row in get(f"{HELLO}/git/matching-refs/heads/fea").json] == [
        "refs/heads/feature/one"
    ]
    assert len(get(f"{HELLO}/git/matching-refs/").json) == 3
    assert get(f"{HELLO}/git/refs").raw == get(f"{HELLO}/git/matching-refs").raw
    assert get(f"{HELLO}/git/refs/heads/main").raw == get(f"{HELLO}/git/ref/heads/main").raw
    assert get(f"{HELLO}/statuses/{tip}").raw == get(f"{HELLO}/commits/{tip}/statuses").raw
    assert get(f"{HELLO}/git/tags/{tag}").json["object"]["type"] == "commit"
    assert get(f"{HELLO}/git/commits/{tip}").json["message"] == "third"
    assert get(f"{HELLO}/git/commits/{tag}").status == 404
    assert get(f"{HELLO}/git/commits/main").status == 404
    tree = get(f"{HELLO}/git/trees/main").json
    assert {row["path"]: row["mode"] for row in tree["tree"]}["link"] == "120000"
    deep = get(f"{HELLO}/git/trees/main?recursive=0").json
    assert "src/app.py" in [row["path"] for row in deep["tree"]]
    blob = next(row for row in deep["tree"] if row["path"] == "src/app.py")
    assert base64.b64decode(get(f"{HELLO}/git/blobs/{blob['sha']}").json["content"]) == b"one\n2\nthree\n"
    assert (
        get(f"{HELLO}/git/blobs/{blob['sha']}", Accept="application/vnd.github.raw").raw == b"one\n2\nthree\n"
    )
    assert get(f"{HELLO}/git/blobs/{tip}").status == 404


def test_archives_lead_back_here_and_ask_again(world, get):
    tip = world.scratch["octo/hello"].git("rev-parse", "main")
    answer = get(f"{HELLO}/tarball/main")
    number = world.repository("octo/hello").pk
    assert answer.status == 302
    assert answer.headers["location"].endswith(f"/api/v3/repositories/{number}/tarball/{tip}?download=1")
    body = get(answer.headers["location"].partition("/api/v3")[2]).raw
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as tar:
        assert f"octo-hello-{tip[:7]}/src/app.py" in tar.getnames()
    with zipfile.ZipFile(io.BytesIO(get(f"{HELLO}/zipball/v1?download=1").raw)) as archive:
        assert any(name.endswith("/README.md") for name in archive.namelist())
    assert get(f"{HELLO}/tarball/none").status == 404


def test_people(world, get):
    assert get(f"{HELLO}/contributors").json == [
        {"type": "Anonymous", "name": "Test Author", "email": "author@example.invalid", "contributions": 3}
    ]
    person = get(f"{HELLO}/collaborators").json[0]
    assert person["role_name"] == "admin"
    assert get(f"{HELLO}/collaborators/{person['login']}").status == 204
    assert get(f"{HELLO}/collaborators/nobody").status == 404
    assert get(f"{HELLO}/collaborators/{person['login']}/permission").json["permission"] == "admin"
    assert get("/repos/other/open/collaborators").status == 403


def test_pages(world, get):
    first = get(f"{HELLO}/commits?per_page=1")
    assert first.links == {
        "next": "/repos/octo/hello/commits?per_page=1&page=2",
        "last": "/repos/octo/hello/commits?per_page=1&page=3",
    }
    last = get(f"{HELLO}/commits?per_page=1&page=3")
    assert list(last.links) == ["prev", "first"]
    assert get(f"{HELLO}/commits?per_page=1&page=9").json == []
    assert get(f"{HELLO}/commits?per_page=junk").status == 200
    assert get("/user/repos?per_page=1").links["next"] == "/user/repos?per_page=1&page=2"


def test_entity_tags_answer_304_but_only_after_the_verdict(world, get):
    tag = get(HELLO).headers["etag"]
    again = get(HELLO, If_None_Match=tag)
    assert (again.status, again.raw, again.headers["etag"]) == (304, b"", tag)
    stranger = world.token("octo", "secret", contents="read")
    denied = world.ask(stranger, "GET", HELLO, If_None_Match=tag)
    assert denied.status == 404
    twin = world.token("octo", "hello", contents="read")
    assert world.ask(twin, "GET", HELLO, If_None_Match=tag).status == 200
    assert world.ask(stranger, "GET", HELLO, If_None_Match="*").status == 404


def test_versions(world, get):
    assert get(HELLO).headers["x-github-api-version-selected"] == "2022-11-28"
    assert (
        get(HELLO, X_GitHub_Api_Version="2026-03-10").headers["x-github-api-version-selected"] == "2026-03-10"
    )
    assert get(HELLO, X_GitHub_Api_Version="2020-01-01").status == 400
