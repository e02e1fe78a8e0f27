"""A tool is changed over to a new token while it works, without JavaScript; another one is paused and goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.stories import browser as web
from tests.stories.keyhole_process import Issued, KeyholeProcess


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory):
    server = KeyholeProcess(tmp_path_factory.mktemp("rotation"))
    server.start()
    server.make_repo("harbour/tide-api")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def page(chromium, keyhole):
    with web.browser(chromium) as started:
        opened = started.new_context(java_script_enabled=False).new_page()
        web.set_up(opened, keyhole)
        yield opened


def address(keyhole, token, what=""):
    return f"{keyhole.url}/settings/personal-access-tokens/{token.id}{what}"


def rotated(page, keyhole, token, overlap="168"):
    page.goto(address(keyhole, token))
    page.get_by_role("link", name="Rotate").click()
    page.get_by_label("If the new token is not used").select_option(overlap)
    page.get_by_role("button", name="Rotate token").click()
    expect(page.get_by_role("heading", name="Token rotated")).to_be_visible()
    return Issued(token.id, web.shown_token(page).text)


def status(keyhole, token):
    return keyhole.http("GET", "/api/v3/repos/harbour/tide-api/branches", token)[0]


def test_a_tool_is_changed_over_without_an_outage(page, keyhole):
    old = keyhole.token("harbour/tide-api", contents="read")
    keyhole.clone("harbour/tide-api", old)
    new = rotated(page, keyhole, old)
    assert new.text != old.text
    page.get_by_role("link", name="I have stored it, continue").click()
    expect(page.get_by_text("A new token was made")).to_be_visible()
    assert new.text not in page.content()
    keyhole.clone("harbour/tide-api", old)
    keyhole.clone("harbour/tide-api", new)
    refused = keyhole.git("ls-remote", f"{keyhole.url}/harbour/tide-api.git", token=old, check=False)
    assert refused.returncode != 0
    assert status(keyhole, old) == 401
    page.reload()
    expect(page.get_by_text("A new token was made")).to_be_hidden()
    expect(page.get_by_text("The token was rotated").first).to_be_visible()
    keyhole.clone("harbour/tide-api", new)


def test_a_new_token_that_was_lost_is_cancelled_and_the_old_one_goes_on(page, keyhole):
    old = keyhole.token("harbour/tide-api", contents="read")
    lost = rotated(page, keyhole, old)
    page.goto(address(keyhole, old))
    page.get_by_role("button", name="Cancel rotation").click()
    expect(page.get_by_role("status")).to_contain_text("The old one goes on")
    assert (status(keyhole, lost), status(keyhole, old)) == (401, 200)


def test_without_overlap_the_old_one_ends_at_once(page, keyhole):
    old = keyhole.token("harbour/tide-api", contents="read")
    new = rotated(page, keyhole, old, "0")
    assert (status(keyhole, old), status(keyhole, new)) == (401, 200)


def test_sending_the_form_twice_makes_no_second_token(page, keyhole):
    old = keyhole.token("harbour/tide-api", contents="read")
    page.goto(address(keyhole, old, "/rotate"))
    earlier = page.context.new_page()
    earlier.goto(address(keyhole, old, "/rotate"))
    page.get_by_role("button", name="Rotate token").click()
    new = Issued(old.id, web.shown_token(page).text)
    earlier.get_by_role("button", name="Rotate token").click()
    expect(earlier.get_by_role("status")).to_contain_text("is being rotated already")
    assert status(keyhole, new) == 200


def test_a_paused_token_is_told_so_by_git_and_rest_and_goes_on_afterwards(page, keyhole):
    token = keyhole.token("harbour/tide-api", contents="read")
    page.goto(address(keyhole, token))
    page.get_by_role("link", name="Pause").click()
    page.get_by_label("Reason").fill("looking into something")
    page.get_by_role("button", name="Pause token").click()
    expect(page.get_by_text("Reason: looking into something")).to_be_visible()
    refused = keyhole.git("ls-remote", f"{keyhole.url}/harbour/tide-api.git", token=token, check=False)
    assert "This token is paused" in refused.stderr
    answer = keyhole.http("GET", "/api/v3/user", token)
    assert answer[0] == 403
    assert b"paused" in answer[2]
    assert "paused" in keyhole.do("explain", number=answer[1]["x-keyhole-explain"])
    page.get_by_role("button", name="Resume token").click()
    expect(page.get_by_role("status")).to_contain_text("goes on")
    keyhole.clone("harbour/tide-api", token)
