"""Planning a token in the browser, from the first tick to a token that works."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from keyhole.testing.github import GitHub
from tests import canaries
from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess

CLONE_ONLY = "For 30 days, it can read code in harbour/tide-api. Nothing else."


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory):
    server = KeyholeProcess(tmp_path_factory.mktemp("plan"), KEYHOLE_ALLOW_PRIVATE_ADDRESSES="yes")
    server.start()
    server.make_repo("harbour/tide-api")
    server.make_repo("harbour/ledger")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def page(keyhole, chromium):
    with web.browser(chromium) as started:
        opened = started.new_context(accept_downloads=False).new_page()
        web.set_up(opened, keyhole)
        expect(opened.get_by_role("heading", name="Overview")).to_be_visible()
        yield opened


def test_the_plan_follows_every_tick_and_its_address_can_be_kept(page, keyhole):
    page.goto(f"{keyhole.url}/integrations")
    page.get_by_role("link", name="Plan one first").click()
    expect(page.get_by_role("heading", name="Nothing chosen yet")).to_be_visible()
    page.get_by_label("Search tools and features").fill("semgrep autofix")
    expect(page.locator(".tool:visible")).to_have_count(0)
    page.get_by_label("Search tools and features").fill("comments on pull requests")
    expect(page.get_by_label("Semgrep (token)", exact=True)).to_be_visible()
    expect(page.get_by_label("Renovate, self-hosted (token)")).to_be_hidden()
    page.get_by_label("Semgrep (token)", exact=True).check()
    page.get_by_label("Repositories (optional)").fill("harbour/tide-api")
    says = page.locator("#answer .says")
    expect(says).to_have_text(
        "For 30 days, it can read code and open and review pull requests in harbour/tide-api. Nothing else."
    )
    expect(page).to_have_url(re.compile(r"/plan\?preset=semgrep&repository=harbour/tide-api$"))
    page.get_by_label("Expiration").select_option("7")
    expect(says).to_contain_text("For 7 days")
    page.reload()
    expect(says).to_contain_text("For 7 days")
    expect(page.get_by_label("Semgrep (token)", exact=True)).to_be_checked()


def test_every_step_can_be_copied_and_the_link_opens_the_form(page, keyhole):
    page.goto(f"{keyhole.url}/plan?preset=semgrep&owner=harbour&repository=harbour/tide-api")
    expect(page.locator("ol.steps > li")).to_have_count(13)
    expect(page.locator("ol.steps > li").last).to_contain_text("displayed only once")
    copied = []
    page.expose_function("noted", lambda text: copied.append(text))  # noqa: PLW0108  # Playwright marks what it is given
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { noted(text); }; }")
    for button in page.locator("ol.steps").get_by_role("button").all():
        button.click()
    expect(page.locator("#announce")).to_have_text("Copied")
    assert copied[:5] == ["Semgrep token", "harbour", "30 days", "Only select repositories", "tide-api"]
    assert "Pull requests: Read and write" in copied
    link = page.get_by_role("link", name="Open the form, filled in")
    assert link.get_attribute("href").startswith(
        "https://github.com/settings/personal-access-tokens/new?name=Semgrep"
    )
    assert "noopener" in link.get_attribute("rel")


def test_the_form_works_with_the_keyboard_alone(page, keyhole):
    page.goto(f"{keyhole.url}/plan")
    page.get_by_label("Search tools and features").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Code scan", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#answer .says")).to_contain_text("read code in the repositories that you select")


def test_a_recording_and_the_use_of_a_token_are_read(page, keyhole, tmp_path):
    used = keyhole.token("harbour/tide-api", contents="write", issues="write")
    keyhole.clone("harbour/tide-api", used)
    recording = tmp_path / "session.har"
    entries = [
        {"request": {"method": "GET", "url": "https://api.github.com/repos/harbour/tide-api/issues?x=1"}}
    ]
    recording.write_text(json.dumps({"log": {"entries": entries}}))
    page.goto(f"{keyhole.url}/plan?repository=harbour/tide-api")
    page.get_by_text("From a recording, a log, or a token of this Keyhole").click()
    page.get_by_label("HAR file or access log").set_input_files(recording)
    page.get_by_role("button", name="Add to the endpoints").click()
    expect(page.get_by_label("Endpoints")).to_have_value("GET /repos/{owner}/{repo}/issues")
    page.get_by_label("Endpoints").fill("")
    page.get_by_text("From a recording, a log, or a token of this Keyhole").click()
    page.get_by_label("Or what this token was used for").select_option(index=1)
    page.get_by_role("button", name="Add to the endpoints").click()
    expect(page.get_by_label("Endpoints")).to_have_value("git clone")
    expect(page.locator("#answer .says")).to_have_text(CLONE_ONLY)


def test_what_cannot_be_planned_for_is_listed(page, keyhole):
    page.goto(f"{keyhole.url}/plan")
    page.get_by_label("Endpoints").fill("POST /repos/harbour/tide-api/check-runs\nGET /nothing\ngit clone")
    missing = page.locator("section", has=page.get_by_role("heading", name="Not planned for"))
    expect(missing.get_by_role("listitem")).to_have_count(2)
    expect(missing).to_contain_text("only a GitHub App can use them")


def test_the_plan_becomes_a_keyhole_token_that_works(page, keyhole):
    page.goto(f"{keyhole.url}/plan?feature=scan&repository=harbour/tide-api")
    page.get_by_role("link", name="Make this a Keyhole token instead").click()
    expect(page.get_by_label("Token name")).to_have_value("Keyhole token")
    expect(page.get_by_label("harbour/tide-api")).to_be_checked()
    expect(page.get_by_label("harbour/ledger")).not_to_be_checked()
    expect(page.locator("#summary .says")).to_have_text(CLONE_ONLY)
    page.get_by_role("button", name="Generate token").last.click()
    expect(page.get_by_role("heading", name="Token generated")).to_be_visible()
    token = web.shown_token(page)
    keyhole.clone("harbour/tide-api", token)
    status, _, _ = keyhole.http("GET", "/api/v3/repos/harbour/ledger", token)
    assert status == 404


def test_the_link_becomes_exactly_the_planned_token_on_a_github(page, keyhole):
    with GitHub() as github:
        alice = github.add_user("alice")
        github.add_organization("harbour", owners=[alice])
        github.add_repository("harbour/tide-api", private=True)
        page.goto(f"{keyhole.url}/plan?preset=atlantis&endpoint=GET /orgs/{{org}}/teams&owner=harbour&days=7")
        page.get_by_label("GitHub (optional)").fill(github.url)
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name="Open the form, filled in")
        expect(link).to_have_attribute(
            "href", re.compile(f"^{github.url}/settings/personal-access-tokens/new")
        )
        page.goto(link.get_attribute("href"))
        page.get_by_role("button", name="Sign in as alice").click()
        expect(page.get_by_label("Token name")).to_have_value("Atlantis token")
        page.get_by_label("harbour/tide-api").check()
        page.get_by_role("button", name="Generate token").click()
        text = canaries.watch("sandbox page token", page.get_by_label("Your new token").input_value())
        made = github.world.tokens[text]
        assert {name: level.word for name, level in made.permissions.items()} == {
            "contents": "read", "metadata": "read", "statuses": "write", "pull_requests": "write", "members": "read",
        }  # fmt: skip
        assert (made.owner.login, made.name) == ("harbour", "Atlantis token")
        assert round((made.expires_at - made.created_at).total_seconds() / 86_400) == 7
        assert made.description.startswith("For Atlantis (token).")
