"""A finding leaves Keyhole: as a file that opens anywhere, by a link with a password, and as evidence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile

import pytest
from playwright.sync_api import expect

from tests import canaries
from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess
from tests.stories.test_scan_durable import github_token

PATIENCE = 60
PASSWORD = "low water at nine"


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory):
    server = KeyholeProcess(tmp_path_factory.mktemp("reports"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def started(chromium):
    with web.browser(chromium) as running:
        yield running


@pytest.fixture(scope="module")
def page(started, keyhole):
    """The owner, who has scanned a repository with a secret in it twice."""
    folder = keyhole.folder / "planted" / "repos"
    work = folder / "harbour" / "tide"
    work.mkdir(parents=True)
    keyhole.git("init", "-q", "-b", "main", at=work)
    keyhole.commit(work, {"<b>deploy</b> =1.env": f"TOKEN={github_token()}\n"})
    owner = started.new_page()
    web.set_up(owner, keyhole)
    web.connect(owner, keyhole, folder)
    for _ in range(2):
        owner.goto(f"{keyhole.url}/scans/new")
        owner.get_by_label("Repository", exact=True).select_option(label="harbour/tide")
        owner.get_by_role("button", name="Create code scan").click()
        expect(owner.get_by_role("heading", name="Report")).to_be_visible(timeout=60_000)
    return owner


def downloaded(page, name, folder):
    with page.expect_download() as coming:
        page.get_by_role("link", name=name, exact=True).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def command(keyhole, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "keyhole.cli", *arguments], env=keyhole.environment, cwd=keyhole.folder,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_the_html_report_opens_as_a_file_and_asks_for_nothing(page, keyhole, started, tmp_path):
    page.goto(f"{keyhole.url}/scans/2")
    path = downloaded(page, "HTML", tmp_path)
    reader = started.new_context(offline=True).new_page()
    asked, complaints = [], []
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("console", lambda message: complaints.append(message.text))
    reader.goto(path.as_uri())
    expect(reader.get_by_text("1 open finding.")).to_be_visible()
    expect(reader.get_by_text("<b>deploy</b> =1.env:1")).to_be_visible()
    assert asked == [path.as_uri()]
    assert complaints == []
    for width in (390, 1280):
        reader.set_viewport_size({"width": width, "height": 900})
        assert reader.evaluate("document.documentElement.scrollWidth") <= width
        assert web.violations(reader) == []


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("PDF", b"%PDF-"),
        ("SARIF", b"{"),
        ("CycloneDX", b"{"),
        ("JSON", b"{"),
        ("CSV", b'"repository"'),
        ("Text", b"SEVERITY"),
    ],
)
def test_every_format_can_be_taken_away(page, keyhole, tmp_path, name, begins):
    page.goto(f"{keyhole.url}/scans/2")
    assert downloaded(page, name, tmp_path).read_bytes().startswith(begins)


def test_a_link_with_a_password_opens_for_somebody_without_an_account(page, keyhole, started, tmp_path):
    page.goto(f"{keyhole.url}/scans/2")
    page.get_by_role("link", name="Share by link").click()
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make link").click()
    link = page.locator("#secret").inner_text()
    token = canaries.watch("share link", link.rpartition("/")[2])

    guest = started.new_context(accept_downloads=True).new_page()
    asked = []
    guest.on("request", lambda request: asked.append(request.url))
    guest.goto(link)
    assert token not in guest.url
    assert web.violations(guest) == []
    guest.get_by_label("Password").fill("high water at nine")
    guest.get_by_role("button", name="Open report").click()
    expect(guest.get_by_text("That is not the password.")).to_be_visible()
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Open report").click()
    expect(guest.get_by_text("1 open finding.")).to_be_visible()
    assert token not in guest.url
    assert web.violations(guest) == []
    assert "Keyhole" not in guest.locator("header").inner_text()
    assert downloaded(guest, "PDF", tmp_path).read_bytes().startswith(b"%PDF-")
    assert all(url.startswith(keyhole.url) for url in asked)
    guest.goto(f"{keyhole.url}/scans/2")
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()

    page.goto(f"{keyhole.url}/reports")
    page.get_by_role("link", name="Take back").first.click()
    page.get_by_role("button", name="Take link back").click()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="There is no report here")).to_be_visible()


def test_a_link_made_on_the_command_line_opens_and_ends(page, keyhole, started):
    made = json.loads(command(keyhole, "share", "new", "2", "--days", "3", "--json").stdout)
    canaries.watch("share link", made["link"].rpartition("/")[2])
    guest = started.new_context().new_page()
    guest.goto(made["link"])
    expect(guest.get_by_text("1 open finding.")).to_be_visible()
    assert command(keyhole, "share", "revoke", str(made["id"])).returncode == 0
    guest.reload()
    expect(guest.get_by_role("heading", name="There is no report here")).to_be_visible()


def test_evidence_stands_without_keyhole(page, keyhole, tmp_path):
    page.goto(f"{keyhole.url}/scans/2")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Evidence pack").click()
    pack = tmp_path / "pack.zip"
    coming.value.save_as(pack)
    made = command(keyhole, "evidence", "make", "2", "-o", str(tmp_path / "again.zip"))
    assert made.returncode == 0, made.stderr
    assert pack.read_bytes() == (tmp_path / "again.zip").read_bytes()
    page.goto(f"{keyhole.url}/settings/evidence")
    fingerprint = page.locator("#fingerprint").inner_text()
    with zipfile.ZipFile(pack) as archive:
        (tmp_path / "verify.py").write_bytes(archive.read("verify.py"))
    alone = [sys.executable, "-I", "-S", "verify.py", "pack.zip", "--key", fingerprint]
    done = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "The pack is whole" in done.stdout) == (0, True), done.stdout
    checked = command(keyhole, "evidence", "verify", str(pack), "--key", fingerprint)
    assert checked.returncode == 0, checked.stdout
    spoiled = bytearray(pack.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    pack.write_bytes(spoiled)
    assert command(keyhole, "evidence", "verify", str(pack), "--key", fingerprint).returncode == 1
    key = command(keyhole, "evidence", "key")
    assert key.stdout.startswith("-----BEGIN PUBLIC KEY-----")
    assert fingerprint in key.stderr


def test_two_runs_are_compared_from_the_history(page, keyhole):
    page.goto(f"{keyhole.url}/scans/history")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("0 new, 0 fixed, 1 the same.")).to_be_visible()
    told = command(keyhole, "compare", "1", "2", "--json")
    assert json.loads(told.stdout)["sentence"] == "0 new, 0 fixed, 1 the same."
    assert command(keyhole, "compare", "1", "1").returncode == 2


@pytest.mark.parametrize(
    "path",
    ["/scans/history", "/scans/history?state=failed", "/scans/compare?a=1&b=2", "/reports", "/reports/mail/new",
     "/reports/mail/new?severity=critical", "/findings/share", "/findings",
     "/scans/2/share", "/settings/evidence", "/settings/evidence/new"],
)  # fmt: skip
def test_a_page_is_accessible_in_both_themes_and_fits_a_phone(page, keyhole, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(keyhole.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
    assert web.violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert web.violations(page) == []


def test_a_report_on_the_command_line_is_a_whole_file_or_none(page, keyhole, tmp_path):
    target = tmp_path / "report.html"
    assert command(keyhole, "report", "2", "--format", "html", "-o", str(target)).returncode == 0
    assert re.search(r"<title>[^<]+ - report</title>", target.read_text())
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert command(keyhole, "report", "99").returncode == 2
    assert command(keyhole, "report", "2", "--json", "--format", "csv").returncode == 2
