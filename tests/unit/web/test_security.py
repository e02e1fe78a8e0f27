"""Signing in in two steps, and the pages where people change how they sign in."""

from __future__ import annotations

import html
import re
import time
from base64 import b32decode

import pytest
from django.core.cache import cache

from keyhole.accounts import sign_in_policy
from keyhole.accounts.models import Passkey, User
from keyhole.audit.models import Entry
from keyhole.core import totp
from keyhole.core.actions import Role
from keyhole.web import throttle
from tests import canaries
from tests.unit.accounts.kit import PASSWORD, browser, caller, person
from tests.unit.accounts.soft_authenticator import ORIGIN, SoftAuthenticator

pytestmark = pytest.mark.django_db(transaction=True)
NOW = 1_800_000_015.0
NEW = "a quiet harbour at night"


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    settings.KEYHOLE_URL = ORIGIN
    cache.clear()
    monkeypatch.setattr(time, "time", lambda: NOW)
    yield lambda seconds: monkeypatch.setattr(time, "time", lambda: NOW + seconds)
    cache.clear()


def set_up_app(client):
    """An app by way of the page; returns its secret and the recovery codes."""
    page = client.get("/settings/security/app").content.decode()
    spelled = re.search(r'secret-text">([A-Z2-7]+)<', page)[1]
    canaries.watch("app secret", spelled)
    secret = b32decode(spelled + "=" * (-len(spelled) % 8))
    answer = client.post(
        "/settings/security/app", {"code": totp.code(secret, int(NOW // 30)), "password": PASSWORD}
    )
    codes = re.search(r"data-secret>([^<]+)<", answer.content.decode())[1].split()
    for code in codes:
        canaries.watch("recovery code", code)
    return secret, codes


def first_step(client, login="mia", **more):
    return client.post("/sign-in", {"name": login, "password": PASSWORD, **more})


def signed_in(client):
    return client.get("/settings").status_code == 200


def test_a_code_is_asked_for_after_the_password(clock):
    secret, _ = set_up_app(browser(person("mia")))
    client = browser()
    assert first_step(client, next="/scans")["Location"] == "/sign-in/second"
    assert not signed_in(client), "half of the way is not in"
    assert client.post("/sign-in/second", {"code": "000000"}).status_code == 401
    clock(30)
    answer = client.post("/sign-in/second", {"code": totp.code(secret, int(NOW // 30) + 1)})
    assert answer["Location"] == "/scans"
    assert signed_in(client)
    entry = Entry.objects.filter(action="account:sign_in", outcome="allowed").latest("seq")
    assert entry.subject["how"] == "password and authenticator app"


def test_a_recovery_code_signs_in_once():
    _, codes = set_up_app(browser(person("mia")))
    client = browser()
    first_step(client)
    assert client.post("/sign-in/second", {"code": codes[3]})["Location"] == "/"
    again = browser()
    first_step(again)
    assert again.post("/sign-in/second", {"code": codes[3]}).status_code == 401
    assert not signed_in(again)


def test_the_second_step_alone_is_nothing():
    set_up_app(browser(person("mia")))
    for method in ("get", "post"):
        answer = getattr(browser(), method)("/sign-in/second")
        assert answer["Location"] == "/sign-in"


def test_too_many_wrong_codes_send_back_to_the_password():
    _, codes = set_up_app(browser(person("mia")))
    client = browser()
    first_step(client)
    answers = [client.post("/sign-in/second", {"code": "000000"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [302]
    assert client.post("/sign-in/second", {"code": codes[0]})["Location"] == "/sign-in"
    first_step(client)
    client.post("/sign-in/second", {"code": "000000"})
    assert client.post("/sign-in/second", {"code": codes[0]}).status_code == 429, (
        "a new start is no new tries"
    )


def test_many_addresses_are_not_many_tries():
    _, codes = set_up_app(browser(person("mia")))
    for number in range(throttle.PER_ACCOUNT // 4):
        client = browser()
        client.defaults["REMOTE_ADDR"] = f"198.51.100.{number}"
        first_step(client)
        for _ in range(4):
            assert client.post("/sign-in/second", {"code": "000000"}).status_code == 401
    client = browser()
    client.defaults["REMOTE_ADDR"] = "203.0.113.7"
    first_step(client)
    assert client.post("/sign-in/second", {"code": codes[0]}).status_code == 429
    assert not signed_in(client)


def test_the_first_step_is_worth_ten_minutes_and_this_password(clock):
    _, codes = set_up_app(browser(person("mia")))
    client = browser()
    first_step(client)
    clock(601)
    assert client.post("/sign-in/second", {"code": codes[0]})["Location"] == "/sign-in"
    clock(0)
    first_step(client)
    mia = User.objects.get(email="mia@example.invalid")
    mia.set_password(NEW)
    mia.save()
    assert client.post("/sign-in/second", {"code": codes[0]})["Location"] == "/sign-in"


def test_a_planted_session_does_not_become_one(settings):
    set_up_app(browser(person("mia")))
    client = browser()
    client.get("/settings/security/app")
    client.cookies[settings.SESSION_COOKIE_NAME] = "planted0planted0planted0planted0"
    first_step(client)
    half = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert half != "planted0planted0planted0planted0"
    client.post("/sign-in/second", {"code": "000000"})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value == half


def test_every_change_takes_the_password():
    mia = person("mia")
    client = browser(mia)
    _, codes = set_up_app(client)
    for path in ("app/remove", "recovery-codes"):
        for form in ({}, {"password": "wrong"}):
            answer = client.post(f"/settings/security/{path}", form)
            assert (answer.status_code, "not your password" in answer.content.decode()) == (422, True)
    answer = client.post("/settings/security/recovery-codes", {"password": PASSWORD})
    for code in re.search(r"data-secret>([^<]+)<", answer.content.decode())[1].split():
        canaries.watch("recovery code", code)
    assert codes[0] not in answer.content.decode()
    assert (
        client.post("/settings/security/app/remove", {"password": PASSWORD})["Location"]
        == "/settings/security"
    )
    assert not mia.has_second_factor


def test_guessing_at_the_confirmation_is_slowed_down():
    client = browser(person("mia"))
    answers = [client.post("/settings/security/password", {"password": "wrong"}) for _ in range(7)]
    assert "Too many wrong tries" in answers[-1].content.decode()
    right = client.post("/settings/security/password", {"password": PASSWORD, "new": NEW, "again": NEW})
    assert right.status_code == 422


def test_a_new_password_signs_every_other_browser_out():
    mia = person("mia")
    here, there = browser(mia), browser(mia)
    form = {"password": PASSWORD, "new": NEW, "again": NEW}
    assert here.post("/settings/security/password", {**form, "again": "x"}).status_code == 422
    assert (
        here.post("/settings/security/password", {**form, "new": "short", "again": "short"}).status_code
        == 422
    )
    assert here.post("/settings/security/password", form)["Location"] == "/settings/security"
    assert (signed_in(here), signed_in(there)) == (True, False)


def test_a_passkey_is_added_used_alone_and_as_second_step_and_removed():
    mia, device = person("mia"), SoftAuthenticator()
    client = browser(mia)
    options = client.post("/settings/security/passkeys/options").json()
    form = {"name": "Laptop", "answer": device.create(options)}
    assert client.post("/settings/security/passkeys/new", {**form, "password": "wrong"}).status_code == 422
    options = client.post("/settings/security/passkeys/options").json()
    answer = client.post(
        "/settings/security/passkeys/new",
        {"name": "Laptop", "answer": device.create(options), "password": PASSWORD},
    )
    for code in re.search(r"data-secret>([^<]+)<", answer.content.decode())[1].split():
        canaries.watch("recovery code", code)

    alone = browser()
    options = alone.post("/sign-in/passkey/options").json()
    proof = device.get(options)
    assert alone.post("/sign-in/passkey", {"answer": proof, "next": "//evil.example"})["Location"] == "/"
    assert signed_in(alone)
    assert browser().post("/sign-in/passkey", {"answer": proof}).status_code == 401, "no second use"

    second = browser()
    assert first_step(second)["Location"] == "/sign-in/second"
    options = second.post("/sign-in/passkey/options").json()
    assert second.post("/sign-in/passkey", {"answer": device.get(options)})["Location"] == "/"

    number = Passkey.objects.get().pk
    assert client.post(f"/settings/security/passkeys/{number}/remove", {}).status_code == 422
    client.post(f"/settings/security/passkeys/{number}/remove", {"password": PASSWORD})
    assert not Passkey.objects.exists()


def test_anothers_passkey_does_not_finish_ones_sign_in():
    set_up_app(browser(person("mia")))
    nina, device = person("nina"), SoftAuthenticator()
    client = browser(nina)
    options = client.post("/settings/security/passkeys/options").json()
    answer = client.post(
        "/settings/security/passkeys/new",
        {"name": "x", "answer": device.create(options), "password": PASSWORD},
    )
    for code in re.search(r"data-secret>([^<]+)<", answer.content.decode())[1].split():
        canaries.watch("recovery code", code)
    half = browser()
    first_step(half)
    options = half.post("/sign-in/passkey/options").json()
    assert half.post("/sign-in/passkey", {"answer": device.get(options)}).status_code == 401
    assert not signed_in(half)


def test_browsers_are_listed_and_signed_out():
    mia = person("mia")
    here, there, third = browser(mia), browser(mia), browser(mia)
    for client in (there, third):
        client.get("/settings", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    page = here.get("/settings/security").content.decode()
    assert "Firefox on Linux" in page
    handle = re.search(r'name="session" value="([0-9a-f]+)"', page)[1]
    here.post("/settings/security/sessions/end", {"session": handle})
    assert [signed_in(client) for client in (there, third)].count(True) == 1
    here.post("/settings/security/sessions/end", {"others": "1"})
    assert [signed_in(client) for client in (here, there, third)] == [True, False, False]
    assert (
        browser(person("nina")).post("/settings/security/sessions/end", {"session": handle}).status_code
        == 404
    )


def test_a_role_that_needs_a_second_factor_can_do_nothing_else_before():
    owner, mia = person("olga", Role.OWNER), person("mia", Role.MAINTAINER)
    sign_in_policy.require_second_factor(caller(owner), {Role.MAINTAINER})
    client = browser(mia)
    for path in ("/", "/repositories", "/settings/personal-access-tokens/new", "/settings/members"):
        assert client.get(path)["Location"] == "/settings/security", path
    page = html.unescape(client.get("/settings/security").content.decode())
    assert "Your role needs a second factor" in page
    set_up_app(client)
    assert client.get("/repositories").status_code == 200
    assert browser(person("nina")).get("/repositories").status_code == 200, "another role"


def test_a_stranger_sees_nothing_of_it():
    for path in ("", "/password", "/app", "/recovery-codes", "/passkeys/new", "/passkeys/1/remove"):
        assert browser().get(f"/settings/security{path}")["Location"].startswith("/sign-in?")
    for path in ("/passkeys/options", "/sessions/end"):
        assert browser().post(f"/settings/security{path}")["Location"].startswith("/sign-in?")


def test_signing_out_is_on_record():
    client = browser(person("mia"))
    client.post("/sign-out")
    assert not signed_in(client)
    assert Entry.objects.filter(action="account:sign_out").count() == 1


def test_a_reset_link_walks_from_the_owner_to_the_person():
    owner, mia = person("olga", Role.OWNER), person("mia")
    set_up_app(browser(mia))
    page = browser(owner).post(f"/settings/members/{mia.pk}/reset", {"factors": "1"}).content.decode()
    code = canaries.watch("reset code", re.search(r"/reset/([\w-]+)", page)[1])
    client = browser()
    assert client.get(f"/reset/{code}")["Location"] == "/reset"
    assert client.post("/reset", {"new": NEW, "again": "x"}).status_code == 422
    assert client.post("/reset", {"new": NEW, "again": NEW})["Location"] == "/sign-in"
    assert client.post("/sign-in", {"name": "mia", "password": NEW})["Location"] == "/"
    assert browser().get(f"/reset/{code}").status_code == 403
    assert browser().post("/reset", {"new": NEW, "again": NEW}).status_code == 403
    assert browser(mia).get(f"/settings/members/{owner.pk}/reset").status_code == 302
