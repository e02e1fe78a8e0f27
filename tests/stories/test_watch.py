"""A token is revoked on GitHub: the next question notices, whoever was running. Expirations are spoken of once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect

from keyhole.testing.github import GitHub
from tests import canaries
from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess


@pytest.fixture(scope="module")
def github():
    with GitHub() as running:
        yield running


@pytest.fixture(scope="module")
def alice(github):
    made = github.add_user("alice")
    github.add_repository("alice/tide-api", private=True)
    return made


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory, github):
    server = KeyholeProcess(tmp_path_factory.mktemp("watch"), KEYHOLE_ALLOW_PRIVATE_ADDRESSES="yes")
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


@pytest.fixture
def token(github, alice):
    made = github.add_fine_grained_token(
        alice, repositories=["alice/tide-api"], permissions={"contents": "read"}
    )
    canaries.watch("watched token", made.text)
    return made


def until(condition, seconds=40):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def asked(keyhole, number):
    before = keyhole.do("tasks_done", kind="connection-probe")
    keyhole.do("probe", number=number)
    until(lambda: keyhole.do("tasks_done", kind="connection-probe") > before)


def command(keyhole, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "keyhole.cli", *arguments],
        env={**os.environ, **keyhole.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_token_revoked_on_github_is_noticed_at_the_next_question(page, keyhole, github, token):
    number = keyhole.do("sealed_connection", name="Tide", github=github.url, token=token.text, owner="alice")
    asked(keyhole, number)
    page.goto(f"{keyhole.url}/")
    expect(page.get_by_role("heading", name="Connections that fail")).to_be_hidden()
    assert command(keyhole, "watch", "status").returncode == 0
    github.revoke(token)
    asked(keyhole, number)
    page.goto(f"{keyhole.url}/")
    expect(page.get_by_role("heading", name="Connections that fail")).to_be_visible()
    page.get_by_role("link", name="Tide").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tide")
    said = command(keyhole, "watch", "status")
    assert said.returncode == 1
    assert "refused" in said.stdout
    checked = command(keyhole, "watch", "check", "Tide")
    assert checked.returncode == 1
    assert keyhole.log.read_text().count("GitHub no longer accepts the credential of Tide") == 1


def test_the_question_is_asked_after_a_restart_too(keyhole, github, token):
    number = keyhole.do("sealed_connection", name="Later", github=github.url, token=token.text, owner="alice")
    keyhole.kill()
    keyhole.do("probe", number=number)
    before = keyhole.do("tasks_done", kind="connection-probe")
    keyhole.restart()
    until(lambda: keyhole.do("tasks_done", kind="connection-probe") > before)
    assert [each.status for each in github.requests[-1:]] == [200]


def test_a_leaked_token_is_revoked_on_github_from_here(page, keyhole, github, token):
    number = keyhole.do(
        "sealed_connection", name="Leaked", github=github.url, token=token.text, owner="alice"
    )
    page.goto(f"{keyhole.url}/connections/{number}")
    page.get_by_role("link", name="Revoke on GitHub").click()
    expect(page.get_by_text("This cannot be undone")).to_be_visible()
    page.get_by_label("Name of the connection").fill("something else")
    page.get_by_role("button", name=re.compile("^Revoke on")).click()
    expect(page.get_by_text("Type Leaked to revoke it.")).to_be_visible()
    page.get_by_label("Name of the connection").fill("Leaked")
    page.get_by_role("button", name=re.compile("^Revoke on")).click()
    expect(page.get_by_role("status")).to_contain_text("GitHub has revoked the credential of Leaked")
    other = command(keyhole, "connection", "show", "Leaked")
    assert other.returncode == 2
    asked_github = [each for each in github.requests if each.path.endswith("/credentials/revoke")]
    assert [each.method for each in asked_github] == ["POST"]


def test_expirations_are_spoken_of_once_also_over_a_restart(page, keyhole):
    made = keyhole.token("harbour/tide-api", contents="read")
    keyhole.do("expires", number=made.id, days=6.5)
    looked(keyhole)
    assert sent(keyhole, made) == [7]
    looked(keyhole)
    keyhole.process.terminate()
    keyhole.process.wait()
    keyhole.restart()
    looked(keyhole)
    assert sent(keyhole, made) == [7]
    assert keyhole.log.read_text().count("expires in 7 days or less") == 1
    page.goto(f"{keyhole.url}/")
    expect(page.get_by_role("heading", name="Expirations within 14 days")).to_be_visible()


def looked(keyhole):
    """Let the watch look for expirations, and wait until it has."""
    before = keyhole.do("tasks_done", kind="expiry-reminders")
    keyhole.do("remind")
    until(lambda: keyhole.do("tasks_done", kind="expiry-reminders") > before)


def sent(keyhole, made):
    return [days for subject, days in keyhole.do("reminded") if subject == made.id]
