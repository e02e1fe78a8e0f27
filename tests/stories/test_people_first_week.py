"""People in a real browser: invited, a second factor, a passkey, another browser ended, a token that waits."""

from __future__ import annotations

import re
import time
from base64 import b32decode

import pytest
from playwright.sync_api import expect

from keyhole.core import totp
from tests import canaries
from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess, free_port

PASSWORD = "a lighthouse in the fog"
PAGES = ["/settings/members", "/settings/members/1", "/settings/members/invite", "/settings/members/2/disable",
    "/settings/members/2/reset", "/settings/security", "/settings/security/password", "/settings/security/app",
    "/settings/security/passkeys/new", "/settings/policy", "/settings/approvals", "/settings/api-tokens",
    "/settings/api-tokens/new"]  # fmt: skip


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory):
    port = free_port()
    server = KeyholeProcess(tmp_path_factory.mktemp("people"))
    server.port, server.url = port, f"http://localhost:{port}"
    server.environment |= {"KEYHOLE_LISTEN": f"127.0.0.1:{port}", "KEYHOLE_URL": server.url}
    server.start()
    server.make_repo("harbour/tide-api")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def started(chromium):
    with web.browser(chromium) as running:
        yield running


def enter(page, keyhole, name, password):
    page.goto(f"{keyhole.url}/sign-in")
    page.get_by_label("Login or email address").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm(page):
    page.get_by_label("Your password").fill(PASSWORD)


def shown_codes(page):
    codes = page.locator("#secret").inner_text().split()
    return [canaries.watch("recovery code", code) for code in codes]


