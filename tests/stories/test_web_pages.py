"""Every page for everybody: read aloud, on a phone, in the dark, without JavaScript, with 500 repositories."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.stories import browser as web
from tests.stories.keyhole_process import KeyholeProcess

PAGES = [
    "/",
    "/repositories",
    "/repositories/1",
    "/repositories/1/visibility",
    "/repositories/1/disconnect",
    "/connect",
    "/plan",
    "/plan?preset=snyk&preset=atlantis-app&endpoint=GET /user/packages&endpoint=GET /user&owner=harbour",
    "/plan?preset=cursor",
    "/settings",
    "/settings/developer",
    "/settings/tokens",
    "/settings/personal-access-tokens",
    "/settings/personal-access-tokens?show=all",
    "/settings/personal-access-tokens/new",
    "/settings/personal-access-tokens/1",
    "/settings/personal-access-tokens/1/revoke",
    "/integrations",
    "/integrations?q=nothing-has-this-name",
    "/scans",
    "/scans/new",
    "/scans/1",
    "/scans/1/delete",
    "/scans/2",
    "/scans/2/share",
    "/scans/history",
    "/scans/compare?a=1&b=2",
    "/findings",
    "/findings?q=nothing-has-this-name",
    "/findings?show=accepted",
    "/findings/1",
    "/findings/secrets",
    "/decisions",
    "/decisions/1",
    "/libraries",
    "/libraries/one?ecosystem=PyPI&name=flask",
    "/reports",
    "/reports/mail/new",
    "/settings/advisories",
    "/settings/evidence",
    "/schedules",
    "/schedules/new",
    "/schedules/1",
    "/schedules/1/change",
    "/schedules/1/remove",
    "/settings/environments",
    "/settings/environments/new",
    "/settings/environments/1",
    "/settings/environments/1/remove",
    "/settings/scan-policies",
    "/settings/scan-policies/new?text",
    "/settings/scan-policies/1",
    "/settings/scan-policies/1/change",
    "/settings/scan-policies/1/remove",
    "/audit",
    "/nothing-here",
]
REFUSED = {"/plan?preset=cursor", "/nothing-here"}
"""Pages that say no, with a status that browsers complain of."""
_WORKFLOW = """\
name: ci
on: pull_request_target
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""
"""What zizmor finds more than one thing in."""
WEIGHT = 64_000
"""Bytes of a page with the stylesheet of all pages, uncompressed."""


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory, chromium):
    server = KeyholeProcess(tmp_path_factory.mktemp("web"))
    server.start()
    server.make_repo("harbour/tide-api")
    server.make_repo("harbour/ledger")
    server.make_repo(
        "harbour/moor", {"requirements.txt": "flask==0.12\n", ".github/workflows/ci.yml": _WORKFLOW}
    )
    used = server.token("harbour/tide-api", contents="read")
    server.clone("harbour/tide-api", used)
    server.git(
        "push",
        f"{server.url}/harbour/tide-api.git",
        "HEAD:main",
        token=used,
        check=False,
        at=server.clone("harbour/tide-api", used),
    )
    with web.browser(chromium) as started:
        page = started.new_page()
        web.set_up(page, server)
        page.goto(f"{server.url}/scans/new")
        page.get_by_label("Repository", exact=True).select_option(label="harbour/tide-api")
        page.get_by_role("button", name="Create code scan").click()
        expect(page.get_by_role("heading", name="Nothing found")).to_be_visible(timeout=60_000)
        _find_and_decide(page, server)
        page.goto(f"{server.url}/schedules/new")
        page.get_by_role("textbox", name="Name").fill("Nightly")
        page.get_by_text("harbour/ledger").click()
        page.get_by_role("button", name="Save schedule").click()
        expect(page.get_by_role("heading", name="Next")).to_be_visible()
        page.goto(f"{server.url}/settings/environments")
        page.get_by_role("button", name="Use the examples").click()
    yield server
    server.stop()


def _find_and_decide(page, server):
    """A second scan, with libraries and findings, one of which is accepted."""
    page.goto(f"{server.url}/scans/new")
    page.get_by_label("Repository", exact=True).select_option(label="harbour/moor")
    page.get_by_text("Vulnerable dependencies").click()
    page.get_by_text("GitHub Actions workflows (zizmor)").click()
    page.get_by_role("button", name="Create code scan").click()
    expect(page.get_by_role("heading", name="This scan did not see everything")).to_be_visible(timeout=60_000)
    page.goto(f"{server.url}/findings/1")
    page.get_by_role("button", name="Accept...").click()
    page.get_by_label("Reason").fill("Nobody outside can start it.")
    page.get_by_role("button", name=re.compile("^Accept ")).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


