"""PyGithub, octokit and git, unchanged, against the sandbox: what is permitted works, the rest is refused."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import trustme
from github import Auth, Github, GithubException, GithubIntegration, UnknownObjectException

from keyhole.testing.github import GitHub
from tests import canaries

TOUR = Path(__file__).with_name("js") / "tour.mjs"


@pytest.fixture(scope="module")
def github():
    with GitHub() as found:
        alice = found.add_user("alice", email="alice@example.invalid")
        found.add_organization("octotour", owners=[alice])
        files = {"README.md": "# app\n", "src/a b.txt": "spaces\n", ".github/workflows/ci.yml": "on: push\n"}
        found.add_repository("octotour/app", files=files)
        found.add_repository("octotour/other")
        found.add_repository("octotour/secret")
        yield found


def make_token(github, *names, **permissions):
    alice = github.world.user("alice")
    repositories = [f"octotour/{name}" for name in names]
    made = github.add_fine_grained_token(
        alice, owner="octotour", repositories=repositories, permissions=permissions
    )
    canaries.watch("sandbox client", made.text)
    return made


def pygithub(github, token):
    return Github(base_url=github.api_url, auth=Auth.Token(token.text), retry=None, per_page=2)


def test_pygithub_works_as_far_as_its_token_goes(github):
    token = make_token(
        github,
        "app",
        contents="write",
        issues="write",
        pull_requests="write",
        statuses="write",
        actions="read",
    )
    client = pygithub(github, token)
    assert client.get_user().login == "alice"
    repository = client.get_repo("octotour/app")
    assert client.get_repo(repository.id).full_name == "octotour/app"
    issue = repository.create_issue("Leak", "It drips.", labels=["wet"])
    issue.create_comment("Confirmed.")
    assert [each.body for each in issue.get_comments()] == ["Confirmed."]
    issue.edit(state="closed")
    assert [each.title for each in repository.get_issues(state="closed")] == ["Leak"]
    main = repository.get_branch("main")
    repository.create_git_ref("refs/heads/fix", main.commit.sha)
    made = repository.create_file("fix.txt", "fix it", "dry\n", branch="fix")
    pull = repository.create_pull(base="main", head="fix", title="Fix the leak", body="Dry.")
    assert [each.filename for each in pull.get_files()] == ["fix.txt"]
    assert [each.sha for each in pull.get_commits()] == [made["commit"].sha]
    pull.create_issue_comment("Looks good.")
    commit = repository.get_commit(made["commit"].sha)
    commit.create_status("success", context="keyhole/scan")
    assert commit.get_combined_status().state == "success"
    assert pull.merge().merged
    assert repository.get_contents("fix.txt").decoded_content == b"dry\n"
    assert [each.name for each in repository.get_workflows()] == ["ci.yml"]
    with pytest.raises(GithubException) as refused:
        list(repository.get_hooks())
    assert refused.value.data["message"] == "Resource not accessible by personal access token"
    with pytest.raises(UnknownObjectException):
        client.get_repo("octotour/secret")
    with pytest.raises(GithubException):
        repository.create_file(".github/workflows/new.yml", "m", "on: push\n")


def test_pygithub_as_an_app(github):
    app = github.add_app(
        "tide-bot",
        owner=github.world.account("octotour"),
        permissions={"issues": "write", "contents": "read"},
    )
    github.add_installation(app, github.world.account("octotour"), repositories=["octotour/app"])
    integration = GithubIntegration(auth=Auth.AppAuth(app.id, app.private_key), base_url=github.api_url)
    (where,) = integration.get_installations()
    made = integration.get_access_token(where.id, permissions={"issues": "read"})
    canaries.watch("installation token", made.token)
    client = Github(base_url=github.api_url, auth=Auth.Token(made.token), retry=None)
    repository = client.get_repo("octotour/app")
    assert list(repository.get_issues()) == []
    with pytest.raises(GithubException) as refused:
        repository.create_issue("not with this token")
    assert refused.value.data["message"] == "Resource not accessible by integration"
    with pytest.raises(UnknownObjectException):
        client.get_repo("octotour/other")


def test_octokit_works_as_far_as_its_token_goes(github, node):
    token = make_token(github, "app", "other", contents="write", statuses="write", issues="write")
    asked = {"url": github.url, "token": token.text, "owner": "octotour", "repo": "app", "hidden": "secret"}
    done = subprocess.run(
        [node, str(TOUR)],
        input=json.dumps(asked),
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=TOUR.parent,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["login"], seen["repository"], seen["byId"]) == ("alice", "octotour/app", "octotour/app")
    assert seen["repositories"] == ["octotour/app", "octotour/other"]
    assert (seen["raw"], seen["created"], seen["compared"]) == ("spaces\n", "deep/new.txt", "identical")
    assert (seen["branch"], seen["branchWithSlash"], seen["removed"]) == (
        "refs/heads/topic/one",
        "topic/one",
        204,
    )
    assert (seen["status"], seen["archive"]) == ("success", {"status": 200, "gzip": "1f8b"})
    assert [seen[name]["status"] for name in ("etag", "hidden", "hiddenFile", "workflow", "pulls")] == [
        304,
        404,
        404,
        403,
        403,
    ]


@pytest.fixture
def git(tmp_path):
    def run(*args, token=None, at=tmp_path, check=True):
        helper = []
        if token is not None:
            (tmp_path / "planted").mkdir(exist_ok=True)
            script = tmp_path / "planted" / f"{token.id}.sh"
            script.write_text(f"#!/bin/sh\necho username=x\necho password={token.text}\n")
            script.chmod(0o700)
            helper = ["-c", "credential.helper=", "-c", f"credential.helper={script}"]
        done = subprocess.run(
            ["git", *helper, *args],
            cwd=at,
            env=dict(os.environ),
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run


def test_git_clones_pushes_and_is_refused_in_githubs_words(github, git, tmp_path):
    place = f"{github.url}/octotour/other.git"
    writer, reader = (
        make_token(github, "other", contents="write"),
        make_token(github, "other", contents="read"),
    )
    git("clone", "-q", place, "work", token=writer)
    work = tmp_path / "work"
    (work / "new.txt").write_text("new\n")
    git("add", "-A", at=work)
    git("commit", "-qm", "new", at=work)
    before = github.changes
    denied = git("push", place, "HEAD:main", token=reader, at=work, check=False)
    assert "Permission to octotour/other.git denied to alice." in denied.stderr
    assert "error: 403" in denied.stderr
    assert github.changes == before
    git("push", place, "HEAD:main", token=writer, at=work)
    assert github.changes == before + 1
    (work / ".github/workflows").mkdir(parents=True)
    (work / ".github/workflows/x.yml").write_text("on: push\n")
    git("add", "-A", at=work)
    git("commit", "-qm", "workflow", at=work)
    refused = git("push", place, "HEAD:main", "HEAD~1:refs/heads/fine", token=writer, at=work, check=False)
    assert "refusing to allow a Personal Access Token to create or update workflow" in refused.stderr
    assert "[new branch]" in refused.stderr, "each ref is judged for itself"
    git(
        "push",
        place,
        "HEAD:main",
        token=make_token(github, "other", contents="write", workflows="write"),
        at=work,
    )
    hidden = git("clone", f"{github.url}/octotour/secret.git", "no", token=reader, check=False)
    assert "Repository not found." in hidden.stderr


def test_it_speaks_tls_with_a_certificate_of_ours(tmp_path):
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with GitHub(certificate=certificate, key=key) as github:
        assert github.url.startswith("https://")
        github.add_user("alice")
        made = github.add_fine_grained_token(github.world.user("alice"))
        canaries.watch("tls", made.text)
        client = Github(
            base_url=github.api_url, auth=Auth.Token(made.text), retry=None, verify=str(tmp_path / "ca.pem")
        )
        assert client.get_user().login == "alice"
