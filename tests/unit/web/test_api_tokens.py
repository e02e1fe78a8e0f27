"""The pages of API tokens: made, shown once, listed, revoked."""

from __future__ import annotations

import re

import pytest

from keyhole.accounts.models import ApiToken
from keyhole.core.actions import Role
from tests import canaries
from tests.unit.accounts.kit import browser, person

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_made_shown_once_and_works():
    client = browser(person("mia"))
    form = {"name": "Dashboard", "days": "7", "action": ["scan:read", "token:read"]}
    page = client.post("/settings/api-tokens/new", form).content.decode()
    text = canaries.watch("API token", re.search(r"data-secret>(kha_\w+)<", page)[1])
    listing = client.get("/settings/api-tokens").content.decode()
    assert text not in listing
    assert "scan:read" in listing
    answer = browser().get("/api/keyhole/v1/user", HTTP_AUTHORIZATION=f"Bearer {text}")
    assert answer.json()["actions"] == ["scan:read", "token:read"]
    number = ApiToken.objects.get().pk
    assert "Dashboard" in client.get(f"/settings/api-tokens/{number}/revoke").content.decode()
    client.post(f"/settings/api-tokens/{number}/revoke")
    assert browser().get("/api/keyhole/v1/user", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 401


def test_only_what_the_role_includes_is_offered():
    page = browser(person("mia")).get("/settings/api-tokens/new").content.decode()
    assert 'value="token:create"' in page
    assert 'value="audit:read"' not in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "", "days": "7", "action": "scan:read"}, "needs a name"),
        ({"name": "x", "days": "0", "action": "scan:read"}, "expiration must be"),
        ({"name": "x", "days": "\u0663", "action": "scan:read"}, "expiration must be"),
        ({"name": "x", "days": "7"}, "at least one action"),
        ({"name": "x", "days": "7", "action": "audit:read"}, "does not include"),
    ],
)
def test_mistakes_stand_beside_their_field(form, words):
    answer = browser(person("mia")).post("/settings/api-tokens/new", form)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not ApiToken.objects.exists()


def test_somebody_elses_is_not_found_and_strangers_sign_in():
    mia = browser(person("mia"))
    mia.post("/settings/api-tokens/new", {"name": "x", "days": "7", "action": "scan:read"})
    number = ApiToken.objects.get().pk
    nina, owner = browser(person("nina")), browser(person("olga", Role.OWNER))
    for method in ("get", "post"):
        assert getattr(nina, method)(f"/settings/api-tokens/{number}/revoke").status_code == 404
    assert "of mia" in owner.get("/settings/api-tokens").content.decode()
    for path in ("", "/new", f"/{number}/revoke"):
        assert browser().get(f"/settings/api-tokens{path}")["Location"].startswith("/sign-in?")
