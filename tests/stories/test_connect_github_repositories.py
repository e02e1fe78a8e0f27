"""Connecting GitHub repositories: from a token to a finding, through everything that happens to tokens and names.

The server, git, the browser and the command line are real; GitHub is the sandbox.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from keyhole.testing.github import GitHub
from tests import canaries
from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess
from tests.stories.test_scan_durable import github_token

PATIENCE = 60


@pytest.fixture
def github():
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.harbour = sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.tide = sandbox.add_repository(
            "harbour/tide-api", files={"deploy.env": f"TOKEN={github_token()}\n", "README.md": "tides\n"}
        )
        sandbox.add_repository("harbour/not-chosen")
        yield sandbox


@pytest.fixture
def keyhole(tmp_path):
    server = KeyholeProcess(tmp_path, KEYHOLE_ALLOW_PRIVATE_ADDRESSES="yes")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def run(keyhole):
    """Runs one command where the server runs."""

    def command(*args, stdin="", code=0):
        done = subprocess.run(
            [sys.executable, "-m", "keyhole.cli", *map(str, args)],
            input=stdin,
            env=keyhole.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    return command


def fine_grained(github, **more):
    given = {"repositories": ["harbour/tide-api"], "permissions": {"contents": "read"}} | more
    token = github.add_fine_grained_token(github.alice, owner="harbour", **given)
    canaries.watch("token of the sandbox", token.text)
    return token


def connected(github, run, token, *more):
    done = run("connect", "github", "--github", github.url, "--json", *more, stdin=token.text)
    return json.loads(done.stdout)


def until(asked, what):
    """What `asked` gives, once it gives something."""
    end = time.monotonic() + PATIENCE
    while not (found := asked()):
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.05)
    return found


def test_from_a_token_to_a_finding_to_a_revoked_token(github, keyhole, run):
    token = fine_grained(github)
    row = connected(github, run, token, "--repository", "harbour/tide-api")
    assert (row["kind"], row["login"], row["state"]) == ("fine_grained", "alice", "healthy")
    assert [each["full_name"] for each in row["repositories"]] == ["harbour/tide-api"]
    assert row["taken_in"] == ["harbour/tide-api"]
    assert "not fetched yet" in run("repo", "list").stdout

    found = json.loads(run("scan", "harbour/tide-api", "--json", code=1).stdout)["findings"]
    assert [each["locations"][0]["path"] for each in found] == ["deploy.env"]
    assert "fetched" in run("repo", "list").stdout
    assert github.changes == 0, "nothing was changed on GitHub"

    github.revoke(token)
    refused = run("scan", "harbour/tide-api", code=3).stderr
    assert "does not accept the credential: it is revoked, expired, or was never valid" in refused
    assert "generate a new one" in refused
    assert "Clean" not in refused
    assert "refused" in run("connection", "list").stdout
    assert "does not accept" in run("connection", "check", row["id"], code=1).stderr

    fresh = fine_grained(github)
    run("connection", "rotate", row["id"], stdin=fresh.text)
    run("scan", "harbour/tide-api", code=1)
    shown = json.loads(run("connection", "show", row["id"], "--json").stdout)
    assert (shown["state"], shown["rotating"]) == ("healthy", False)


def test_a_rename_and_a_transfer_are_followed_and_a_successor_of_the_name_is_not(github, keyhole, run):
    token = github.add_classic_token(github.alice, scopes=["repo"])
    canaries.watch("classic token", token.text)
    row = connected(github, run, token, "--owner", "harbour", "-r", "harbour/tide-api")
    (number,) = [each["id"] for each in row["repositories"] if each["full_name"] == "harbour/tide-api"]
    run("scan", "harbour/tide-api", code=1)

    github.rename(github.tide, "alice/flow-api")
    run("scan", "harbour/tide-api", code=1)  # by its former name, which leads to the same one
    listed = json.loads(run("repo", "list", "--json").stdout)
    assert [(each["id"], each["full_name"]) for each in listed] == [(number, "alice/flow-api")]

    del github.world.repositories[github.tide.id]
    github.add_repository("alice/flow-api", files={"README.md": "another one\n"})
    assert "not exist, or it is private and not selected" in run("scan", "alice/flow-api", code=3).stderr
    run("connection", "refresh", row["id"])
    run("connection", "take-in", row["id"], "alice/flow-api")
    run("connection", "refresh", row["id"])
    run("scan", "alice/flow-api", code=0)
    (now,) = json.loads(run("repo", "list", "--json").stdout)
    assert now["id"] != number


def test_an_app_gets_a_token_for_this_repository_and_reading_only(github, keyhole, run, tmp_path):
    app = github.add_app(
        "scanner", owner=github.harbour, permissions={"contents": "write", "issues": "write"}
    )
    github.add_installation(app, github.harbour)
    key = tmp_path / "planted" / "app.pem"
    key.parent.mkdir()
    key.write_text(app.private_key)
    canaries.watch("key of an App", app.private_key.splitlines()[1])
    done = run(
        "connect", "app", app.id, "--key", key, "--github", github.url, "-r", "harbour/tide-api", "--json"
    )
    assert json.loads(done.stdout)["kind"] == "app"
    run("scan", "harbour/tide-api", code=1)
    narrow = [each for each in github.world.tokens.values() if "contents" in each.permissions]
    assert narrow
    for each in github.world.tokens.values():
        canaries.watch("installation token", each.text)
        assert {name: level.word for name, level in each.permissions.items()} in (
            {"metadata": "read"},
            {"contents": "read", "metadata": "read"},
        )
    assert [each.selected for each in narrow] == [{github.tide.id}]


def processes_that_show(text):
    """Every process of this machine in whose arguments or environment the text stands."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        for name in ("cmdline", "environ"):
            try:
                if text.encode() in (folder / name).read_bytes():
                    found.append(f"{folder.name}/{name}")
            except OSError:
                continue  # it ended, or is somebody else's
    return found


