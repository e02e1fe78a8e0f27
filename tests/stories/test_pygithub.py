"""PyGithub, unchanged, against Keyhole: the tour of a small tool, then what it is told when it asks for too much."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime, timedelta

import pytest
import requests
from github import Auth, Github, GithubException, InputGitTreeElement, UnknownObjectException

from tests import canaries


@pytest.fixture(scope="module")
def keyhole(keyhole_server):
    keyhole_server.make_repo(
        "tour/app",
        {"README.md": "# app\n", "src/main.py": "print(1)\n", ".github/workflows/ci.yml": "on: push\n"},
    )
    keyhole_server.make_repo("tour/secret", {"README.md": "nobody sees this\n"})
    return keyhole_server


def client(keyhole, token) -> Github:
    return Github(base_url=f"{keyhole.url}/api/v3", auth=Auth.Token(token.text), retry=None, per_page=2)


@pytest.fixture
def repository(keyhole):
    token = keyhole.token("tour/app", contents="write", statuses="write")
    return client(keyhole, token).get_repo("tour/app")


def test_who_and_what(keyhole):
    github = client(keyhole, keyhole.token("tour/app", contents="read"))
    user = github.get_user()
    assert user.login == "admin"
    assert user.email is None  # that would be a permission of its own
    assert [repository.full_name for repository in user.get_repos()] == ["tour/app"]
    assert [repository.full_name for repository in github.get_organization("tour").get_repos()] == [
        "tour/app"
    ]
    repository = github.get_repo("tour/app")
    assert (repository.private, repository.default_branch, repository.permissions.push) == (
        True,
        "main",
        False,
    )
    assert repository.get_languages()["Python"] == 9
    assert github.get_repo(repository.id).full_name == "tour/app"
    assert [person.login for person in repository.get_collaborators()] == ["admin"]
    assert repository.clone_url == f"{keyhole.url}/tour/app.git"


def test_files_from_the_first_to_the_last_commit(repository):
    made = repository.create_file("docs/new.md", "add a page", "one\n")
    assert made["content"].path == "docs/new.md"
    page = repository.get_contents("docs/new.md")
    assert page.decoded_content == b"one\n"
    changed = repository.update_file(page.path, "change it", "two\n", page.sha)
    assert changed["commit"].parents[0].sha == made["commit"].sha
    assert repository.get_contents("docs/new.md", ref=made["commit"].sha).decoded_content == b"one\n"
    with pytest.raises(GithubException) as stale:
        repository.update_file(page.path, "too late", "three\n", page.sha)
    assert stale.value.status == 409
    repository.delete_file(page.path, "away", changed["content"].sha)
    with pytest.raises(UnknownObjectException):
        repository.get_contents("docs/new.md")
    assert {entry.name: entry.type for entry in repository.get_contents("")} == {
        ".github": "dir",
        "README.md": "file",
        "src": "dir",
    }
    assert repository.get_readme().decoded_content == b"# app\n"
    assert repository.get_contents("src")[0].decoded_content == b"print(1)\n"


def test_history_pages_and_comparison(repository):
    for number in range(3):
        repository.create_file(f"pages/{number}.txt", f"page {number}", str(number))
    commits = repository.get_commits(path="pages")
    assert [commit.commit.message for commit in commits] == ["page 2", "page 1", "page 0"]
    assert repository.get_commits(path="pages").totalCount == 3
    newest = repository.get_commit(commits[0].sha)
    assert [(file.filename, file.status, file.additions) for file in newest.files] == [
        ("pages/2.txt", "added", 1)
    ]
    assert newest.files[0].patch.startswith("@@ -0,0 +1 @@\n+2")
    assert repository.get_commits(since=datetime.now(UTC) + timedelta(days=1)).totalCount == 0
    comparison = repository.compare(commits[2].sha, commits[0].sha)
    assert (comparison.status, comparison.ahead_by, comparison.total_commits) == ("ahead", 2, 2)
    assert [file.filename for file in comparison.files] == ["pages/1.txt", "pages/2.txt"]
    assert repository.get_branch("main").commit.sha == commits[0].sha


def test_a_branch_made_of_git_objects_and_taken_away(repository):
    main = repository.get_git_ref("heads/main")
    parent = repository.get_git_commit(main.object.sha)
    blob = repository.create_git_blob("print(2)\n", "utf-8")
    tree = repository.create_git_tree(
        [InputGitTreeElement("src/two.py", "100644", "blob", sha=blob.sha)], parent.tree
    )
    commit = repository.create_git_commit("two", tree, [parent])
    ref = repository.create_git_ref("refs/heads/topic/two", commit.sha)
    assert ref.object.sha == commit.sha
    assert "topic/two" in [branch.name for branch in repository.get_branches()]
    assert "refs/heads/main" in [found.ref for found in repository.get_git_refs()]
    assert [found.ref for found in repository.get_git_matching_refs("heads/topic")] == [
        "refs/heads/topic/two"
    ]
    assert "src/two.py" in [entry.path for entry in repository.get_git_tree("topic/two", recursive=True).tree]
    assert repository.get_git_blob(blob.sha).content.strip() == "cHJpbnQoMikK"
    ref.edit(parent.sha, force=True)
    assert repository.get_branch("topic/two").commit.sha == parent.sha
    ref.delete()
    assert "topic/two" not in [branch.name for branch in repository.get_branches()]
    tag = repository.create_git_tag("v1", "version one", commit.sha, "commit")
    repository.create_git_ref("refs/tags/v1", tag.sha)
    assert [(tag.name, tag.commit.sha) for tag in repository.get_tags()] == [("v1", commit.sha)]


def test_statuses(repository):
    commit = repository.get_commit("main")
    commit.create_status("pending", "https://ci.example.invalid/1", "running", "ci/tests")
    commit.create_status("success", "https://ci.example.invalid/1", "passed", "ci/tests")
    assert [status.state for status in commit.get_statuses()] == ["success", "pending"]
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("success", 1)


def test_an_archive_is_only_had_with_the_token(keyhole, repository):
    address = repository.get_archive_link("tarball", "main")
    assert address.startswith(keyhole.url)
    assert requests.get(address, timeout=30).status_code == 401
    token = keyhole.token("tour/app", contents="read")
    answer = requests.get(
        f"{keyhole.url}/api/v3/repos/tour/app/tarball/main",
        timeout=30,
        headers={"Authorization": f"Bearer {token.text}"},
    )
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        assert any(name.endswith("/src/main.py") for name in tar.getnames())


def test_what_is_hidden_is_an_unknown_object(keyhole):
    github = client(keyhole, keyhole.token("tour/app", contents="write"))
    for name in ("tour/secret", "tour/nothing", "nobody/nothing"):
        with pytest.raises(UnknownObjectException) as unknown:
            github.get_repo(name)
        assert unknown.value.data["message"] == "Not Found"
        assert unknown.value.headers["x-keyhole-explain"] == unknown.value.data["explain"]


def test_what_is_not_permitted_is_a_403_that_says_what_would_do(keyhole):
    repository = client(keyhole, keyhole.token("tour/app", contents="read")).get_repo("tour/app")
    with pytest.raises(GithubException) as denied:
        repository.create_file("x", "m", "x")
    assert denied.value.status == 403
    assert denied.value.data["message"] == "Resource not accessible by personal access token"
    assert (
        denied.value.headers["x-accepted-github-permissions"]
        == "contents=write; contents=write,workflows=write"
    )
    assert "contents" in keyhole.do("explain", number=denied.value.data["explain"])
    with pytest.raises(GithubException) as denied:
        repository.get_commit("main").create_status("success")
    assert denied.value.status == 403


def test_p16_a_workflow_is_not_changed_without_its_permission(keyhole, repository):
    path = ".github/workflows/ci.yml"
    with pytest.raises(GithubException) as denied:
        repository.update_file(path, "m", "on: [push]\n", repository.get_contents(path).sha)
    assert denied.value.status == 403
    both = client(keyhole, keyhole.token("tour/app", contents="write", workflows="write")).get_repo(
        "tour/app"
    )
    both.update_file(path, "m", "on: [push]\n", both.get_contents(path).sha)
    assert both.get_contents(path).decoded_content == b"on: [push]\n"


def test_what_keyhole_does_not_do_is_said_only_to_who_may_ask(keyhole):
    allowed = client(keyhole, keyhole.token("tour/app", issues="write")).get_repo("tour/app")
    with pytest.raises(GithubException) as missing:
        allowed.create_issue("title")
    assert missing.value.status == 501
    denied = client(keyhole, keyhole.token("tour/app", contents="write")).get_repo("tour/app")
    with pytest.raises(GithubException) as refused:
        denied.create_issue("title")
    assert refused.value.status == 403


def test_a_bad_token_is_bad_credentials(keyhole):
    text = canaries.plant("bad token")
    github = Github(base_url=f"{keyhole.url}/api/v3", auth=Auth.Token(text), retry=None)
    with pytest.raises(GithubException) as bad:
        _ = github.get_user().login
    assert (bad.value.status, bad.value.data["message"]) == (401, "Bad credentials")


def test_a_revoked_token_ends_at_once(keyhole):
    token = keyhole.token("tour/app", contents="read")
    github = client(keyhole, token)
    assert github.get_repo("tour/app").full_name == "tour/app"
    keyhole.do("revoke", number=token.id)
    with pytest.raises(GithubException) as ended:
        github.get_repo("tour/app")
    assert ended.value.status == 401
