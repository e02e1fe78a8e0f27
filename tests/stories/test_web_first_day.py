"""The guide's way, in a browser: set up, connect, generate a token in 13 steps, clone, scan, revoke."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import expect

from tests.stories import browser as web


@pytest.fixture
def page(chromium):
    with web.browser(chromium) as started:
        yield started.new_page()


def _seed(keyhole):
    """Two repositories on disk, not connected yet; one has a private key in its history."""
    key = (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )
    for name, files in {
        "harbour/tide-api": {"README.md": "tides\n", "deploy/old.pem": key},
        "harbour/deeptraq-security-scanner": {"README.md": "scanner\n"},
        "harbour/ledger": {"README.md": "money\n"},
    }.items():
        work = keyhole.repositories / "planted" / name
        keyhole.git("init", "-q", "-b", "main", str(work))
        keyhole.commit(work, files)
        keyhole.git(
            "clone", "-q", "--bare", str(work), str(keyhole.folder / "planted" / "srv" / f"{name}.git")
        )
    return keyhole.folder / "planted" / "srv", key.splitlines()[1]


def test_from_the_set_up_link_to_a_revoked_token(fresh_keyhole, page):
    keyhole = fresh_keyhole
    folder, secret_line = _seed(keyhole)

    link = web.setup_link(keyhole)
    web.set_up(page, keyhole)
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="This set-up link is not valid")).to_be_visible()

    web.connect(page, keyhole, folder)
    expect(page.get_by_text("3 repositories")).to_be_visible()

    # The thirteen steps of the guide, by the words on the page.
    page.goto(keyhole.url)
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Developer settings").click()
    page.get_by_role("link", name="Personal access tokens").click()
    page.get_by_role("link", name="Fine-grained tokens").click()
    page.get_by_role("link", name="Generate new token").first.click()
    page.get_by_label("Token name").fill("DeepTraQ Integration Token")
    page.get_by_label("Expiration date").select_option("30")
    page.get_by_label("Only select repositories").check()
    page.get_by_label("harbour/tide-api").check()
    page.get_by_role("radiogroup", name="Contents").get_by_label("Read").check(force=True)
    page.get_by_text("read code in").or_(page.locator("mark", has_text="harbour/tide-api")).first.wait_for()
    page.get_by_role("button", name="Generate token").last.click()
    page.get_by_role("heading", name="Token generated").wait_for()
    token = web.shown_token(page)
    assert token.text.startswith("khp_")
    assert token.text not in page.url
    assert token.text not in page.title()

    page.reload()
    expect(page.get_by_text("was displayed once")).to_be_visible()
    assert token.text not in page.content(), "displayed only once"
    page.go_back()
    assert token.text not in page.content()

    clone = keyhole.clone("harbour/tide-api", token)
    assert (clone / "README.md").read_text() == "tides\n"
    other = keyhole.git("clone", f"{keyhole.url}/harbour/ledger.git", "never", token=token, check=False)
    assert other.returncode != 0

    page.goto(f"{keyhole.url}/scans/new")
    page.get_by_label("Name", exact=False).first.fill("Before the release")
    page.get_by_label("Repository", exact=True).select_option(label="harbour/tide-api")
    page.get_by_label("Branch or tag").fill("main")
    page.get_by_role("button", name="Create code scan").click()
    page.get_by_role("heading", name="Findings").wait_for(timeout=60_000)
    expect(page.get_by_role("cell", name="deploy/old.pem:1")).to_be_visible()
    assert secret_line not in page.content()

    page.get_by_role("link", name="Integrations").click()
    expect(
        page.get_by_role("row", name=re.compile("DeepTraQ Integration Token.*Contents: read"))
    ).to_be_visible()
    page.get_by_role("link", name="DeepTraQ Integration Token").click()
    tokens = page.get_by_role("table", name="Tokens of DeepTraQ Integration Token")
    tokens.get_by_role("link", name="DeepTraQ Integration Token").click()
    page.get_by_role("link", name="Revoke token").click()
    expect(page.get_by_text("Every request with it to harbour/tide-api")).to_be_visible()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("Nothing is allowed with it any more")).to_be_visible()
    refused = keyhole.git("clone", f"{keyhole.url}/harbour/tide-api.git", "never", token=token, check=False)
    assert refused.returncode != 0

    page.goto(f"{keyhole.url}/audit")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", name="The audit log is whole")).to_be_visible()