def scan_that_stalls(github, run, keyhole):
    """A scan whose git waits for GitHub; the process that follows it."""
    github.faults.stall(PATIENCE, path="git-upload-pack")
    follower = subprocess.Popen(
        [sys.executable, "-m", "keyhole.cli", "scan", "harbour/tide-api", "--json"],
        env=keyhole.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: git_processes(github), "git began to fetch")
    return follower


def git_processes(github):
    """Processes of git that talk to the sandbox."""
    there = []
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes() if folder.name.isdigit() else b""
        except OSError:
            continue
        if b"remote-http" in line and github.url.encode() in line:
            there.append(int(folder.name))
    return there


def test_P9_W5_the_credential_is_in_no_argument_variable_or_file_while_git_runs(github, keyhole, run):
    token = fine_grained(github)
    connected(github, run, token, "-r", "harbour/tide-api")
    follower = scan_that_stalls(github, run, keyhole)
    assert not processes_that_show(token.text)
    github.faults.clear()
    assert follower.wait(PATIENCE) == 1, follower.stderr.read()
    for file in (keyhole.data / "repositories").rglob("*"):
        assert not file.is_file() or token.text.encode() not in file.read_bytes()
    # The rest - logs, databases, what was printed - is searched when the whole run has ended.


def test_kill_9_in_the_middle_of_a_fetch_loses_neither_scan_nor_mirror(github, keyhole, run):
    connected(github, run, fine_grained(github), "-r", "harbour/tide-api")
    run("scan", "harbour/tide-api", code=1)
    (mirror,) = (keyhole.data / "repositories").rglob("*.git")
    before = (mirror / "packed-refs").read_bytes() if (mirror / "packed-refs").exists() else b""
    follower = scan_that_stalls(github, run, keyhole)
    keyhole.process.send_signal(signal.SIGKILL)
    keyhole.process.wait(20)
    after = (mirror / "packed-refs").read_bytes() if (mirror / "packed-refs").exists() else b""
    assert before == after
    github.faults.clear()
    keyhole.restart()
    assert follower.wait(PATIENCE) == 1, follower.stderr.read()
    assert not list(mirror.parent.glob(".*.git.*"))


def test_the_gateway_authorizes_and_then_says_that_it_does_not_pass_on(github, keyhole, run):
    connected(github, run, fine_grained(github), "-r", "harbour/tide-api")
    run("scan", "harbour/tide-api", code=1)
    (row,) = json.loads(run("repo", "list", "--json").stdout)
    keyhole.ids["harbour/tide-api"] = row["id"]
    token = keyhole.token("harbour/tide-api", contents="write")
    keyhole.make_repo("harbour/local")
    other = keyhole.token("harbour/local", contents="read")

    for path in ("", "/contents/README.md", "/commits", "/languages"):
        status, _, body = keyhole.http("GET", f"/api/v3/repos/harbour/tide-api{path}", token)
        assert status == 501, path
        assert "does not pass requests on" in json.loads(body)["message"]
        assert json.loads(body)["explain"].startswith("ex_")
        assert keyhole.http("GET", f"/api/v3/repos/harbour/tide-api{path}", other)[0] == 404
    write = keyhole.http("POST", "/api/v3/repos/harbour/tide-api/git/refs", token, b"{}")
    assert write[0] == 501
    assert keyhole.http("GET", "/api/v3/user/repos", token)[2] == b"[]"

    clone = keyhole.git("clone", "-q", f"{keyhole.url}/harbour/tide-api.git", "x", token=token, check=False)
    assert clone.returncode != 0
    assert "harbour/tide-api lies on" in clone.stderr
    work = keyhole.folder / "work"
    keyhole.git("init", "-q", "-b", "main", str(work))
    keyhole.commit(work, {"a": "b\n"})
    push = keyhole.git(
        "push", "-q", f"{keyhole.url}/harbour/tide-api.git", "main:new", at=work, token=token, check=False
    )
    assert push.returncode != 0
    assert "lies on" in push.stderr
    hidden = keyhole.git("clone", "-q", f"{keyhole.url}/harbour/tide-api.git", "y", token=other, check=False)
    assert "not found" in hidden.stderr


