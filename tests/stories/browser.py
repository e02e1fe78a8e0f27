"""A real browser for stories, and the steps that several of them share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import canaries
from tests.stories.keyhole_process import Issued, KeyholeProcess

PASSWORD = "a quiet harbour at night"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 60_000
"""Milliseconds that a page may take, as the machine may be busy with other stories."""


@contextmanager
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, until the story ends."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE)
        yield started
        started.close()


def setup_link(keyhole: KeyholeProcess) -> str:
    """The one-time link, as the person who starts Keyhole reads it on the terminal."""
    return re.search(r"http\S+/setup/\S+", keyhole.log.read_text()).group()


def set_up(page: Page, keyhole: KeyholeProcess) -> None:
    """Make the first account, which signs in."""
    page.goto(setup_link(keyhole))
    page.get_by_label("Login").fill("mara")
    page.get_by_label("Email address").fill("mara@harbour.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()


def sign_in(page: Page, keyhole: KeyholeProcess, password: str = PASSWORD) -> None:
    """Sign in, from wherever the sign-in page was opened."""
    if "/sign-in" not in page.url:
        page.goto(f"{keyhole.url}/sign-in")
    page.get_by_label("Login or email address").fill("mara")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def connect(page: Page, keyhole: KeyholeProcess, folder: Path) -> None:
    """Connect a local folder."""
    page.goto(f"{keyhole.url}/connect")
    page.get_by_label("Folder on the machine that runs Keyhole").fill(str(folder))
    page.get_by_role("button", name="Connect folder").click()


def shown_token(page: Page) -> Issued:
    """The token on the page that shows it once."""
    text = page.locator("#secret").inner_text()
    return Issued(
        int(page.url.rpartition("/")[2]) if page.url[-1].isdigit() else 0, canaries.watch("browser", text)
    )


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page, in both themes; empty is right."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [
            f"{theme}: {each['id']} {[node['target'] for node in each['nodes']][:3]}"
            for each in Axe().run(page).response["violations"]
        ]
    return found