def test_a_week_of_two_people(started, keyhole):
    owner = started.new_context().new_page()
    complaints = []
    owner.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    web.set_up(owner, keyhole)
    expect(owner.get_by_role("heading", name="First steps")).to_be_visible()

    # Mara invites Nils, who comes in.
    owner.goto(f"{keyhole.url}/settings/members/invite")
    owner.get_by_label("Email address").fill("nils@harbour.example")
    owner.get_by_role("button", name="Make invitation").click()
    link = owner.locator("#secret").inner_text()
    canaries.watch("invitation", link.rpartition("/")[2])
    context = started.new_context()
    nils = context.new_page()
    nils.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    nils.goto(link)
    assert nils.url == f"{keyhole.url}/invitation"
    nils.get_by_label("Login").fill("nils")
    nils.get_by_label("Password", exact=True).fill(PASSWORD)
    nils.get_by_label("Password again").fill(PASSWORD)
    nils.get_by_role("button", name="Accept invitation").click()
    expect(nils.get_by_role("heading", name="Overview")).to_be_visible()
    nils.goto(f"{keyhole.url}/settings/members")
    expect(nils.get_by_role("heading", name="You may not do this")).to_be_visible()

    # An authenticator app, then signing in with its next code; the code used before is worth nothing.
    nils.goto(f"{keyhole.url}/settings/security/app")
    expect(nils.get_by_role("img", name="QR code")).to_be_visible()
    spelled = canaries.watch("app secret", nils.locator(".secret-text").inner_text())
    secret = b32decode(spelled + "=" * (-len(spelled) % 8))
    # Of this period now, and of the next one for signing in: a clock may be wrong by one.
    period = int(time.time() // 30)
    nils.get_by_label("Code that the app shows").fill(totp.code(secret, period))
    confirm(nils)
    nils.get_by_role("button", name="Set up app").click()
    codes = shown_codes(nils)
    nils.get_by_role("button", name="Sign out").click()
    enter(nils, keyhole, "nils", PASSWORD)
    expect(nils.get_by_role("heading", name="Second step")).to_be_visible()
    assert web.violations(nils) == []
    nils.get_by_label("Code").fill("000000")
    nils.get_by_role("button", name="Sign in", exact=True).click()
    expect(nils.get_by_text("That code is not valid now")).to_be_visible()
    nils.get_by_label("Code").fill(totp.code(secret, period + 1))
    nils.get_by_role("button", name="Sign in", exact=True).click()
    expect(nils.get_by_role("heading", name="Overview")).to_be_visible()

    # A recovery code works once.
    other = started.new_context().new_page()
    for worked in (True, False):
        enter(other, keyhole, "nils", PASSWORD)
        other.get_by_label("Code").fill(codes[0])
        other.get_by_role("button", name="Sign in", exact=True).click()
        if worked:
            expect(other.get_by_role("heading", name="Overview")).to_be_visible()
            other.get_by_role("button", name="Sign out").click()
        else:
            expect(other.get_by_text("That code is not valid now")).to_be_visible()

    # A passkey of the browser's own authenticator, and signing in with nothing else.
    device = context.new_cdp_session(nils)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    nils.goto(f"{keyhole.url}/settings/security/passkeys/new")
    nils.get_by_label("Name").fill("Laptop")
    confirm(nils)
    nils.get_by_role("button", name="Add passkey").click()
    expect(nils.get_by_role("rowheader", name="Laptop")).to_be_visible()
    nils.get_by_role("button", name="Sign out").click()
    nils.get_by_role("button", name="Sign in with a passkey").click()
    expect(nils.get_by_role("heading", name="Overview")).to_be_visible()

    # Another browser is seen and signed out.
    enter(other, keyhole, "nils", PASSWORD)
    other.get_by_label("Code").fill(codes[1])
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_role("heading", name="Overview")).to_be_visible()
    nils.goto(f"{keyhole.url}/settings/security")
    nils.get_by_role("button", name=re.compile("^Sign out Chrome")).first.click()
    expect(nils.get_by_text("That browser is signed out")).to_be_visible()
    other.goto(f"{keyhole.url}/settings")
    expect(other.get_by_role("heading", name="Sign in to Keyhole")).to_be_visible()

    # A policy: whoever asks for a token of harbour waits. Mara reads what it would do, and approves it.
    owner.goto(f"{keyhole.url}/settings/policy?owner=harbour")
    owner.get_by_label("Every token").check()
    owner.get_by_role("button", name="Save token policy").click()
    expect(owner.get_by_text("The token policy holds from now on")).to_be_visible()
    nils.goto(f"{keyhole.url}/settings/personal-access-tokens/new?name=Release&contents=write")
    nils.get_by_label("Only select repositories").check()
    nils.get_by_label("harbour/tide-api").check()
    nils.get_by_role("button", name="Generate token").last.click()
    expect(nils.get_by_text("It waits for approval").first).to_be_visible()
    token = web.shown_token(nils)
    refused = keyhole.git("clone", f"{keyhole.url}/harbour/tide-api.git", "never", token=token, check=False)
    assert "waits for approval" in refused.stderr
    owner.goto(f"{keyhole.url}/settings/approvals")
    owner.get_by_role("link", name="Decide about Release").click()
    expect(owner.get_by_text("read and push code").first).to_be_visible()
    owner.get_by_label("Reason").fill("for the release")
    owner.get_by_role("button", name="Approve token").click()
    expect(owner.get_by_text("Release is approved")).to_be_visible()
    assert (keyhole.clone("harbour/tide-api", token) / "README.md").exists()

    # Mara is the last owner, and stays one; Nils is disabled, and his token with him.
    owner.goto(f"{keyhole.url}/settings/members")
    owner.get_by_role("main").get_by_role("link", name="mara").click()
    expect(owner.get_by_text("The only owner who can sign in")).to_be_visible()
    assert owner.get_by_role("button", name="Change role").count() == 0
    owner.goto(f"{keyhole.url}/settings/members")
    owner.get_by_role("main").get_by_role("link", name="nils").click()
    owner.get_by_role("link", name="Disable").click()
    owner.get_by_role("button", name="Disable nils").click()
    expect(owner.get_by_text("nils is disabled")).to_be_visible()
    gone = keyhole.git("clone", f"{keyhole.url}/harbour/tide-api.git", "never", token=token, check=False)
    assert gone.returncode != 0
    nils.goto(f"{keyhole.url}/settings")
    expect(nils.get_by_role("heading", name="Sign in to Keyhole")).to_be_visible()
    assert [text for text in complaints if "401" not in text and "403" not in text] == []


def test_every_page_is_accessible_in_both_themes_and_fits_a_phone(started, keyhole, tmp_path):
    page = started.new_context(viewport={"width": 390, "height": 844}).new_page()
    web.sign_in(page, keyhole)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    for path in PAGES:
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(keyhole.url + path)
        if path.endswith("/app"):
            canaries.watch("app secret", page.locator(".secret-text").inner_text())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert web.violations(page) == [], path
        page.set_viewport_size({"width": 1280, "height": 900})
        assert web.violations(page) == [], path
