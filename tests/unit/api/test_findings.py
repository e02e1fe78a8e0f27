"""The filter of findings: what it does not know is refused, since it may have been meant as a limit."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.unit.api.test_api import BASE, is_problem, olga, secret_of

pytestmark = pytest.mark.django_db(transaction=True)
assert olga  # the fixture


@pytest.mark.parametrize("name", ["bogus", "severities", "Severity"])
def test_a_parameter_that_there_is_not_is_refused_by_name(olga, name):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    answer = client.get(f"{BASE}/findings", {"severity": "low", name: "1"})
    assert is_problem(answer, 422)
    assert answer.json()["field"] == name
    assert client.get(f"{BASE}/findings", {"severity": ["low", "high"], "page": "1"}).status_code == 200
