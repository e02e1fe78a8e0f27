"""Real clients run against the sandbox with too much, are recorded and planned for: the planned token makes the same
run pass, and every token that is a little smaller makes it fail.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import trustme
from github import Auth, Github, GithubException

from keyhole.core.request import OwnerKind
from keyhole.planner.har import read_har
from keyhole.planner.plan import lowered, plan
from keyhole.planner.request import PlanRequest
from keyhole.testing.github import GitHub as Sandbox
from tests import canaries

TOUR = Path(__file__).with_name("js") / "plan_tour.mjs"
FILES = {"README.md": "# tide\n", "src/a b.txt": "spaces\n", "src/main.py": "print(1)\n"}
TOO_MUCH = {
    "contents": "write", "issues": "write", "pull_requests": "write", "statuses": "write", "actions": "write",
    "repository_hooks": "write", "administration": "write", "workflows": "write", "members": "write",
    "organization_administration": "write", "secrets": "write", "vulnerability_alerts": "write",
    "actions_variables": "write",
}  # fmt: skip


def in_a_new_world(permissions, run, **sandbox):
    """The statuses of each step of a run with such a token, and what the sandbox saw."""
    with Sandbox(**sandbox) as github:
        alice = github.add_user("alice")
        github.add_organization("harbour", owners=[alice])
        github.add_repository("harbour/tide-api", private=True, files=FILES)
        token = github.add_fine_grained_token(
            alice, owner="harbour", repositories=["harbour/tide-api"], permissions=permissions
        )
        canaries.watch("sandbox token", token.text)
        statuses = run(github, token.text)
        return statuses, list(github.requests)


def recorded(requests):
    """The requests as a browser or proxy would have recorded them."""
    entries = [
        {"request": {"method": each.method, "url": f"https://ghe.example{each.path}?{each.query}"}}
        for each in requests
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def check(run, **sandbox):
    """The story, for one client."""
    generous, requests = in_a_new_world(TOO_MUCH, run, **sandbox)
    assert set(generous.values()) <= {200, 201, 202, 204}, generous
    made = plan(PlanRequest(owner_kind=OwnerKind.ORGANIZATION), read_har(recorded(requests)))
    assert made.unmatched == ()
    held = made.permissions
    planned, again = in_a_new_world({name: level.word for name, level in held.items()}, run, **sandbox)
    assert planned == generous
    assert len(again) == len(requests)
    assert len(held) > 3
    for each in made.granted:
        if each.fixed:
            continue
        smaller = {name: level.word for name, level in lowered(held, each.name).items()}
        less, _ = in_a_new_world(smaller, run, **sandbox)
        assert {403, 404} & set(less.values()), f"the run passes without {each.name}: {each.level.word}"
    return held


def with_pygithub(github, token):
    """What a script does."""
    client = Github(base_url=github.api_url, auth=Auth.Token(token), retry=None)
    seen = {}

    def step(name, work):
        try:
            work()
            seen[name] = 200
        except GithubException as problem:
            seen[name] = problem.status

    step("repository", lambda: client.get_repo("harbour/tide-api"))
    if seen["repository"] != 200:
        return seen
    repository = client.get_repo("harbour/tide-api")
    step("tree", lambda: repository.get_git_tree("main", recursive=True))
    step("write", lambda: repository.create_file("new.txt", "add", "new\n"))
    step(
        "branch",
        lambda: repository.create_git_ref("refs/heads/topic", repository.get_branch("main").commit.sha),
    )
    step("change", lambda: repository.create_file("two.txt", "add", "two\n", branch="topic"))
    step("pull", lambda: repository.create_pull(base="main", head="topic", title="Two", body="two"))
    step("issues", lambda: list(repository.get_issues(state="all")))
    step("workflows", lambda: list(repository.get_workflows()))
    step("protection", lambda: list(repository.get_teams()))
    client.close()
    return seen


def test_pygithub():
    held = check(with_pygithub)
    assert held["contents"].word == "write"
    assert held["pull_requests"].word == "write"
    assert "secrets" not in held


def test_octokit(node):
    def run(github, token):
        asked = {"url": github.url, "token": token, "owner": "harbour", "repo": "tide-api"}
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
        return json.loads(done.stdout)

    held = check(run)
    assert {"statuses", "repository_hooks", "members"} <= set(held)


@pytest.fixture
def gh():
    """Path of GitHub's command line; it insists on TLS, so the sandbox speaks it."""
    return shutil.which("gh") or pytest.skip("no gh here (Debian: gh)")


def test_gh(gh, tmp_path):
    # Its own commands (gh issue, gh pr) speak GraphQL, for which GitHub publishes no permissions; `gh api`, `gh run`
    # and the like use REST.
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    body = "content=b246IHB1c2gK"

    def run(github, token):
        host = github.url.partition("://")[2]
        steps = {
            "repository": ["api", "repos/harbour/tide-api"],
            "workflow": [
                "api", "-X", "PUT", "repos/harbour/tide-api/contents/.github/workflows/ci.yml",
                "-f", "message=ci", "-f", body,
            ],
            "issue": ["api", "repos/harbour/tide-api/issues", "-f", "title=x"],
            "runs": ["api", "repos/harbour/tide-api/actions/runs"],
            "variable": ["api", "repos/harbour/tide-api/actions/variables", "-f", "name=X", "-f", "value=1"],
            "secrets": ["secret", "list", "-R", f"{host}/harbour/tide-api"],
        }  # fmt: skip
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "GH_HOST": host, "GH_ENTERPRISE_TOKEN": token,
            "SSL_CERT_FILE": str(tmp_path / "ca.pem"), "GH_PROMPT_DISABLED": "1",
        }  # fmt: skip
        seen = {}
        for name, arguments in steps.items():
            done = subprocess.run(
                [gh, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            found = [code for code in (403, 404) if f"HTTP {code}" in done.stderr]
            seen[name] = 200 if done.returncode == 0 else found[0] if found else done.stderr
        return seen

    held = check(run, certificate=certificate, key=certificate)
    assert held["workflows"].word == "write"
