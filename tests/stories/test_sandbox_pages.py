"""The sandbox's own pages: the whole way that a guide describes, without a GitHub account, by keyboard and reader."""

from __future__ import annotations

import json
import urllib.request
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from keyhole.testing.github import GitHub
from keyhole.testing.github.demo import fill
from tests import canaries
from tests.stories import browser as web

NEW = "/settings/personal-access-tokens/new"


@pytest.fixture(scope="module")
def github():
    with GitHub() as found:
        fill(found)
        yield found


@pytest.fixture(scope="module")
def running(chromium):
    with web.browser(chromium) as started:
        yield started


@pytest.fixture
def page(running, github):
    with running.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=True) as context:
        yield context.new_page()


def link(github, **parameters):
    return f"{github.url}{NEW}?{urlencode(parameters)}"


def sign_in(page, login):
    page.get_by_role("button", name=f"Sign in as {login}").click()


def new_token(page):
    return canaries.watch("sandbox page token", page.get_by_label("Your new token").input_value())


def ask(github, token, path):
    request = urllib.request.Request(f"{github.api_url}{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def test_a_prefilled_link_becomes_a_token_that_is_shown_once(page, github):
    page.goto(link(github, name="Tide scan", description="Nightly", target_name="harbour", expires_in=45,
                   contents="read", pull_requests="write", emails="read", nonsense="write"))  # fmt: skip
    sign_in(page, "alice")
    assert web.violations(page) == []
    expect(page.get_by_label("Token name")).to_have_value("Tide scan")
    expect(page.get_by_label("Resource owner")).to_have_value("harbour")
    expect(page.get_by_label("Expiration")).to_have_value("custom")
    expect(page.get_by_label("Contents", exact=True)).to_have_value("read")
    expect(page.get_by_label("Pull requests", exact=True)).to_have_value("write")
    expect(page.get_by_label("Issues", exact=True)).to_have_value("")

    page.get_by_role("button", name="Generate token").click()
    expect(page.get_by_role("alert")).to_contain_text("Select at least one repository")
    page.get_by_label("harbour/tide-api").check()
    page.get_by_role("button", name="Generate token").click()
    expect(page.get_by_text("you will not be able to see this again")).to_be_visible()
    token = new_token(page)
    assert web.violations(page) == []
    page.reload()
    expect(page.get_by_label("Your new token")).to_have_count(0)

    assert ask(github, token, "/repos/harbour/tide-api/commits")[0] == 200
    assert ask(github, token, "/repos/harbour/payroll")[0] == 404
    status, refused = ask(github, token, "/repos/harbour/tide-api/actions/runs")
    assert (status, refused["message"]) == (403, "Resource not accessible by personal access token")


def test_a_members_token_waits_until_an_owner_approves_it(page, github):
    page.goto(link(github, name="Bobs bot", target_name="harbour", contents="read"))
    sign_in(page, "bob")
    page.get_by_label("All repositories").check()
    page.get_by_label("Message to the owners of the organization").fill("For the tide bot.")
    page.get_by_role("button", name="Generate token").click()
    token = new_token(page)
    assert ask(github, token, "/repos/harbour/tide-api")[0] == 404
    assert ask(github, token, "/repos/harbour/site")[0] == 200
    requests = "/organizations/harbour/settings/personal-access-token-requests"
    page.goto(f"{github.url}{requests}")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{github.url}{requests}")
    sign_in(page, "alice")
    expect(page.get_by_text("For the tide bot.")).to_be_visible()
    assert web.violations(page) == []
    page.get_by_role("button", name="Approve Bobs bot").click()
    expect(page.get_by_role("status")).to_have_text("Bobs bot was approved.")
    assert ask(github, token, "/repos/harbour/tide-api")[0] == 200

    page.goto(f"{github.url}/organizations/harbour/settings/personal-access-tokens")
    assert web.violations(page) == []
    page.get_by_role("button", name="Revoke Bobs bot").click()
    assert ask(github, token, "/repos/harbour/tide-api")[0] == 404


def test_a_token_is_regenerated_and_deleted(page, github):
    page.goto(link(github, name="Notes", issues="write"))
    sign_in(page, "alice")
    page.get_by_label("All repositories").check()
    page.get_by_role("button", name="Generate token").click()
    first = new_token(page)
    page.get_by_role("link", name="Notes").click()
    assert web.violations(page) == []
    page.get_by_role("button", name="Regenerate token").click()
    second = new_token(page)
    assert ask(github, first, "/user")[0] == 401
    assert ask(github, second, "/repos/alice/notes/issues") == (200, [])
    page.get_by_role("link", name="Notes").click()
    page.get_by_role("button", name="Delete token").click()
    expect(page.get_by_role("status")).to_have_text("Notes was deleted.")
    assert ask(github, second, "/user")[0] == 401


@pytest.mark.parametrize("path", ["/", "/login", "/alice", "/harbour/tide-api", "/nothing/here", "/settings"])
def test_every_page_is_readable_on_a_phone_and_says_what_it_is(page, github, path):
    page.goto(f"{github.url}/login")
    sign_in(page, "alice")
    page.goto(github.url + path)
    assert web.violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert "not GitHub" in page.title()
    expect(page.get_by_text("Sandbox, not GitHub: a server for tests")).to_be_visible()


def test_a_form_from_elsewhere_is_refused(page, github):
    page.goto(f"{github.url}/login")
    sign_in(page, "alice")
    answer = page.request.post(f"{github.url}/settings/personal-access-tokens", form={"name": "forged"})
    assert answer.status == 422
    assert not [each for each in github.world.tokens.values() if each.name == "forged"]


def test_signing_in_leads_nowhere_else(page, github):
    page.goto(f"{github.url}/login?return_to=//elsewhere.example/")
    sign_in(page, "alice")
    assert page.url == f"{github.url}/"