@pytest.fixture(scope="module")
def started(chromium, keyhole):
    with web.browser(chromium) as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(started, keyhole):
    page = started.new_page()
    web.sign_in(page, keyhole)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_in_both_themes_and_fits_a_phone(signed_in, keyhole, path):
    signed_in.set_viewport_size({"width": 390, "height": 844})
    signed_in.goto(keyhole.url + path)
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
    assert web.violations(signed_in) == []
    signed_in.set_viewport_size({"width": 1280, "height": 900})
    assert web.violations(signed_in) == []


def test_the_pages_for_strangers_are_accessible_too(started, keyhole):
    stranger = started.new_context(viewport={"width": 390, "height": 844}).new_page()
    for path in ("/sign-in", "/setup", "/setup/not-the-code"):
        stranger.goto(keyhole.url + path)
        assert stranger.evaluate("document.documentElement.scrollWidth") <= 390
        assert web.violations(stranger) == [], path


@pytest.mark.parametrize("path", ["/", "/settings/personal-access-tokens/new", "/scans/1"])
def test_a_page_with_its_style_is_small(signed_in, keyhole, path):
    sizes = []
    signed_in.on(
        "response",
        lambda answer: (
            sizes.append(len(answer.body()))
            if answer.request.resource_type in ("document", "stylesheet")
            else None
        ),
    )
    signed_in.goto(keyhole.url + path)
    signed_in.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) < WEIGHT


def test_a_name_from_right_to_left_stays_before_its_number(signed_in, keyhole):
    signed_in.set_viewport_size({"width": 1280, "height": 900})
    signed_in.goto(f"{keyhole.url}/scans/history")
    first = signed_in.locator("tbody th").first
    first.locator("a").evaluate("link => link.textContent = '\u05e9\u05dc\u05d5\u05dd'")
    assert first.locator("a").bounding_box()["x"] < first.locator(".muted").first.bounding_box()["x"]


def test_the_days_of_all_severities_stand_in_one_row(signed_in, keyhole):
    signed_in.set_viewport_size({"width": 1280, "height": 900})
    signed_in.goto(f"{keyhole.url}/settings/environments/1")
    tops = [
        signed_in.locator(f"#due-{each}").bounding_box()["y"]
        for each in ("critical", "high", "medium", "low")
    ]
    assert len(set(tops)) == 1, tops


def test_nothing_is_fetched_from_anywhere_else_and_the_policy_is_never_violated(signed_in, keyhole):
    asked, complaints = [], []
    signed_in.on("request", lambda request: asked.append(request.url))
    signed_in.on(
        "console", lambda message: complaints.append(message.text) if message.type == "error" else None
    )
    for path in PAGES:
        if path not in REFUSED:
            signed_in.goto(keyhole.url + path)
    assert {url.split("/")[2] for url in asked} == {keyhole.url.split("/")[2]}
    assert complaints == []


def test_a_token_is_generated_without_javascript(started, keyhole):
    page = started.new_context(java_script_enabled=False).new_page()
    web.sign_in(page, keyhole)
    page.goto(
        f"{keyhole.url}/settings/personal-access-tokens/new?name=No+script&contents=write&expires_in=90"
    )
    page.get_by_label("Only select repositories").check()
    page.get_by_label("harbour/ledger").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".says")).to_have_text(
        "For 90 days, it can read and push code in harbour/ledger. Nothing else."
    )
    page.get_by_role("button", name="Generate token").last.click()
    expect(page.get_by_role("heading", name="Token generated")).to_be_visible()
    token = web.shown_token(page)
    work = keyhole.clone("harbour/ledger", token)
    keyhole.commit(work, {"entry.txt": "1\n"})
    keyhole.git("push", "-q", "origin", "main", at=work, token=token)
    page.get_by_role("link", name="I have stored it, continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No script")
    assert token.text not in page.content()


def test_a_denial_is_explained_from_the_token_s_page(signed_in, keyhole):
    signed_in.goto(f"{keyhole.url}/settings/personal-access-tokens/1")
    signed_in.get_by_role("link", name=re.compile("^Why ex_")).first.click()
    expect(signed_in.get_by_role("heading", name="Why this was denied")).to_be_visible()
    expect(signed_in.get_by_text("contents: write").first).to_be_visible()
    expect(signed_in.get_by_role("heading", name="What to do")).to_be_visible()


