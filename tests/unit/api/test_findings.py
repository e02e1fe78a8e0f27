"""The filter of findings: what it does not know is refused, since it may have been meant as a limit."""

from __future__ import annotations

import pytest
from django.test import Client

from keyhole.core.terms import Kind, Severity
from keyhole.findings.models import Problem
from tests.unit.api.test_api import BASE, is_problem, olga, secret_of
from tests.unit.findings import making

pytestmark = pytest.mark.django_db(transaction=True)
assert olga  # the fixture


@pytest.mark.parametrize("name", ["bogus", "severities", "Severity"])
def test_a_parameter_that_there_is_not_is_refused_by_name(olga, name):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    answer = client.get(f"{BASE}/findings", {"severity": "low", name: "1"})
    assert is_problem(answer, 422)
    assert answer.json()["field"] == name
    assert client.get(f"{BASE}/findings", {"severity": ["low", "high"], "page": "1"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("get", "/scans?state=failed", "page, repository"),
        ("get", "/scans/1/result?form=csv", "format"),
        ("get", "/decisions/1?version=2", ""),
        ("post", "/repositories/1/sarif?branch=dev", "environment, ref, root"),
        ("post", "/scans/1/run?now=1", ""),
    ],
)
def test_every_address_refuses_what_it_does_not_take(olga, method, path, known):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    answer = getattr(client, method)(f"{BASE}{path}", content_type="application/json")
    assert is_problem(answer, 422)
    told = answer.json()
    assert told["field"] == path.partition("?")[2].partition("=")[0]
    assert told["hint"] == (f"There are: {known}." if known else "This address takes none.")


def test_a_stranger_learns_no_parameters():
    assert is_problem(Client(HTTP_HOST="localhost").get(f"{BASE}/scans?state=failed"), 401)


@pytest.mark.parametrize(("field", "value"), [("kind", "nope"), ("scanner", "nope"), ("scanner", "Secrets")])
def test_a_value_that_there_is_not_is_refused_by_name(olga, field, value):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    answer = client.get(f"{BASE}/findings", {field: ["secret" if field == "kind" else "secrets", value]})
    assert is_problem(answer, 422)
    told = answer.json()
    assert told.get("field", told.get("errors", [{}])[0].get("field")) == {"kind": "kind.1"}.get(field, field)


def test_a_scanner_of_which_there_are_findings_is_known_also_when_it_is_gone(olga):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    asked = {"scanner": "sarif-old-tool"}
    assert is_problem(client.get(f"{BASE}/findings", asked), 422)
    found = making.finding(
        "sarif-old-tool", "a-rule", making.hash_of("x"), "a.py", 1, severity=Severity.LOW, kind=Kind.CODE
    )
    making.scanned(making.repository(), [found], scanners=("sarif-old-tool",))
    assert client.get(f"{BASE}/findings", asked).json()["total"] == 1


@pytest.mark.parametrize(
    ("until", "ends"),
    [
        ("2030-03-31", "2030-03-31T23:59:59Z"),
        ("2030-03-31T00:00:00Z", "2030-03-31T00:00:00Z"),
        ("2030-03-31T00:00:00+02:00", "2030-03-30T22:00:00Z"),
    ],
)
def test_a_day_by_itself_is_the_last_one_of_a_decision(olga, until, ends):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    making.scanned(making.repository(), [making.secret("a")])
    wanted = {
        "kind": "accepted",
        "reason": "A test value.",
        "findings": [Problem.objects.get().pk],
        "until": until,
    }
    made = client.post(f"{BASE}/decisions", wanted, "application/json")
    assert (made.status_code, made.json()["expires_at"]) == (201, ends)


def test_who_decides_later_is_told_what_that_replaces_and_refused_if_they_have_not_seen_it(olga):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    making.scanned(making.repository(), [making.secret("a")])
    wanted = {"kind": "false_positive", "reason": "A test value.", "findings": [Problem.objects.get().pk]}

    def post(path="/decisions", **more):
        return client.post(f"{BASE}{path}", {**wanted, **more}, "application/json")

    assert post("/decisions/preview").json()["replaces"] == []
    first = post(replaces=[]).json()
    assert first["replaces"] == []
    refused = post(replaces=[], reason="Mine.")
    assert is_problem(refused, 409)
    assert f"decision {first['id']}: false positive, by " in refused.content.decode()
    (seen,) = post("/decisions/preview").json()["replaces"]
    assert (seen["id"], seen["reason"]) == (first["id"], "A test value.")
    (replaced,) = post(replaces=[seen["id"]]).json()["replaces"]
    assert replaced["id"] == first["id"]
    assert len(post().json()["replaces"]) == 1, "who does not say what they saw is told"
