"""Add token in a real browser: from the plan to a sealed credential, by hand and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from keyhole.testing.github import GitHub
from tests import canaries
from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess

PATIENCE = 60_000
PLAN = "feature=scan&owner=harbour&owner_kind=organization&repository=harbour/tide-api"


@pytest.fixture(scope="module")
def github(tmp_path_factory):
    with GitHub(folder=tmp_path_factory.mktemp("sandbox")) as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.add_repository("harbour/tide-api")
        yield sandbox


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory):
    server = KeyholeProcess(tmp_path_factory.mktemp("keyhole"), KEYHOLE_ALLOW_PRIVATE_ADDRESSES="yes")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chrome(chromium):
    with web.browser(chromium) as started:
        yield started


@pytest.fixture(scope="module")
def signed_in(chrome, keyhole):
    """The cookies of the person who set this Keyhole up."""
    context = chrome.new_context()
    page = context.new_page()
    web.set_up(page, keyhole)
    expect(page.get_by_role("navigation").first).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


def token(github, **permissions):
    made = github.add_fine_grained_token(
        github.alice, owner="harbour", repositories=["harbour/tide-api"], permissions=permissions
    )
    return canaries.watch("a token pasted into a browser", made.text)


def opened(chrome, keyhole, state, **more):
    page = chrome.new_context(storage_state=state, **more).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{keyhole.url}/connect/github?{PLAN}")
    return page


def test_checked_and_stored_with_the_token_only_in_its_field(chrome, keyhole, github, signed_in):
    text = token(github, contents="read")
    page = opened(chrome, keyhole, signed_in)
    problems = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.get_by_label("Token", exact=True).fill(text)
    page.get_by_label("GitHub (optional)").fill(github.url)
    page.get_by_role("button", name="Check token").press("Enter")
    expect(page.locator("[data-sentence]")).to_contain_text("it has what the plan needs.", timeout=PATIENCE)
    assert github.changes == 0
    assert text not in page.content()
    assert "github_pat" not in page.url
    assert page.get_by_label("Token", exact=True).input_value() == text, (
        "it stays in the field, and there only"
    )
    assert web.violations(page) == []
    page.get_by_label("Name (optional)").fill("Harbour scans")
    page.get_by_role("button", name="Store this token").click()
    expect(page.get_by_role("heading", name="Harbour scans")).to_be_visible(timeout=PATIENCE)
    assert problems == []
    page.go_back()
    assert page.get_by_label("Token", exact=True).input_value() == ""


def test_a_wrong_token_is_told_beside_its_field(chrome, keyhole, github, signed_in):
    page = opened(chrome, keyhole, signed_in)
    page.get_by_label("Token", exact=True).fill("ghp_" + "A" * 36)
    page.get_by_role("button", name="Check token").click()
    expect(page.locator("#token-error")).to_contain_text("checksum is wrong", timeout=PATIENCE)
    assert web.violations(page) == []


def test_without_javascript_it_is_pasted_a_second_time(chrome, keyhole, github, signed_in):
    text = token(github, contents="read", issues="write")
    page = opened(chrome, keyhole, signed_in, java_script_enabled=False)
    page.get_by_label("Token", exact=True).fill(text)
    page.get_by_label("GitHub (optional)").fill(github.url)
    page.get_by_role("button", name="Check token").click()
    expect(page.locator("[data-sentence]")).to_contain_text(
        "1 permission more than planned", timeout=PATIENCE
    )
    assert page.get_by_label("Token", exact=True).input_value() == ""
    expect(page.get_by_text("paste the token once more above")).to_be_visible()
    page.get_by_label("Token", exact=True).fill(text)
    page.get_by_role("button", name="Store this token").click()
    expect(page.get_by_text("its token sealed")).to_be_visible(timeout=PATIENCE)


def test_on_a_phone_nothing_runs_over_the_edge(chrome, keyhole, github, signed_in):
    page = opened(chrome, keyhole, signed_in, viewport={"width": 390, "height": 800})
    page.get_by_label("Token", exact=True).fill(
        token(github, contents="read", issues="write", secrets="read")
    )
    page.get_by_label("GitHub (optional)").fill(github.url)
    page.get_by_role("button", name="Check token").click()
    expect(page.locator("[data-sentence]")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="Print the report with all evidence").click()
    expect(page.get_by_role("heading", name="Every verdict and its evidence")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert web.violations(page) == []
