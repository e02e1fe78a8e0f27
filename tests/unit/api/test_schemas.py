"""What a body may hold: times, numbers and texts that can be kept, and a 422 with the field's name for all others."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from keyhole.core.errors import InvalidInput, MalformedRequest
from tests.unit.api.test_api import BASE, is_problem, olga, posted, secret_of

pytestmark = pytest.mark.django_db(transaction=True)
assert olga  # the fixture
LATEST, EARLIEST = "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"
HALF = "\ud800"
SCHEDULE = {"name": "n", "repositories": ["acme/tool"], "when": "once"}
DECISION = {"kind": "accepted", "reason": "r", "scope": "repository", "repository": "acme/tool"}
POLICY = {"name": "P", "gates": [{"gate": "complete"}]}


@pytest.fixture
def bearer(olga):
    return f"Bearer {secret_of(olga)}"


def field_of(answer):
    """The field that is named, by whatever found it wrong."""
    assert is_problem(answer, 422)
    told = answer.json()
    return told["field"] if "field" in told else told["errors"][0]["field"]


def test_a_schedule_of_a_branch_that_is_not_there_is_made_with_a_warning(bearer):
    made = posted("/schedules", bearer, {**SCHEDULE, "when": "push", "ref": "rel"}).json()
    assert made["ref"] == "rel"
    assert "acme/tool has no branch or tag called 'rel'" in made["warnings"][0]
    assert posted("/schedules", bearer, {**SCHEDULE, "when": "push"}).json()["warnings"] == []


@pytest.mark.parametrize("at", [LATEST, EARLIEST, "9999-12-31T23:59:00Z"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_a_schedule_of_a_time_that_cannot_be_told_is_refused(bearer, at, zone):
    assert field_of(posted("/schedules", bearer, {**SCHEDULE, "at": at, "zone": zone})).endswith("at")


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"when": "push", "cron": "0 2 * * *"}, "cron"),
        ({"when": "push", "zone": "Europe/Berlin"}, "zone"),
        ({"when": "push", "at": "2030-01-31T06:00:00Z"}, "at"),
        ({"when": "times", "cron": "0 2 * * *", "at": "2030-01-31T06:00:00Z"}, "at"),
        ({"when": "times", "cron": "0 2 * * *", "poll_minutes": 5}, "poll_minutes"),
        ({"when": "once", "at": "2030-01-31T06:00:00Z", "cron": "0 2 * * *"}, "cron"),
    ],
)
def test_a_schedule_is_told_nothing_that_would_be_left_out(bearer, told, field):
    assert field_of(posted("/schedules", bearer, {**SCHEDULE, **told})) == field


@pytest.mark.parametrize(
    "when",
    [
        {"when": "push", "poll_minutes": 15},
        {"when": "times", "cron": "0 2 * * *", "zone": "Europe/Berlin"},
        {"when": "once", "at": "2030-01-31T06:00:00Z", "zone": "Europe/Berlin"},
    ],
)
def test_what_a_schedule_is_shown_as_makes_another_one(bearer, when):
    shown = posted("/schedules", bearer, {**SCHEDULE, **when}).json()
    again = {name: value or "" for name, value in shown.items() if name in SCHEDULE or name in when}
    same = {name: shown[name] for name in ("at", "cron", "zone", "poll_minutes")}
    answer = posted("/schedules", bearer, {**again, **same})
    assert answer.status_code == 201
    assert answer.json()["next_times"] == shown["next_times"]


@pytest.mark.parametrize("until", [LATEST, EARLIEST, "9999-12-31T23:59:59", "9999-12-31"])
def test_a_decision_until_such_a_time_is_refused(bearer, until):
    assert field_of(posted("/decisions", bearer, {**DECISION, "until": until})).endswith("until")


@pytest.mark.parametrize("since", [LATEST, EARLIEST])
def test_nor_are_findings_looked_for_since_then(bearer, since):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=bearer)
    assert field_of(client.get(f"{BASE}/findings", {"since": since})).endswith("since")


@pytest.mark.parametrize("path", ["/decisions", "/decisions/preview"])
@pytest.mark.parametrize("number", [10**30, 2**63, 0, -1, -(10**30)])
@pytest.mark.parametrize("scope", ["finding", "package", "repository"])
def test_a_number_that_no_finding_has_is_refused(bearer, path, number, scope):
    body = {"kind": "accepted", "reason": "r", "scope": scope, "until": "2027-06-30", "findings": [number]}
    assert "findings" in field_of(posted(path, bearer, body))


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/scans", {"repository": HALF}, "repository"),
        ("/scans", {"repository": "acme/tool", "scanners": ["secrets", f"a{HALF}b"]}, "scanners.1"),
        ("/tokens", {"name": "x", "resource_owner": "olga", "permissions": {HALF: "read"}}, "permissions"),
        ("/policies", {**POLICY, "gates": [{"gate": "findings", "because": "\udfff"}]}, "gates.0.because"),
        ("/policies/trial", {"policy": {**POLICY, "name": HALF}}, "policy.name"),
        ("/environments", {"name": "Live", "description": HALF}, "description"),
        ("/environments", {"name": "Live", "due_days": {HALF: 3}}, "due_days"),
        ("/decisions/preview", {**DECISION, "ids": [HALF]}, "ids.0"),
    ],
)
def test_half_of_a_character_is_refused_wherever_it_stands(bearer, path, body, field):
    refused = posted(path, bearer, body)
    assert field_of(refused) == field
    assert "half of a character" in refused.json()["message"]


def test_nor_does_it_pass_as_bytes(bearer):
    answer = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=bearer).post(
        f"{BASE}/scans", b'{"repository":"\xed\xa0\x80"}', "application/json"
    )
    assert field_of(answer).endswith("repository")


def test_both_halves_are_a_character(bearer):
    body = {"repository": "acme/tool", "run_now": False, "name": "\U0001f511"}
    assert "\\ud83d\\udd11" in json.dumps(body)
    assert posted("/scans", bearer, body).json()["name"] == "\U0001f511"


def test_what_is_nested_is_looked_through_without_recursion():
    from keyhole.api.schemas import PolicyWanted

    deep = [HALF]
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidInput):
        PolicyWanted(name="P", gates=deep)
    with pytest.raises(MalformedRequest):
        PolicyWanted(name="P", gates=[{"gate": {"a": "\0"}}])
