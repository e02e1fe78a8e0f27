"""The SARIF file of another tool, sent to the API as it is."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from keyhole.jobs import engine
from keyhole.scans.models import Scan
from tests.unit.api.test_api import BASE, olga, secret_of

pytestmark = pytest.mark.django_db(transaction=True)
assert olga  # the fixture
PLACE = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 3}}}


def document(filling=0):
    driver = {"name": "Acme", "properties": {"filling": "x" * filling}}
    results = [{"ruleId": "R1", "message": {"text": "m"}, "locations": [PLACE]}]
    return json.dumps(
        {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    ).encode()


@pytest.fixture
def send(olga, monkeypatch):
    monkeypatch.setattr(engine, "enqueue", lambda _kind, _row: None)
    secret = secret_of(olga)

    def post(body, query="", number=None):
        from keyhole.repositories.models import Repository

        number = number or Repository.objects.get().pk
        return Client(HTTP_HOST="localhost").generic(
            "POST",
            f"{BASE}/repositories/{number}/sarif{query}",
            body,
            "application/sarif+json",
            HTTP_AUTHORIZATION=f"Bearer {secret}",
        )

    return post


@pytest.mark.parametrize("filling", [0, 3 << 20])
def test_a_file_becomes_a_scan_with_findings(send, filling):
    answer = send(document(filling))
    assert answer.status_code == 201, answer.content
    assert answer.json()["scanners"] == ["sarif-acme"]
    assert Scan.objects.get(pk=answer.json()["id"]).findings.get().path == "a.py"


@pytest.mark.parametrize(
    ("body", "query", "says"),
    [
        (b"", "", "no JSON"),
        (b"{}", "", "version is missing"),
        (document(17 << 20), "", "more than 16 MiB"),
        (document(), "?ref=none", "no branch or tag"),
        (document(), "?environment=none", "no such environment"),
    ],
)
def test_a_wrong_one_is_refused_with_the_reason(send, body, query, says):
    answer = send(body, query)
    assert answer.status_code == 422
    assert says in answer.json()["message"]
    assert not Scan.objects.exists()


def test_a_repository_that_is_not_there_is_not_found(send):
    assert send(document(), number=4711).status_code == 404
