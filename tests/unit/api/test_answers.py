"""Errors that nobody foresaw are JSON under the API's path too, and say nothing of what went wrong."""

from __future__ import annotations

import pytest
from django.test import Client

from keyhole.repositories import services
from keyhole.scans import services as scans
from tests.unit.accounts.kit import browser
from tests.unit.api.test_api import BASE, is_problem, olga, secret_of

pytestmark = pytest.mark.django_db(transaction=True)
assert olga  # the fixture


def breaks(*_args, **_more):
    raise RuntimeError("planted words of an exception")


def test_an_unexpected_error_is_json_without_its_details(olga, monkeypatch):
    monkeypatch.setattr(services, "list_repositories", breaks)
    client = Client(
        HTTP_HOST="localhost",
        HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}",
        raise_request_exception=False,
    )
    answer = client.get(f"{BASE}/repositories")
    assert is_problem(answer, 500)
    assert "planted" not in answer.content.decode()
    assert "RuntimeError" not in answer.content.decode()


def test_a_body_that_is_too_large_is_told_in_the_same_shape(olga):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    body = '{"repository":"' + "x" * (3 << 20) + '"}'
    assert is_problem(client.post(f"{BASE}/scans", body, "application/json"), 400)


def test_people_still_get_pages(olga, monkeypatch):
    monkeypatch.setattr(scans, "list_scans", breaks)
    client = browser(olga)
    client.raise_request_exception = False
    shown = client.get("/scans")
    assert (shown.status_code, shown["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "Something went wrong in Keyhole" in shown.content.decode()
    strange = client.get("/scans", HTTP_HOST="elsewhere.example")
    assert (strange.status_code, strange["Content-Type"]) == (400, "text/html; charset=utf-8")
