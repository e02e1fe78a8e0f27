"""A finding through its life, in a browser and on the command line: found, accepted, fixed, back, taken back."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import expect

from tests import canaries
from tests.stories import browser as web

REASON = "The key of a test server that is gone."


@pytest.fixture
def page(chromium):
    with web.browser(chromium) as started:
        yield started.new_page()


def private_key(name):
    key = (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )
    canaries.watch(name, key.splitlines()[1])
    return key


class Repository:
    """A repository that is served, and the working copy that is pushed into it."""

    def __init__(self, keyhole):
        self.keyhole = keyhole
        self.work = keyhole.repositories / "planted" / "harbour" / "tide-api"
        self.folder = keyhole.folder / "planted" / "srv"
        self.bare = self.folder / "harbour" / "tide-api.git"
        keyhole.git("init", "-q", "-b", "main", str(self.work))

    def git(self, *arguments):
        self.keyhole.git("-C", str(self.work), *arguments)

    def push(self):
        if not self.bare.exists():
            self.keyhole.git("clone", "-q", "--bare", str(self.work), str(self.bare))
        self.git("push", "-q", "--force", str(self.bare), "HEAD:main")


def run(keyhole, *arguments, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "keyhole.cli", *arguments],
        env=keyhole.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done


def states(keyhole):
    rows = json.loads(run(keyhole, "findings", "list", "--show", "all", "--json").stdout)
    return {row["path"]: row["decided"] or row["status"] for row in rows}


def scan_again(page, keyhole):
    page.goto(f"{keyhole.url}/scans")
    page.get_by_role("link", name="Nightly").first.click()
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("button", name="Run again").wait_for(timeout=60_000)


def test_found_accepted_fixed_and_back(fresh_keyhole, page):
    keyhole = fresh_keyhole
    first, second = private_key("first key"), private_key("second key")
    repository = Repository(keyhole)
    keyhole.commit(repository.work, {"README.md": "tides\n", "deploy/old.pem": first})
    keyhole.commit(repository.work, {"ops/key.pem": second})
    repository.push()
    web.set_up(page, keyhole)
    web.connect(page, keyhole, repository.folder)

    page.goto(f"{keyhole.url}/scans/new")
    page.get_by_label("Name", exact=False).first.fill("Nightly")
    page.get_by_label("Repository", exact=True).select_option(label="harbour/tide-api")
    page.get_by_role("button", name="Create code scan").click()
    page.get_by_role("button", name="Run again").wait_for(timeout=60_000)
    assert states(keyhole) == {"deploy/old.pem": "new", "ops/key.pem": "new"}

    # From the scan's page to the finding, whose code is shown without the key.
    row = page.get_by_role("row").filter(has_text="deploy/old.pem")
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Code")).to_be_visible()
    expect(page.get_by_text("not shown").first).to_be_visible()
    assert first.splitlines()[1] not in page.content()
    assert web.violations(page) == []

    page.get_by_role("button", name="Accept...").click()
    expect(page.get_by_role("heading", name="Accept 1 finding?")).to_be_visible()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Accept 1 finding").click()
    expect(page.get_by_role("heading", name="Accepted: 1 finding")).to_be_visible()
    decision = page.url
    page.go_back()
    expect(page.get_by_text("It replaces an earlier decision")).to_be_visible()

    scan_again(page, keyhole)
    assert states(keyhole) == {"deploy/old.pem": "accepted", "ops/key.pem": "open"}

    page.goto(f"{keyhole.url}/findings/secrets")
    expect(page.get_by_text("1 secret")).to_be_visible()
    page.goto(f"{keyhole.url}/findings")
    expect(page.get_by_role("link", name="Open 1", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Accepted 1", exact=True)).to_be_visible()

    # The second key leaves the history: fixed. It comes back: reopened. The first one stays accepted meanwhile.
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.push()
    scan_again(page, keyhole)
    assert states(keyhole) == {"deploy/old.pem": "accepted", "ops/key.pem": "fixed"}
    keyhole.commit(repository.work, {"ops/key.pem": second})
    repository.push()
    scan_again(page, keyhole)
    assert states(keyhole) == {"deploy/old.pem": "accepted", "ops/key.pem": "reopened"}

    page.goto(decision)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is taken back").first).to_be_visible()
    assert states(keyhole)["deploy/old.pem"] == "open"

    page.goto(keyhole.url)
    expect(page.get_by_role("heading", name="Open findings")).to_be_visible()
    expect(page.get_by_role("heading", name="30 days: 3 new, 1 fixed")).to_be_visible()
    page.get_by_text("Each day").click()
    expect(page.get_by_role("table", name="Open findings by day")).to_be_visible()
    assert web.violations(page) == []


def test_the_same_on_the_command_line(fresh_keyhole):
    keyhole = fresh_keyhole
    key = private_key("key")
    repository = Repository(keyhole)
    keyhole.commit(repository.work, {"deploy/old.pem": key})
    repository.push()
    run(keyhole, "repo", "connect", str(repository.folder))
    assert "No findings match." in run(keyhole, "findings", "list").stdout
    run(keyhole, "scan", "harbour/tide-api", code=1)
    (row,) = json.loads(run(keyhole, "findings", "list", "private", "--kind", "secret", "--json").stdout)
    number = str(row["id"])

    said = run(keyhole, "findings", "show", number).stdout
    assert "deploy/old.pem:1" in said
    assert key.splitlines()[1] not in said
    run(keyhole, "findings", "show", "999", code=2)
    assert "Missing option '--reason'" in run(keyhole, "findings", "false-positive", number, code=2).stderr
    assert (
        "has passed"
        in run(keyhole, "findings", "accept", number, "--until", "2020-01-01", "--reason", "x", code=2).stderr
    )
    whole = ("--rule-in-repository", "--reason", REASON)
    assert (
        "would hide 1 finding"
        in run(keyhole, "findings", "false-positive", number, *whole, "--preview").stdout
    )
    made = json.loads(run(keyhole, "findings", "false-positive", number, *whole, "--json").stdout)
    assert (made["hides"], made["state"], made["scope"]) == (1, "in force", "repository")
    assert "Nothing open" in run(keyhole, "scan", "harbour/tide-api").stdout
    assert states(keyhole) == {"deploy/old.pem": "false_positive"}
    assert REASON[:30] in run(keyhole, "findings", "decisions").stdout
    again = ("findings", "false-positive", number, *whole)
    assert (
        f"It would replace decision {made['id']}: false positive" in run(keyhole, *again, "--preview").stdout
    )
    second = run(keyhole, *again)
    assert f"It replaces decision {made['id']}: false positive, by " in second.stderr
    run(keyhole, "findings", "undo", str(made["id"] + 1))
    run(keyhole, "findings", "undo", str(made["id"]))
    run(keyhole, "findings", "undo", str(made["id"]), code=2)
    assert states(keyhole) == {"deploy/old.pem": "open"}
    assert "Nothing" not in run(keyhole, "findings", "1").stdout
    assert "There is no kind" in run(keyhole, "findings", "list", "--kind", "x", code=2).stderr


def test_what_was_not_assessed_is_not_listed_as_if_there_was_nothing(fresh_keyhole):
    keyhole = fresh_keyhole
    repository = Repository(keyhole)
    keyhole.commit(repository.work, {"requirements.txt": "flask==3.0.0\n"})
    repository.push()
    run(keyhole, "repo", "connect", str(repository.folder))
    run(keyhole, "scan", "harbour/tide-api", "-s", "dependencies", code=3)
    assert "Not everything could be read. 0 findings in what was." in run(keyhole, "findings", "1").stdout
    told = run(keyhole, "findings", "1", "--json")
    assert json.loads(told.stdout) == []
    assert "Not everything could be read" in told.stderr
    run(keyhole, "scan", "harbour/tide-api")
    assert run(keyhole, "findings", "2").stdout == "Nothing found, and everything was read.\n"
