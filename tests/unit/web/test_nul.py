"""A NUL character is refused wherever a browser or a program writes one; also run on PostgreSQL, which keeps none."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from keyhole.accounts import api_tokens
from keyhole.core.actions import Role
from tests import canaries
from tests.unit.accounts.kit import browser, caller, person

pytestmark = pytest.mark.django_db
PAGES = (
    "/libraries?q=fl%00ask",
    "/libraries?licence=%00",
    "/findings?q=%00",
    "/findings?%00=x",
    "/audit?who=%00",
    "/scans/history?q=%00",
    "/scans?q=%00",
    "/repositories?q=%00",
)
ROUTES = ("/findings?q=%00", "/findings?package=fl%00ask", "/scans?repository=a%00/b")


@pytest.fixture
def olga():
    return person("olga", Role.OWNER)


@pytest.mark.parametrize("address", PAGES)
def test_pages_say_what_is_wrong_with_the_address(olga, address):
    shown = browser(olga).get(address)
    assert shown.status_code == 400
    assert "has a NUL character in it" in shown.content.decode()


def test_forms_are_refused_whole(olga):
    sent = {"name": "a\0b", "description": "", "rank": "1"}
    assert browser(olga).post("/settings/environments/new", sent).status_code == 400


def test_sign_in_is_a_form_like_others():
    assert (
        Client(HTTP_HOST="localhost").post("/sign-in", {"email": "a\0b", "password": "x"}).status_code == 400
    )


@pytest.mark.parametrize("route", ROUTES)
def test_routes_of_the_api_say_so_in_their_shape(olga, route):
    answer = asked(olga, "GET", route)
    assert answer.status_code == 400
    assert "NUL" in answer.json()["message"]
    assert answer.json()["status"] == "400"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "accepted", "scope": "package", "ecosystem": "PyPI", "package": "fl\0ask", "ids": ["CVE-1"]},
        {"kind": "accepted", "scope": "package", "ecosystem": "PyPI", "package": "flask", "ids": ["CVE\0"]},
        {"kind": "accepted", "scope": "repository", "repository": "a\0/b"},
    ],
)
def test_bodies_are_looked_through(olga, body):
    assert asked(olga, "POST", "/decisions/preview", body).status_code == 400


def test_a_webhook_has_no_such_name():
    answer = Client(HTTP_HOST="localhost").post("/hooks/a%00b", "{}", "application/json")
    assert answer.status_code == 404


def asked(olga, method, route, body=None):
    issued = api_tokens.create(
        caller(olga), "t", ["finding:read", "finding:decide", "scan:read", "repository:read"]
    )
    secret = canaries.watch("API token", issued.secret.reveal())
    return Client(HTTP_HOST="localhost").generic(
        method,
        f"/api/keyhole/v1{route}",
        json.dumps(body),
        "application/json",
        HTTP_AUTHORIZATION=f"Bearer {secret}",
    )