def test_the_summary_follows_the_form(signed_in, keyhole):
    signed_in.goto(f"{keyhole.url}/settings/personal-access-tokens/new")
    says = signed_in.locator("#summary .says")
    expect(says).to_contain_text("Select at least one repository")
    signed_in.get_by_label("All repositories").check()
    expect(says).to_contain_text("all repositories of harbour, now and in the future")
    signed_in.get_by_label("Search permissions").fill("webhooks")
    expect(signed_in.get_by_role("radiogroup", name="Contents")).to_be_hidden()
    signed_in.get_by_role("radiogroup", name="Webhooks").first.get_by_label("Write").check(force=True)
    expect(says).to_contain_text("change webhooks")
    signed_in.get_by_label("Public repositories only").check()
    expect(says).to_contain_text("read public repositories, as everyone can")


def test_the_form_works_with_the_keyboard_alone(signed_in, keyhole):
    signed_in.goto(f"{keyhole.url}/settings/personal-access-tokens/new")
    signed_in.keyboard.press("Tab")
    expect(signed_in.get_by_role("link", name="Skip to content")).to_be_focused()
    signed_in.keyboard.press("Enter")
    signed_in.get_by_label("Token name").focus()
    signed_in.keyboard.type("By keyboard")
    signed_in.get_by_label("Only select repositories").focus()
    signed_in.keyboard.press("ArrowUp")
    expect(signed_in.get_by_label("All repositories")).to_be_checked()
    signed_in.get_by_role("radiogroup", name="Contents").get_by_label("No access").focus()
    signed_in.keyboard.press("ArrowRight")
    expect(signed_in.locator("#summary .says")).to_contain_text("read code in all repositories")
    signed_in.get_by_label("Token name").focus()
    signed_in.keyboard.press("Enter")
    expect(signed_in.get_by_role("heading", name="Token generated")).to_be_visible()
    web.shown_token(signed_in)


def test_five_hundred_repositories_are_found_by_typing(signed_in, keyhole):
    for number in range(500):
        folder = keyhole.repositories / "fleet" / f"ship-{number:03}.git"
        (folder / "objects").mkdir(parents=True)
        (folder / "refs").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
    keyhole.connect()
    signed_in.goto(f"{keyhole.url}/settings/personal-access-tokens/new")
    signed_in.get_by_label("Only select repositories").check()
    signed_in.get_by_label("Search repositories").fill("ship-417")
    expect(signed_in.locator(".pick:visible")).to_have_count(1)
    signed_in.get_by_label("fleet/ship-417").check()
    expect(signed_in.get_by_text("1 of 500 selected")).to_be_visible()
    expect(signed_in.locator("#summary .says")).to_contain_text("fleet/ship-417")
    signed_in.get_by_label("Resource owner").select_option("harbour")
    expect(signed_in.get_by_label("harbour/tide-api")).to_be_visible()


FOLLOWED = """<span data-part="state"><span class="badge brand">{state}</span></span>
<p class="lead" data-part="lead">moor at
<code>0123456789</code></p><span data-part="stop"><button disabled>Stopping…</button></span>
<div data-part="progress"><p class="says"><mark>{stage}</mark></p></div><div data-part="log">{log}</div>"""
FOLLOWING = """() => {
  document.querySelector("[data-part=log]").innerHTML = "one\\n";
  document.querySelector(".buttons").innerHTML = "<span data-part=stop><button>Stop</button></span>";
  document.querySelector("[data-part=stop] button").focus();
  const section = document.createElement("section");
  section.innerHTML = "<div data-part=progress><p class=says><mark>Waiting</mark></p></div>";
  section.dataset.follow = "/scans/1/progress";
  document.querySelector("main").append(section);
  window.first = document.querySelector("[data-part=log]").firstChild;
  follow(section);
}"""


def test_the_page_of_a_running_scan_follows_it_and_leaves_the_focus_alone(started, keyhole):
    page = started.new_page()
    web.sign_in(page, keyhole)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    answers = [("Running", "Reading", "one\n"), ("Stopping", "Stopping", "one\ntwo\n")]

    def answer(route):
        state, stage, log = answers.pop(0) if len(answers) > 1 else answers[0]
        route.fulfill(body=FOLLOWED.format(state=state, stage=stage, log=log), content_type="text/html")

    page.route("**/scans/1/progress", answer)
    page.goto(f"{keyhole.url}/scans/1")
    page.evaluate(FOLLOWING)
    expect(page.locator("h1 .badge")).to_have_text("Stopping")
    expect(page.locator(".lead")).to_contain_text("at 0123456789")
    expect(page.locator("#announce")).to_have_text("Stopping")
    assert page.locator("[data-part=log]").text_content() == "one\ntwo\n"
    assert page.evaluate("window.first.isConnected"), (
        "what was there of the log stays, with the place read to"
    )
    assert page.evaluate("document.activeElement.textContent") == "Stop"
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("[data-part=stop] button")).to_have_text("Stopping…")
    page.close()
