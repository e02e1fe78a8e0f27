"""The register in a browser: what a person sees of the systems that hold tokens, and does with them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess

PAGES = [
    "/integrations",
    "/integrations?q=nothing-has-this-name",
    "/integrations?writes=1&health=unused",
    "/integrations/1",
    "/integrations/1/edit",
    "/integrations/1/test",
    "/integrations/1/setup",
    "/integrations/1/pause",
    "/integrations/1/remove",
    "/settings/personal-access-tokens/1/rotate",
    "/settings/personal-access-tokens/1/pause",
]


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory):
    server = KeyholeProcess(tmp_path_factory.mktemp("register"))
    server.start()
    server.make_repo("harbour/tide-api")
    server.make_repo("harbour/ledger")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def started(chromium):
    with web.browser(chromium) as running:
        yield running


@pytest.fixture(scope="module")
def page(started, keyhole):
    """Signed in, without JavaScript."""
    opened = started.new_context(java_script_enabled=False).new_page()
    web.set_up(opened, keyhole)
    return opened


@pytest.fixture(scope="module")
def scanner(page, keyhole):
    """The token of an integration called Scanner, generated in the browser, used and refused."""
    page.goto(f"{keyhole.url}/integrations")
    expect(page.get_by_role("heading", name="No system has a token yet")).to_be_visible()
    page.goto(
        f"{keyhole.url}/settings/personal-access-tokens/new?name=Scanner&description=Nightly+scan"
        "&contents=read&issues=write&preset=renovate-self-hosted"
    )
    page.get_by_label("Only select repositories").check()
    page.get_by_label("harbour/tide-api").check()
    page.get_by_label("harbour/ledger").check()
    page.get_by_role("button", name="Generate token").last.click()
    expect(page.get_by_text("It is held by the integration Scanner")).to_be_visible()
    expect(page.get_by_text(f"{keyhole.url}/api/v3").first).to_be_visible()
    token = web.shown_token(page)
    work = keyhole.clone("harbour/tide-api", token)
    keyhole.git("push", f"{keyhole.url}/harbour/tide-api.git", "HEAD:main", token=token, check=False, at=work)
    return token


def test_the_register_says_who_reaches_what_and_how_it_fares(page, keyhole, scanner):
    page.goto(f"{keyhole.url}/integrations")
    row = page.get_by_role("row").filter(has_text="Scanner")
    expect(row).to_contain_text("2 repositories")
    expect(row).to_contain_text("Issues: write")
    expect(row.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(r"^\d requests allowed, 1 denied in 30 days, at most \d on one day$")
    )
    page.get_by_label("Repository").select_option("harbour/ledger")
    page.get_by_label("Can write").check()
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Scanner")).to_be_visible()
    page.get_by_label("Search integrations").fill("no such words")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No integration matches.")).to_be_visible()


def test_one_integration_shows_its_use_and_its_refusals(page, keyhole, scanner):
    page.goto(f"{keyhole.url}/integrations")
    page.get_by_role("link", name="Scanner").click()
    expect(page.get_by_text("Nightly scan")).to_be_visible()
    expect(page.get_by_text("127.0.0.1").first).to_be_visible()
    expect(page.get_by_text("git/").first).to_be_visible()
    page.get_by_role("link", name="Why ex_").first.click()
    expect(page.get_by_text("contents: write").first).to_be_visible()


def test_the_test_says_what_it_can_and_cannot_do(page, keyhole, scanner):
    page.goto(f"{keyhole.url}/integrations/1/test")
    expect(page.get_by_text("Works", exact=True)).to_be_visible()
    ledger = page.locator("ul.answers").first
    expect(ledger.get_by_text("Yes Clone and fetch")).to_be_visible()
    expect(ledger.get_by_text("No Push needs contents: write")).to_be_visible()
    expect(ledger.get_by_text("Yes Open issues")).to_be_visible()


def test_it_is_described_paused_resumed_and_set_up(page, keyhole, scanner):
    page.goto(f"{keyhole.url}/integrations/1/edit")
    page.get_by_label("Name").fill("")
    page.get_by_label("Purpose").fill("Finds what should not be there")
    page.get_by_label("Name").fill("Night watch")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Night watch")
    page.get_by_role("link", name="Texts to set it up").click()
    expect(page.get_by_text(f"git clone {keyhole.url}/harbour/ledger.git")).to_be_visible()
    assert scanner.text not in page.content()
    page.goto(f"{keyhole.url}/integrations/1")
    page.get_by_role("link", name="Pause").click()
    expect(page.get_by_text("Every request with Scanner")).to_be_visible()
    page.get_by_role("button", name="Pause integration").click()
    assert keyhole.http("GET", "/api/v3/user", scanner)[0] == 403
    page.goto(f"{keyhole.url}/integrations/1/test")
    expect(page.get_by_text("It is paused.")).to_be_visible()
    page.goto(f"{keyhole.url}/integrations/1")
    page.get_by_role("button", name="Resume integration").click()
    assert keyhole.http("GET", "/api/v3/user", scanner)[0] == 200


def test_a_narrower_token_is_filled_in_and_joins_the_integration(page, keyhole, scanner):
    keyhole.do("expires", number=1, days=20)  # and so it was generated ninety days ago
    page.goto(f"{keyhole.url}/integrations/1")
    note = page.locator(".note").filter(has_text="may more than it uses")
    expect(note).to_contain_text("Issues: write is granted, and was never used in 30 days")
    expect(note).to_contain_text("harbour/ledger: nothing was asked of it in 30 days")
    note.get_by_role("link", name="Generate a narrower token").click()
    expect(page.get_by_label("harbour/ledger")).not_to_be_checked()
    page.get_by_label("Only select repositories").check()
    page.get_by_role("button", name="Generate token").last.click()
    narrower = web.shown_token(page)
    keyhole.clone("harbour/tide-api", narrower)
    page.goto(f"{keyhole.url}/integrations/1")
    expect(page.get_by_role("table", name="Tokens of Night watch").get_by_role("row")).to_have_count(3)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_in_both_themes_and_fits_a_phone(started, keyhole, scanner, path):
    opened = started.new_page()
    web.sign_in(opened, keyhole)
    opened.set_viewport_size({"width": 390, "height": 844})
    opened.goto(keyhole.url + path)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
    assert web.violations(opened) == []
    opened.set_viewport_size({"width": 1280, "height": 900})
    assert web.violations(opened) == []
    opened.close()


def test_removing_names_what_stops_and_ends_it(page, keyhole, scanner):
    page.goto(f"{keyhole.url}/integrations/1")
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_text("harbour/ledger, harbour/tide-api")).to_be_visible()
    page.get_by_role("button", name="Remove integration").click()
    expect(page.get_by_role("heading", name="No system has a token yet")).to_be_visible()
    assert keyhole.http("GET", "/api/v3/user", scanner)[0] == 401
