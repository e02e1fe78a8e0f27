"""Environments and scan policies by the API: made, changed, tried, removed; checked and recorded as on the pages."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from keyhole.accounts import api_tokens
from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.environments.models import Environment, PolicyVersion
from keyhole.notifications.models import Channel
from keyhole.scans.models import Scan
from keyhole.schedules import services as schedules
from keyhole.schedules.services import ScheduleSpec
from tests import canaries
from tests.unit.accounts.kit import caller, person
from tests.unit.findings.making import repository, scanned, secret
from tests.unit.scans.test_job import result

pytestmark = pytest.mark.django_db(transaction=True)
STRICT = {"name": "Strict", "gates": [{"gate": "findings", "severity": "high"}]}


@pytest.fixture
def api():
    user = person("olga", Role.OWNER)
    held = ["environment:read", "environment:change", "scan:read", "finding:read", "schedule:read"]
    token = canaries.watch("API token", api_tokens.create(caller(user), "t", held).secret.reveal())

    def ask(method, path, body=None, status=200):
        answer = Client(HTTP_HOST="localhost").generic(
            method,
            f"/api/keyhole/v1{path}",
            body if isinstance(body, str) else b"" if body is None else json.dumps(body),
            "application/json",
            HTTP_AUTHORIZATION=f"Bearer {token}",
        )
        assert answer.status_code in (status if isinstance(status, tuple) else (status,)), answer.content
        return answer.json() if answer.content else None

    return ask


def recorded(action):
    return Entry.objects.filter(action=action, outcome="allowed").last()


def test_a_policy_is_kept_changed_read_as_it_was_and_removed(api):
    made = api("POST", "/policies", STRICT, 201)
    path = f"/policies/{made['id']}"
    assert (made["version"], made["policy"]["gates"][0]["most"]) == (1, 0)
    assert recorded("scan_policy:create").actor["via"] == "api"
    lax = {**STRICT, "gates": [{"gate": "findings", "most": 5}]}
    assert api("PUT", path, lax)["version"] == 2
    assert api("PUT", path, lax)["version"] == 2
    then = api("GET", f"{path}?version=1")
    assert (then["version"], then["latest"], then["policy"]["gates"][0]["severity"]) == (1, 2, "high")
    assert api("GET", f"{path}?version=3", status=404)["hint"] == "The last is 2."
    assert api("POST", "/policies", STRICT, 409)["hint"]
    assert recorded("scan_policy:change").subject["version"] == 2
    api("DELETE", path, status=204)
    assert api("GET", "/policies")["total"] == 0


@pytest.mark.parametrize(
    ("gates", "field"),
    [
        ([], "gates"),
        ([{"gate": "findings", "severity": "worst"}], "gates[1].severity"),
        ([{"gate": "findings", "scanners": ["secret"]}], "gates[1].scanners"),
        ([{"gate": "scanners", "required": ["dependency"]}], "gates[1].required"),
        ([{"gate": "complete", "more": 1}], "gates[1]"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field_and_not_tried_either(api, gates, field):
    policy = {"name": "P", "gates": gates}
    assert api("POST", "/policies", policy, 422)["field"] == field
    assert api("POST", "/policies/trial", {"policy": policy}, 422)["field"] == field
    assert not PolicyVersion.objects.exists()


def test_an_environment_is_made_replaced_and_removed(api):
    policy = api("POST", "/policies", STRICT, 201)["id"]
    wanted = {
        "name": "Live",
        "rank": 1,
        "policy": "Strict",
        "due_days": {"critical": 7},
        "tell_github": ["status"],
    }
    made = api("POST", "/environments", wanted, 201)
    path = f"/environments/{made['id']}"
    assert api("GET", path) == made
    assert (made["policy"]["name"], made["rank"], made["due_days"]) == ("Strict", 1, {"critical": 7})
    assert "judges the scans of Live" in api("DELETE", f"/policies/{policy}", status=409)["message"]
    assert recorded("environment:create").subject["policy"] == "Strict"
    Environment.objects.get().channels.add(
        Channel.objects.create(name="On call", kind="mail", created_by=User.objects.get())
    )
    changed = api("PUT", path, {"name": "Live", "description": "For customers"})
    assert (changed["policy"], changed["due_days"], changed["rank"]) == (None, {}, 100)
    assert [each.name for each in Environment.objects.get().channels.all()] == ["On call"]
    api("PUT", path, {"name": "Live", "notify": []}, 422)
    Channel.objects.update(removed_at=timezone.now())
    assert api("PUT", path, {"name": "Live", "rank": 2})["rank"] == 2
    api("DELETE", path, status=204)
    assert api("GET", "/environments")["total"] == 0


def test_a_schedule_shows_no_environment_that_its_next_scan_has_not(api):
    live = api("POST", "/environments", {"name": "Live"}, 201)["id"]
    schedules.create(
        local_caller(),
        ScheduleSpec("Nightly", (repository().pk,), "times", cron="0 2 * * *", environment_id=live),
    )
    assert api("GET", "/schedules")["items"][0]["environment"] == "Live"
    api("DELETE", f"/environments/{live}", status=204)
    assert api("GET", "/schedules")["items"][0]["environment"] is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"policy": "Absent"}, "policy"),
        ({"due_days": {"critical": 0}}, "due_days"),
        ({"due_days": {"worst": 7}}, "due_days"),
        ({"rank": -1}, "rank"),
        ({"tell_github": ["fax"]}, "tell_github"),
        ({"name": ""}, "name"),
    ],
)
def test_an_environment_that_makes_no_sense_is_refused_by_its_field(api, more, field):
    assert api("POST", "/environments", {"name": "Live"} | more, 422)["field"] == field
    assert not Environment.objects.exists()


def test_a_body_of_any_depth_is_refused_as_what_it_is(api):
    for depth in range(780, 1010, 2):
        nested = f'{"[" * depth}"\\u0000"{"]" * depth}'
        api("POST", "/policies", f'{{"name": "Deep", "gates": [{{"gate": {nested}}}]}}', 400)
        for path in ("/policies", "/policies/trial"):
            policy = f'{{"name": "Deep", "gates": [{{"gate": {nested.replace("0000", "0041")}}}]}}'
            body = policy if path == "/policies" else f'{{"policy": {policy}}}'
            assert api("POST", path, body, (400, 422))["message"]


def test_a_policy_is_tried_on_the_past_and_changes_nothing(api):
    place = repository()
    scanned(place, [secret("a")])
    scanned(place, [])
    tried = api("POST", "/policies/trial", {"policy": STRICT})
    assert (tried["passed"], tried["breaks"], tried["mends"], tried["left_out"]) == (1, 1, 0, 0)
    assert [each["change"] for each in tried["scans"]] == ["", "breaks"]
    assert tried["scans"][1]["verdict"]["breaches"][0]["demand"] == "No findings of severity high or worse"
    assert not PolicyVersion.objects.exists()
    api("POST", "/policies", STRICT, 201)
    assert api("POST", "/policies/trial", {"kept": "Strict", "last": 1})["passed"] == 1
    for wrong in ({}, {"kept": "Strict", "policy": STRICT}, {"kept": "Strict", "last": 0}):
        api("POST", "/policies/trial", wrong, 422)
    api("POST", "/policies/trial", {"kept": "Absent"}, 404)
    api("POST", "/policies/trial", {"kept": "Strict", "environment": "Absent"}, 404)


def test_two_scans_are_compared_as_on_the_page(api):
    place = repository()
    first, second = scanned(place, [secret("a")]), scanned(place, [secret("b", path="b.py")])
    kept = {
        name: value for name, value in result().to_json().items() if name not in {"findings", "libraries"}
    }
    Scan.objects.update(evidence=kept, started_at=timezone.now(), finished_at=timezone.now())
    assert api("GET", f"/scans/{first.pk}/compare/999", status=404)
    assert api("GET", f"/scans/{first.pk}/compare/{first.pk}", status=422)["field"] == "second"
    found = api("GET", f"/scans/{first.pk}/compare/{second.pk}")
    assert [each["id"] for each in found["new"]] == [secret("b", path="b.py").id]
    assert [each["id"] for each in found["gone"]] == [secret("a").id]
    assert found["same"] == []
