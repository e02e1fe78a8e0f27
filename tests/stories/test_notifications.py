"""Notifications as people meet them: a channel made in the browser, a test that tells the truth, real delivery."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests import canaries
from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess
from tests.unit.providers.http_kit import said, serving

PAGES = [
    "/settings/notifications",
    "/settings/notifications/new",
    "/settings/notifications/1",
    "/settings/notifications/1/change",
    "/settings/notifications/1/remove",
]
KINDS = ["mail", "slack", "teams", "webhook"]


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory):
    server = KeyholeProcess(tmp_path_factory.mktemp("notifications"), KEYHOLE_ALLOW_PRIVATE_ADDRESSES="yes")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def receiver():
    with serving(said(200, b"ok")) as server:
        yield server


@pytest.fixture(scope="module")
def page(chromium, keyhole):
    with web.browser(chromium) as started:
        page = started.new_page()
        web.set_up(page, keyhole)
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        yield page


@pytest.fixture(scope="module")
def command(keyhole):
    """`keyhole notification ...` on the server's data."""

    def run(*arguments, stdin=""):
        whole = [sys.executable, "-m", "keyhole.cli", "notification", *arguments]
        return subprocess.run(
            whole,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=keyhole.environment,
            timeout=60,
        )

    return run


def events(receiver):
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in receiver.requests]
    return [event["kind"] for body in bodies if "events" in body for event in body["events"]]


def test_a_channel_is_made_tested_and_told_of_what_happens(page, keyhole, receiver, command):
    page.goto(f"{keyhole.url}/settings")
    page.get_by_role("link", name="Notifications").click()
    expect(page.get_by_role("heading", name="Nobody is told anything yet")).to_be_visible()
    page.get_by_role("link", name="Webhook").click()
    page.get_by_label("Name").fill("Pager")
    page.get_by_label("Address").fill("http://10.0.0.1/x")
    page.get_by_role("button", name="Make channel").click()
    expect(page.get_by_text("Only https:// addresses are opened.").first).to_be_visible()
    path = canaries.plant("path of a webhook")
    page.get_by_label("Address").fill(f"{receiver.url}/{path}")
    page.get_by_label("When to tell of everything").select_option(label="Immediately")
    page.get_by_label("How much everything must matter").select_option(label="whatever it is")
    page.get_by_role("button", name="Make channel").click()
    key = canaries.watch("signing key in the browser", page.locator("#secret").inner_text())
    page.get_by_role("link", name="I have stored it, continue").click()
    assert key not in page.content()
    assert path not in page.content()
    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_text("The test arrived.")).to_be_visible()
    assert events(receiver) == ["notification.test"]
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("it is told nothing").first).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("is told again")).to_be_visible()
    listed = command("list", "--json")
    assert json.loads(listed.stdout)[0]["state"] == "working"
    assert path not in listed.stdout
    assert key not in listed.stdout


@pytest.mark.parametrize("path", [*PAGES, *[f"/settings/notifications/new?kind={kind}" for kind in KINDS]])
def test_the_pages_are_accessible_in_both_themes_and_fit_a_phone(page, keyhole, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(keyhole.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert web.violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert web.violations(page) == []


def test_what_does_not_arrive_is_said_in_plain_words(page, keyhole, command):
    with serving(said(404, b"no_service")) as gone:
        done = command(
            "new", "slack", "Lost room", stdin=f"{gone.url}/{canaries.plant('path of a lost room')}\n"
        )
        assert done.returncode == 0, done.stderr
        number = done.stderr.partition("the id ")[2].partition(".")[0]
        page.goto(f"{keyhole.url}/settings/notifications/{number}")
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_text("The test did not arrive.")).to_be_visible()
        expect(page.get_by_text("status 404").first).to_be_visible()
        assert command("test", "Lost room").returncode == 1
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove channel").click()
    expect(page.get_by_text("its secrets are forgotten")).to_be_visible()
    assert command("test", "Lost room").returncode == 2


def test_the_command_line_as_a_new_user_meets_it(command, receiver):
    assert "scan.findings" in command("events").stdout
    wrong = command("new", "pager", "x")
    assert (wrong.returncode, "There are: mail, slack, teams, webhook." in wrong.stderr) == (2, True)
    empty = command("new", "slack", "x", stdin="\n")
    assert (empty.returncode, "Webhook URL is missing" in empty.stderr) == (2, True)
    rule = command("new", "slack", "x", "--rule", "scan.findings=sometimes", stdin=f"{receiver.url}/x\n")
    assert (rule.returncode, "is no rule" in rule.stderr) == (2, True)
    made = command("new", "webhook", "Program", "--rule", "*=daily", stdin=f"{receiver.url}/x\n")
    canaries.watch("signing key on the command line", made.stdout.strip())
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.strip()) >= 40
    assert command("test", "Program").stdout.startswith("It arrived.")
    assert "A test of the channel Program" in command("log", "Program").stdout
    assert json.loads(command("log", "Program", "--json").stdout)[0]["state"] == "sent"
    assert command("change", "Program", "--name", "Program 2", "--rule", "*=never").returncode == 0
    assert (
        command(
            "change", "Program 2", "--name", "Program", "--secrets", stdin=f"{receiver.url}/y\n\n"
        ).returncode
        == 0
    )
    assert command("test", "Program").returncode == 0
    assert b"POST /y " in receiver.requests[-1]
    assert command("pause", "Program").returncode == 0
    assert command("remove", "Program", stdin="n\n").returncode == 130
    assert command("remove", "Program", "--yes").returncode == 0
    assert command("pause", "Program").returncode == 2


PUBLISH = """
import django
django.setup()
from keyhole.core.caller import Caller, Via
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish
publish(Caller(None, "story", Via.JOB), Event("vault.sealed", Severity.CRITICAL, "The vault is sealed", url="/"))
"""


def test_what_one_process_publishes_the_server_delivers(keyhole, receiver, page):
    before = len(events(receiver))
    subprocess.run([sys.executable, "-c", PUBLISH], check=True, env=keyhole.environment, timeout=60)
    # Delivered by the server's workers; the page of the channel shows it when it is.
    page.goto(f"{keyhole.url}/settings/notifications/1")
    for _ in range(40):
        if page.get_by_text("The vault is sealed").count() and len(events(receiver)) > before:
            break
        page.wait_for_timeout(500)
        page.reload()
    assert events(receiver)[before:] == ["vault.sealed"]
    expect(page.get_by_text("The vault is sealed")).to_be_visible()
