"""What a decision is about, as the API is told it: what says nothing, or two things, is refused."""

from __future__ import annotations

import pytest
from django.test import Client

from keyhole.findings.models import Problem
from tests.unit.api.test_api import BASE, is_problem, olga, secret_of
from tests.unit.findings import making

pytestmark = pytest.mark.django_db(transaction=True)
assert olga  # the fixture


@pytest.fixture
def preview(olga):
    """What the API answers to whoever asks what such a decision would hide."""
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")

    def asked(**body):
        body = {"kind": "false_positive", **body}
        return client.post(f"{BASE}/decisions/preview", body, "application/json")

    return asked


@pytest.fixture
def place():
    made = making.repository()
    making.scanned(made, [making.secret("a"), making.secret("b", rule="other", path="b.py")])
    return made


def finding():
    return Problem.objects.get(rule="github-token").pk


def test_a_finding_says_the_rule_also_where_its_repository_is_named(preview, place):
    wanted = {"scope": "repository", "repository": place.full_name}
    assert preview(**wanted, findings=[finding()]).json()["hides"] == 1
    assert preview(**wanted, findings=[finding()], rule="other").json()["hides"] == 1
    assert preview(**wanted, findings=[finding()], rule="").json()["hides"] == 2
    assert preview(**wanted).json()["hides"] == 2


def test_a_repository_that_is_not_the_findings_is_refused(preview, place):
    other = making.repository()
    answer = preview(scope="repository", repository=other.full_name, findings=[finding()])
    assert is_problem(answer, 422)
    assert answer.json()["field"] == "repository"


@pytest.mark.parametrize(
    ("scope", "field", "value"),
    [
        ("finding", "rule", "other"),
        ("finding", "path", "src"),
        ("finding", "package", "flask"),
        ("finding", "repository", "harbour/tide"),
        ("repository", "ids", ["CVE-1"]),
        ("package", "path", "src"),
    ],
)
def test_a_field_that_says_nothing_in_the_scope_is_refused_by_name(preview, place, scope, field, value):
    answer = preview(scope=scope, findings=[finding()], **{field: value})
    assert is_problem(answer, 422)
    assert answer.json()["field"] == field
    assert "It is told by: findings" in answer.json()["hint"]
