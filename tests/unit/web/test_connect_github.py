"""Add token: for an owner, a member and a stranger; checked, stored or not, and nowhere in between."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from keyhole.accounts.services import local_caller
from keyhole.connections.models import Connection
from keyhole.testing.github import GitHub
from keyhole.vault import services as vault
from keyhole.web.forms import inspection
from tests import canaries
from tests.unit.connections.test_services import member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]
PLAN = "endpoint=GET%20/repos/{owner}/{repo}/contents/{path}&owner=harbour&repository=harbour/tide-api"


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    cache.clear()
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.add_repository("harbour/tide-api")
        yield sandbox


def browser_of(user_id):
    client = Client(HTTP_HOST="localhost")
    client.force_login(get_user_model().objects.get(pk=user_id))
    return client


@pytest.fixture
def browser():
    return browser_of(local_caller().user_id)


def token(world, **permissions):
    made = world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions=permissions
    )
    return canaries.watch("a token pasted into a page", made.text)


def sent(browser, world, text, query=PLAN, **form):
    answer = browser.post(f"/connect/github?{query}", {"token": text, "github": world.url, **form})
    return answer.status_code, answer.content.decode()


def test_a_stranger_signs_in_first_and_a_member_may_not(world):
    stranger, mia = Client(HTTP_HOST="localhost"), browser_of(member().user_id)
    for path in ("/connect/github", "/connect/github/progress", "/connect/github/report/x"):
        assert stranger.get(path).status_code == 302
        assert mia.get(path).status_code == 403
    assert mia.post("/connect/github", {"token": token(world), "github": world.url}).status_code == 403
    assert world.requests == []


def test_the_page_says_what_is_planned_and_what_happens_to_the_token(browser):
    page = browser.get(f"/connect/github?{PLAN}").content.decode()
    assert '<th scope="row">Contents</th>' in page
    assert 'type="password"' in page
    assert 'autocomplete="off"' in page
    assert "No plan yet" in browser.get("/connect/github").content.decode()


def test_an_address_that_came_with_the_link_is_named_before_anything_is_sent_there(browser):
    page = browser.get("/connect/github?github=https://github.example.org").content.decode()
    assert "The token will be sent to https://github.example.org." in page
    for address in ("", "github.com"):
        page = browser.get(f"/connect/github?github={address}").content.decode()
        assert "will be sent to" not in page
        assert "to GitHub over an encrypted connection" in page


def test_a_token_that_fits_is_checked_and_nothing_is_kept_of_it(browser, world):
    text = token(world, contents="read")
    status, page = sent(browser, world, text)
    assert status == 200
    assert "it has what the plan needs." in page
    assert "As planned" in page
    assert "harbour/tide-api" in page
    assert text not in page
    assert world.changes == 0
    assert not Connection.objects.exists()
    assert text not in json.dumps(dict(browser.session))
    assert text not in repr(cache._cache)


def test_too_much_and_missing_are_said_with_what_to_do(browser, world):
    _, page = sent(browser, world, token(world, issues="write"))
    assert "1 planned permission missing" in page
    assert "On GitHub, set Contents to Read" in page
    assert "On GitHub, set Issues to No access" in page


def test_the_fragment_alone_is_what_the_script_asks_for(browser, world):
    answer = browser.post(
        f"/connect/github?{PLAN}",
        {"token": token(world, contents="read"), "github": world.url, "watch": "w" * 24},
        headers={"X-Keyhole-Part": "1"},
    )
    page = answer.content.decode()
    assert "<html" not in page
    assert "it has what the plan needs." in page
    told = browser.get("/connect/github/progress", {"watch": "w" * 24}).json()
    assert told["done"] > 20
    assert browser.get("/connect/github/progress", {"watch": "v" * 24}).json() == {}
    assert browser.get("/connect/github/progress", {"watch": "../x"}).json() == {}


def test_stored_it_is_sealed_with_its_plan_and_report(browser, world):
    text = token(world, contents="read")
    answer = browser.post(
        f"/connect/github?{PLAN}",
        {"token": text, "github": world.url, "do": "store", "name": "Harbour scans"},
    )
    row = Connection.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/connections/{row.pk}"
    assert (row.name, row.owner_login, row.kind) == ("Harbour scans", "harbour", "fine_grained")
    assert row.planned == {"contents": "read", "metadata": "read"}
    assert row.report["requests"] > 20
    assert text not in json.dumps(row.report)
    assert vault.reveal(local_caller(), row.place).reveal() == text
    status, page = sent(browser, world, text, do="store")
    assert status == 422
    assert "connected already" in page
    assert text not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is no token."),
        ("ghp_" + "A" * 36, "Its checksum is wrong"),
        ("github_pat_short", "copy the whole token"),
        ("https://github.com/settings/tokens", "That is an address, not a token."),
        ("ghr_" + "a" * 76, "GitHub App refresh token"),
    ],
)
def test_what_cannot_be_a_token_is_refused_without_asking_anybody(browser, world, text, said):
    status, page = sent(browser, world, text)
    assert status == 422
    assert said in page
    assert not text or text not in page
    assert world.requests == []


def test_each_failure_of_github_is_told_with_what_to_do(browser, world):
    text = token(world, contents="read")
    world.revoke(text)
    status, page = sent(browser, world, text)
    assert status == 422
    assert "does not accept the credential" in page
    assert text not in page
    status, page = sent(browser, world, token(world), github="http://127.0.0.1:9")
    assert status == 503
    assert "refuses connections" in page
    status, page = sent(browser, world, token(world), github="http://user@host/x")
    assert status == 422
    assert "not the address of a GitHub" in page


def test_a_classic_token_gets_its_warning(browser, world):
    classic = canaries.watch("classic", world.add_classic_token(world.alice, scopes=["repo"]).text)
    _, page = sent(browser, world, classic)
    assert "cannot be held to" in page
    assert "Scope repo" in page


def test_the_report_is_printed_and_downloaded_by_who_made_it_only(browser, world):
    text = token(world, contents="read")
    _, page = sent(browser, world, text)
    path = page.partition('href="/connect/github/report/')[2].partition('"')[0]
    printed = browser.get(f"/connect/github/report/{path}").content.decode()
    assert "GET /repos/harbour/tide-api/commits: 200" in printed
    loaded = browser.get(f"/connect/github/report/{path}/json")
    assert loaded.json()["owner"] == "harbour"
    assert "attachment" in loaded["Content-Disposition"]
    assert text not in printed + loaded.content.decode()
    assert inspection.kept(local_caller().user_id, path) is not None
    assert inspection.kept(member().user_id, path) is None
    assert browser.get("/connect/github/report/unknown").status_code == 404
