"""The pages of connections: for an owner, a member and a stranger, in every state."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.connections.models import Successor
from keyhole.core.permissions import Level
from keyhole.repositories import listing, services
from keyhole.testing.github import GitHub
from keyhole.vault import services as vault
from tests import canaries
from tests.unit.connections.test_services import member
from tests.unit.repositories.github_kit import connect, take_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.harbour = sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.tide = sandbox.add_repository("harbour/tide-api")
        sandbox.add_repository("harbour/website", private=False)
        yield sandbox


@pytest.fixture
def given(world):
    return world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions={"contents": "read"}
    )


@pytest.fixture
def row(world, given):
    return connect(world, given)


def browser_of(user_id):
    client = Client(HTTP_HOST="localhost")
    client.force_login(get_user_model().objects.get(pk=user_id))
    return client


@pytest.fixture
def browser():
    return browser_of(local_caller().user_id)


def shown(browser, path, status=200):
    answer = browser.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def sent(browser, path, **form):
    return browser.post(path, form, follow=True).content.decode()


def test_with_nothing_connected_the_way_leads_to_the_plan(browser):
    page = shown(browser, "/connections")
    assert "GitHub is not connected yet" in page
    assert 'href="/plan?feature=scan"' in page


def test_a_stranger_is_sent_to_sign_in_and_a_member_only_looks(row):
    assert Client(HTTP_HOST="localhost").get("/connections").status_code == 302
    mia = browser_of(member().user_id)
    assert "Harbour" in shown(mia, "/connections")
    page = shown(mia, f"/connections/{row.pk}")
    assert "Remove" not in page
    assert "Check now" not in page
    for path in ("remove", "rotate", "rename"):
        assert mia.get(f"/connections/{row.pk}/{path}").status_code == 403
    for path in ("check", "refresh", "take-in", "pause", "rotation", "remove", "rotate"):
        assert mia.post(f"/connections/{row.pk}/{path}").status_code == 403
    assert mia.get("/connect/github/app").status_code == 403


def test_what_it_reaches_is_chosen_from_and_taken_in(world, browser, row):
    assert "List repositories" in shown(browser, f"/connections/{row.pk}")
    listing.refresh_now(local_caller(), row.pk)
    page = shown(browser, f"/connections/{row.pk}")
    assert "harbour/tide-api" in page
    assert "Public, not selected by the token" in page
    page = sent(browser, f"/connections/{row.pk}/take-in", access="selected", repositories=str(world.tide.id))
    assert "Taken in: harbour/tide-api" in page
    assert "Taken in, not fetched yet" in page
    assert "Nothing new was chosen" in sent(
        browser, f"/connections/{row.pk}/take-in", access="selected", repositories=str(world.tide.id)
    )
    (taken,) = services.list_repositories(local_caller())
    page = shown(browser, f"/repositories/{taken.pk}")
    assert "Harbour" in page
    assert "git clone" not in page
    assert "Not fetched yet" in page
    assert browser.post(f"/repositories/{taken.pk}/visibility", {"visibility": "public"}).status_code == 409
    assert "harbour/tide-api" in shown(browser, f"/scans/new?repository={taken.pk}")
    assert shown(browser, f"/scans/new/refs?repository={taken.pk}").strip() == ""


@pytest.mark.parametrize("text", ["x", "-1", "9" * 9000, "²"])
def test_an_id_that_is_none_takes_nothing_in(browser, row, text):
    listing.refresh_now(local_caller(), row.pk)
    page = sent(browser, f"/connections/{row.pk}/take-in", access="selected", repositories=text)
    assert "Nothing new was chosen" in page
    assert services.list_repositories(local_caller()) == []


def test_all_repositories(browser, row):
    listing.refresh_now(local_caller(), row.pk)
    page = sent(browser, f"/connections/{row.pk}/take-in", access="all")
    assert "harbour/tide-api, harbour/website" in page
    assert connections.get(local_caller(), row.pk).take_all


def test_looking_again_is_a_job_whose_progress_shows(browser, row):
    page = sent(browser, f"/connections/{row.pk}/refresh")
    assert "Waiting for its turn" in page
    assert "X-Keyhole-Finished" not in browser.get(f"/connections/{row.pk}/listing").headers
    listing.run(listing.latest(local_caller(), row.pk).pk)
    assert browser.get(f"/connections/{row.pk}/listing").headers["X-Keyhole-Finished"] == "1"


def test_a_revoked_token_shows_on_every_page_and_its_text_on_none(world, given, browser, row):
    take_in(row, "harbour/tide-api")
    world.revoke(given)
    page = sent(browser, f"/connections/{row.pk}/check")
    assert "does not accept the credential" in page
    assert "Refused" in page
    assert "not working" in shown(browser, "/connections")
    assert given.text not in page


def test_github_taking_it_is_said(browser, row):
    assert "GitHub takes the credential" in sent(browser, f"/connections/{row.pk}/check")


def test_checking_thoroughly_shows_what_it_can_do_beside_plan_and_use(world, given, browser, row):
    assert "was not asked yet what it can do" in shown(browser, f"/connections/{row.pk}")
    told = sent(browser, f"/connections/{row.pk}/inspect")
    assert "requests; it can do what it could before" in told
    given.permissions = {**given.permissions, "issues": Level.WRITE}
    assert "New: issues: write." in sent(browser, f"/connections/{row.pk}/inspect")
    text = shown(browser, f"/connections/{row.pk}")
    assert "It was changed on GitHub" in text
    assert "<b>Issues: write</b> is beyond the plan" not in text  # there was no plan
    assert given.text not in text
    assert world.changes == 0
    world.revoke(given)
    assert "does not accept" in sent(browser, f"/connections/{row.pk}/inspect")
    looker = browser_of(member().user_id)
    assert looker.post(f"/connections/{row.pk}/inspect").status_code == 403
    assert looker.get(f"/connections/{row.pk}").status_code == 200
    assert Client(HTTP_HOST="localhost").post(f"/connections/{row.pk}/inspect").status_code in (302, 403)


def test_rename_and_pause(browser, row):
    assert "Dock" in sent(browser, f"/connections/{row.pk}/rename", name="Dock")
    assert browser.post(f"/connections/{row.pk}/rename", {"name": ""}).status_code == 422
    assert "is paused" in sent(browser, f"/connections/{row.pk}/pause")
    assert "Resume" in shown(browser, f"/connections/{row.pk}")
    assert "paused" in shown(browser, f"/connections/{row.pk}").lower()
    assert "in use again" in sent(browser, f"/connections/{row.pk}/pause", off="1")


def test_rotation_and_taking_it_back(world, browser, row):
    fresh = world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions={"contents": "read"}
    )
    canaries.watch("rotated to", fresh.text)
    answer = browser.post(f"/connections/{row.pk}/rotate", {"credential": "ghp_" + "x" * 36})
    assert answer.status_code == 422
    assert b"xxxx" not in answer.content
    page = sent(browser, f"/connections/{row.pk}/rotate", credential=fresh.text)
    assert "waits for its first use" in page
    assert fresh.text not in page
    assert "stays in use" in sent(browser, f"/connections/{row.pk}/rotation", do="undo")
    sent(browser, f"/connections/{row.pk}/rotate", credential=fresh.text)
    assert "the old one is forgotten" in sent(browser, f"/connections/{row.pk}/rotation", do="finish")
    assert not Successor.objects.exists()
    assert vault.reveal(local_caller(), row.place).reveal() == fresh.text


def test_rotation_says_what_the_new_one_lacks_before_it_keeps_it(world, browser, row):
    sent(browser, f"/connections/{row.pk}/inspect")
    less = world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions={"issues": "read"}
    )
    canaries.watch("rotated to less", less.text)
    answer = browser.post(f"/connections/{row.pk}/rotate", {"credential": less.text})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "<b>contents: read</b>" in text
    assert less.text not in text
    assert not Successor.objects.exists()
    page = sent(browser, f"/connections/{row.pk}/rotate", credential=less.text, accept_less="1")
    assert "waits for its first use" in page
    assert "It can do more than the old one: issues: read." in page


def test_removing_asks_and_names_what_stops(browser, row):
    take_in(row, "harbour/tide-api")
    page = shown(browser, f"/connections/{row.pk}/remove")
    assert "Code scans of" in page
    assert "harbour/tide-api" in page
    assert vault.exists(row.place)
    page = sent(browser, f"/connections/{row.pk}/remove")
    assert "its credential forgotten" in page
    assert not vault.exists(row.place)
    assert "was removed" in shown(browser, f"/connections/{row.pk}")


def test_an_app_in_two_steps_without_its_key_in_a_page(world, browser):
    app = world.add_app("scanner", owner=world.harbour, permissions={"contents": "read"})
    world.add_installation(app, world.harbour, repositories=["harbour/tide-api"])
    canaries.watch("key of an App", app.private_key.splitlines()[1])
    answer = browser.post("/connect/github/app", {"github": world.url, "app_id": "x", "key": app.private_key})
    assert answer.status_code == 422
    assert app.private_key.splitlines()[1].encode() not in answer.content
    page = sent(browser, "/connect/github/app", github=world.url, app_id=str(app.id), key=app.private_key)
    assert "Choose the installation" in page
    assert app.private_key.splitlines()[1] not in page
    installation = next(iter(world.world.installations))
    step = browser.post(
        "/connect/github/app", {"github": world.url, "app_id": str(app.id), "key": app.private_key}
    ).url
    page = sent(browser, step, installation=str(installation))
    assert "is connected, its key sealed" in page
    assert "Contents" in page
    assert browser.get(step).status_code == 404
