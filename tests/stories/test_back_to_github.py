"""What a scan came to is told to GitHub by the server, and shows on its page; a policy is tried, then changed."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from playwright.sync_api import expect

from keyhole.testing.github import gitdata
from tests.stories import browser as web
from tests.stories.test_connect_github_repositories import (
    connected,
    fine_grained,
    github,
    keyhole,
    run,
    until,
)

__all__ = ["github", "keyhole", "run"]

WRITES = {"contents": "read", "statuses": "write", "pull_requests": "write", "security_events": "write"}


def asked(github, token, path):
    request = urllib.request.Request(
        f"{github.api_url}/repos/harbour/tide-api{path}",
        headers={"Authorization": f"Bearer {token.text}", "User-Agent": "story"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        if refused.code != 404:  # what GitHub says of alerts while there is no analysis
            raise
        return []


def test_a_pull_request_learns_of_a_breach_and_of_its_end(github, keyhole, run, tmp_path, chromium):
    token = fine_grained(github, permissions={**WRITES, "issues": "read"})
    connected(github, run, token, "--repository", "harbour/tide-api")
    policy = tmp_path / "policy.toml"
    policy.write_text('name = "No secrets"\n[[gates]]\ngate = "findings"\nkinds = ["secret"]\n')
    run("policy", "new", policy)
    run(
        "environment",
        "new",
        "Review",
        "--policy",
        "No secrets",
        "--tell-github",
        "status",
        "--tell-github",
        "sarif",
    )

    told = run("scan", "harbour/tide-api", "-e", "Review", code=1)
    assert "BREACH of the policy No secrets" in told.stdout
    commit = gitdata.resolve(github.tide.git_dir, "refs/heads/main")
    (status,) = until(lambda: asked(github, token, f"/commits/{commit}/statuses"), "the status")
    assert (status["state"], status["context"]) == ("failure", "keyhole/Review")
    assert status["target_url"].startswith(keyhole.url)
    (alert,) = until(lambda: asked(github, token, "/code-scanning/alerts"), "the alert")
    assert alert["most_recent_instance"]["ref"] == "refs/heads/main"

    with web.browser(chromium) as started:
        page = started.new_page()
        web.set_up(page, keyhole)
        page.goto(f"{keyhole.url}/scans/1")
        expect(page.get_by_role("heading", name="Breach for Review")).to_be_visible()
        expect(page.get_by_role("heading", name="Back to GitHub")).to_be_visible()
        expect(page.get_by_text(f"Failure on {commit[:10]}, as keyhole/Review.")).to_be_visible()
        page.goto(f"{keyhole.url}/settings/scan-policies/1/change")
        page.get_by_label("At most", exact=True).first.fill("1")
        page.get_by_role("button", name="Try", exact=True).click()
        expect(page.get_by_text("1 does not pass now and would.")).to_be_visible()
        page.get_by_role("button", name="Save as version 2").click()
        expect(page.get_by_text("At most 1 secrets")).to_be_visible()

    run("scan", "harbour/tide-api", "-e", "Review")
    states = until(
        lambda: len(found := asked(github, token, f"/commits/{commit}/statuses")) == 2 and found,
        "the second status",
    )
    assert states[0]["state"] == "success"