def test_in_the_browser(github, keyhole, chromium):
    with web.browser(chromium) as started:
        page = started.new_page()
        web.set_up(page, keyhole)
        page.goto(f"{keyhole.url}/connections")
        expect(page.get_by_role("heading", name="GitHub is not connected yet")).to_be_visible()
        assert not web.violations(page)

        token = fine_grained(github)
        page.get_by_role("link", name="I have a token already").click()
        page.get_by_label("Token", exact=True).fill(token.text)
        page.get_by_label("GitHub (optional)").fill(github.url)
        page.get_by_role("button", name="Check token").click()
        page.get_by_label("Name (optional)").fill("Harbour", timeout=PATIENCE * 1000)
        page.get_by_role("button", name="Store this token").click()
        expect(page.get_by_text("its token sealed")).to_be_visible(timeout=PATIENCE * 1000)
        here = page.url
        page.get_by_label("harbour/tide-api").check(timeout=PATIENCE * 1000)
        page.get_by_role("button", name="Take in").click()
        expect(page.get_by_text("Taken in: harbour/tide-api")).to_be_visible()
        looked_at(page, here)

        page.goto(f"{keyhole.url}/scans/new")
        page.get_by_label("Repository", exact=True).select_option(label="harbour/tide-api (not fetched yet)")
        page.get_by_role("button", name="Create code scan").click()
        expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=PATIENCE * 1000)
        page.get_by_text("Log", exact=True).click()
        expect(page.get_by_text("Fetching from GitHub with the connection “Harbour”")).to_be_visible()

        github.revoke(token)
        page.get_by_role("button", name="Run again").click()
        expect(page.get_by_role("heading", name="The scan failed")).to_be_visible(timeout=PATIENCE * 1000)
        expect(page.get_by_text("does not accept the credential").first).to_be_visible()
        page.goto(f"{keyhole.url}/repositories")
        page.get_by_role("link", name="harbour/tide-api").click()
        expect(page.get_by_text("It was not reached the last time")).to_be_visible()

        page.goto(f"{keyhole.url}/connections")
        expect(page.get_by_text("1 of them not working")).to_be_visible()
        fresh = fine_grained(github)
        page.goto(f"{here}/rotate")
        assert not web.violations(page)
        page.get_by_label("New token").fill(fresh.text)
        page.get_by_role("button", name="Check and keep it").click()
        expect(page.get_by_text("waits for its first use")).to_be_visible()
        page.get_by_role("button", name="Look again").click()
        expect(page.get_by_text("waits for its first use")).to_be_hidden(timeout=PATIENCE * 1000)
        expect(page.get_by_text("Working")).to_be_visible()

        page.get_by_role("link", name="Remove").click()
        expect(page.get_by_text("Code scans of harbour/tide-api")).to_be_visible()
        assert not web.violations(page)
        page.get_by_role("button", name="Remove connection").click()
        expect(page.get_by_text("its credential forgotten")).to_be_visible()


def looked_at(page, address):
    """Nothing for axe to find, in both themes, and no sideways scrolling on a phone."""
    assert not web.violations(page)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)


def test_what_a_connection_may_beside_its_plan_and_its_use(github, keyhole, run):
    wide = fine_grained(github, permissions={"contents": "read", "issues": "write"})
    done = run("connect", "github", "--github", github.url, "-r", "harbour/tide-api", stdin=wide.text)
    assert "what code scans do not need: issues: write" in done.stderr
    run("scan", "harbour/tide-api", code=1)
    shown = run("connection", "show", "1").stdout
    assert "issues: write is beyond the plan." in shown
    told = json.loads(run("connection", "show", "1", "--json").stdout)["permissions"]
    assert told["permissions"]["contents"]["used"] == "read"
    assert told["narrower_plan"].startswith("/plan?feature=scan&owner=harbour")
    narrow = fine_grained(github)
    refused = run("connection", "rotate", "1", stdin=narrow.text, code=2)
    assert "issues: write (neither planned nor used)" in refused.stderr
    run("connection", "rotate", "1", "--accept-less", stdin=narrow.text)
    run("connection", "rotate", "1", "--finish")
    assert "beyond the plan" not in run("connection", "show", "1").stdout


def test_connecting_quickly_asks_little_and_knows_little(github, keyhole, run):
    token = fine_grained(github)
    before = len(github.requests)
    run("connect", "github", "--github", github.url, "--owner", "harbour", "--quick", stdin=token.text)
    assert len(github.requests) - before < 10
    assert "It is not known what it can do" not in run("connection", "check", "1", "--thorough").stdout
    assert json.loads(run("connection", "show", "1", "--json").stdout)["permissions"]["known"]
