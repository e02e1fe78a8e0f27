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


@pytest.mark.parametrize(("field", "value"), [("kind", "nope"), ("scanner", "nope"), ("scanner", "Secrets")])
def test_a_value_that_there_is_not_is_refused_by_name(olga, field, value):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    answer = client.get(f"{BASE}/findings", {field: ["secret" if field == "kind" else "secrets", value]})
    assert is_problem(answer, 422)
    assert field in answer.content.decode()


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
