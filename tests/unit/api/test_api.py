"""The API's endpoints for everybody who could call them, generated from its own document."""

from __future__ import annotations

import json
import subprocess

import pytest
from django.test import Client
from django.utils import timezone

from keyhole.accounts import api_tokens, members
from keyhole.accounts.models import ApiToken
from keyhole.api.app import api
from keyhole.audit.models import Entry
from keyhole.core.actions import Role, may
from keyhole.core.gate_kinds import CompleteGate
from keyhole.core.gates import Policy
from keyhole.core.grant import Access
from keyhole.core.terms import Kind, Severity
from keyhole.environments import policies
from keyhole.environments import services as environments
from keyhole.environments.services import EnvironmentSpec
from keyhole.findings.models import Judgement
from keyhole.repositories.models import Repository
from keyhole.repositories.services import connect_folder
from keyhole.tokens.services import TokenSpec, generate
from tests import canaries
from tests.unit.accounts.kit import browser, caller, person
from tests.unit.findings import making
from tests.unit.tokens.kit import issue

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/api/keyhole/v1"
SHAPE = {"message", "documentation_url", "status", "explain"}
NEEDS = {
    ("GET", "/advisories"): "advisories:read",
    ("PUT", "/advisories"): "advisories:change",
    ("POST", "/advisories/fetch"): "advisories:change",
    ("GET", "/audit"): "audit:read",
    ("GET", "/decisions"): "finding:read",
    ("POST", "/decisions"): "finding:decide",
    ("POST", "/decisions/preview"): "finding:decide",
    ("GET", "/decisions/{number}"): "finding:read",
    ("DELETE", "/decisions/{number}"): "finding:decide",
    ("GET", "/environments"): "environment:read",
    ("POST", "/environments"): "environment:change",
    ("GET", "/environments/{number}"): "environment:read",
    ("PUT", "/environments/{number}"): "environment:change",
    ("DELETE", "/environments/{number}"): "environment:change",
    ("GET", "/findings"): "finding:read",
    ("GET", "/findings/{number}"): "finding:read",
    ("POST", "/findings/{number}/unmerge"): "finding:decide",
    ("GET", "/integrations"): "integration:read",
    ("GET", "/policies"): "environment:read",
    ("POST", "/policies"): "environment:change",
    ("POST", "/policies/trial"): "environment:read",
    ("GET", "/policies/{number}"): "environment:read",
    ("PUT", "/policies/{number}"): "environment:change",
    ("DELETE", "/policies/{number}"): "environment:change",
    ("GET", "/repositories"): "repository:read",
    ("GET", "/repositories/{number}"): "repository:read",
    ("POST", "/repositories/{number}/sarif"): "scan:create",
    ("GET", "/scans"): "scan:read",
    ("POST", "/scans"): "scan:create",
    ("GET", "/scans/{number}"): "scan:read",
    ("POST", "/scans/{number}/run"): "scan:run",
    ("GET", "/scans/{number}/result"): "scan:read",
    ("GET", "/scans/{number}/findings"): "scan:read",
    ("GET", "/scans/{number}/compare/{other}"): "scan:read",
    ("GET", "/schedules"): "schedule:read",
    ("POST", "/schedules"): "schedule:create",
    ("GET", "/schedules/{number}"): "schedule:read",
    ("DELETE", "/schedules/{number}"): "schedule:create",
    ("POST", "/schedules/{number}/pause"): "schedule:create",
    ("POST", "/schedules/{number}/resume"): "schedule:create",
    ("POST", "/schedules/{number}/run"): "scan:run",
    ("GET", "/tokens"): "token:read",
    ("POST", "/tokens"): "token:create",
    ("GET", "/tokens/{number}"): "token:read",
    ("DELETE", "/tokens/{number}"): "token:revoke",
    ("GET", "/user"): None,
}
"""The action that each endpoint must ask for; `None` where the API token alone is enough."""
BODIES = {
    ("PUT", "/advisories"): {"keep": True, "hours": 6},
    ("POST", "/decisions"): {
        "kind": "false_positive",
        "reason": "r",
        "scope": "repository",
        "repository": "acme/tool",
    },
    ("POST", "/decisions/preview"): {"kind": "accepted", "scope": "repository", "repository": "acme/tool"},
    ("POST", "/environments"): {"name": "Live"},
    ("PUT", "/environments/{number}"): {"name": "Live"},
    ("POST", "/policies"): {"name": "P", "gates": [{"gate": "complete"}]},
    ("PUT", "/policies/{number}"): {"name": "P", "gates": [{"gate": "complete"}]},
    ("POST", "/policies/trial"): {"policy": {"name": "P", "gates": [{"gate": "complete"}]}},
    ("POST", "/scans"): {"repository": "acme/tool", "run_now": False},
    ("POST", "/schedules"): {
        "name": "n",
        "repositories": ["acme/tool"],
        "when": "times",
        "cron": "0 6 * * *",
    },
    ("POST", "/tokens"): {"name": "x", "resource_owner": "olga", "repository_access": "public"},
}
ALSO = {
    ("POST", "/decisions"): {"repository:read", "finding:read"},
    ("POST", "/decisions/preview"): {"repository:read"},
    ("DELETE", "/decisions/{number}"): {"finding:read"},
    ("PUT", "/environments/{number}"): {"environment:read"},
    ("DELETE", "/environments/{number}"): {"environment:read"},
    ("POST", "/policies/trial"): {"scan:read"},
    ("POST", "/findings/{number}/unmerge"): {"finding:read"},
    ("POST", "/repositories/{number}/sarif"): {"repository:read"},
    ("POST", "/scans"): {"repository:read"},
    ("POST", "/scans/{number}/run"): {"scan:read"},
    ("POST", "/schedules"): {"repository:read"},
    ("DELETE", "/schedules/{number}"): {"schedule:read"},
    ("POST", "/schedules/{number}/pause"): {"schedule:read"},
    ("POST", "/schedules/{number}/resume"): {"schedule:read"},
    ("POST", "/schedules/{number}/run"): {"schedule:read"},
    ("DELETE", "/tokens/{number}"): {"token:read"},
    ("GET", "/integrations"): {"token:read"},
}
"""What answering takes besides."""
endpoints = pytest.mark.parametrize("endpoint", NEEDS, ids=" ".join)


@pytest.fixture
def olga(tmp_path):
    user = person("olga", Role.OWNER)
    git_dir = tmp_path / "srv" / "acme" / "tool.git"
    subprocess.run(["git", "init", "-q", "--bare", str(git_dir)], check=True)
    connect_folder(caller(user), tmp_path / "srv")
    return user


def secret_of(user, actions=api_tokens.GRANTABLE, name="t"):
    held = [action for action in actions if may(user.role, action)]
    issued = api_tokens.create(caller(user), name, held or ["token:read"])
    return canaries.watch("API token", issued.secret.reveal())


def call(endpoint, authorization=None, number=1):
    method, path = endpoint
    headers = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
    return Client(HTTP_HOST="localhost").generic(
        method,
        BASE + path.format(number=number, other=998),
        json.dumps(BODIES.get(endpoint, "")) if endpoint in BODIES else b"",
        "application/json" if endpoint in BODIES else "application/octet-stream",
        **headers,
    )


def is_problem(answer, status):
    assert answer.status_code == status, answer.content
    told = answer.json()
    assert set(told) >= SHAPE
    assert told["status"] == str(status)
    return True


def test_the_table_above_has_every_endpoint_of_the_document():
    document = api.get_openapi_schema()
    found = {
        (method.upper(), path.removeprefix(BASE))
        for path, item in document["paths"].items()
        for method in item
    }
    assert found == set(NEEDS)


@endpoints
def test_without_a_token_nothing(olga, endpoint):
    answer = call(endpoint)
    assert is_problem(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["explain"].startswith("ex_")


@endpoints
def test_no_other_credential_is_taken(olga, endpoint):
    gateway_token = issue().secret.reveal()
    secret = secret_of(olga)
    flipped = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for wrong in (
        f"Bearer {gateway_token}",
        f"Bearer {flipped}",
        f"Bearer {secret} ",
        f"Bearer {secret},Bearer {secret}",
        f"Bearer {secret.replace('kha_', 'khp_')}",
        "Bearer",
        "Bearer ghp_" + "a" * 36,
        secret,
    ):
        assert is_problem(call(endpoint, wrong), 401), wrong
    signed_in = browser(olga)
    assert signed_in.generic(endpoint[0], BASE + endpoint[1].format(number=1, other=998)).status_code == 401
    answer = Client(HTTP_HOST="localhost").get(
        f"{BASE}{endpoint[1].format(number=1, other=998)}?access_token={secret}"
    )
    assert answer.status_code in (401, 405)


@endpoints
def test_an_ended_token_is_nothing(olga, endpoint):
    expired, revoked, disabled = (
        secret_of(olga, name="a"),
        secret_of(olga, name="b"),
        person("out", Role.OWNER),
    )
    out = secret_of(disabled)
    ApiToken.objects.filter(name="a").update(expires_at=timezone.now())
    api_tokens.revoke(caller(olga), ApiToken.objects.get(name="b").pk)
    members.disable(caller(olga), disabled.pk)
    for secret in (expired, revoked, out):
        assert is_problem(call(endpoint, f"Bearer {secret}"), 401)


@endpoints
@pytest.mark.parametrize("role", Role)
def test_a_token_does_what_the_role_includes_and_no_more(olga, endpoint, role):
    user = olga if role is Role.OWNER else person("other", role)
    answer = call(endpoint, f"Bearer {secret_of(user)}", number=999)
    needed = NEEDS[endpoint]
    if needed is None or may(role, needed):
        if endpoint == ("POST", "/tokens") and role is Role.MEMBER:
            assert is_problem(answer, 403), "the resource owner is somebody else"
        else:
            assert answer.status_code in (200, 201, 202, 204, 404), answer.content
    else:
        assert is_problem(answer, 403)
        assert Entry.objects.filter(id=answer.json()["explain"], outcome="denied").exists()


@endpoints
def test_an_owners_token_without_the_action_is_refused(olga, endpoint):
    needed = NEEDS[endpoint]
    if needed is None:
        return
    narrowed = [name for name in api_tokens.GRANTABLE if name != needed]
    answer = call(endpoint, f"Bearer {secret_of(olga, narrowed)}")
    assert is_problem(answer, 403)
    assert "This API token may not do this" in answer.json()["message"]


@endpoints
def test_the_action_alone_is_enough(olga, endpoint):
    needed = NEEDS[endpoint]
    held = {needed or "token:read"} | ALSO.get(endpoint, set())
    answer = call(endpoint, f"Bearer {secret_of(olga, held)}", number=999)
    assert answer.status_code in (200, 201, 202, 204, 404), answer.content


def test_a_narrowed_token_does_not_see_what_the_person_sees(olga):
    mara = person("mara", Role.MAINTAINER)
    generate(caller(mara), TokenSpec("hers", "mara", Access.PUBLIC))
    theirs = secret_of(olga, ["token:read"], "narrow")
    assert call(("GET", "/tokens"), f"Bearer {theirs}").json()["total"] == 0
    everything = secret_of(olga, ["token:read", "token:read_any"], "wide")
    assert call(("GET", "/tokens"), f"Bearer {everything}").json()["total"] == 1


def test_a_demoted_person_s_token_is_demoted(olga):
    mara = person("mara", Role.MAINTAINER)
    secret = secret_of(mara)
    assert call(("POST", "/scans"), f"Bearer {secret}").status_code == 201
    members.change_role(caller(olga), mara.pk, Role.AUDITOR)
    assert is_problem(call(("POST", "/scans"), f"Bearer {secret}"), 403)


def test_a_token_is_generated_shown_once_and_revoked(olga):
    bearer = f"Bearer {secret_of(olga)}"
    made = call(("POST", "/tokens"), bearer)
    text = canaries.watch("token of the API", made.json()["token"])
    number = made.json()["id"]
    shown = call(("GET", "/tokens/{number}"), bearer, number)
    assert text not in shown.content.decode()
    assert (shown.json()["state"], shown.json()["login"]) == ("active", "olga")
    assert call(("DELETE", "/tokens/{number}"), bearer, number).json()["state"] == "revoked"
    entry = Entry.objects.get(action="token:create")
    assert (entry.actor["via"], entry.actor["api_token_id"]) == ("api", ApiToken.objects.get().pk)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("[", 400, "body"),
        ("{}", 422, "fields"),
        ('{"name":"x","resource_owner":"olga","expires":"never"}', 422, "fields"),
        ('{"name":"x","resource_owner":"olga","permissions":{"contents":"god"}}', 422, "level"),
        ('{"name":"x","resource_owner":"olga","permissions":{"no":"read"},"repository_access":"all"}', 422, "permi"),
        ('{"name":"x","resource_owner":"olga","expires_in_days":9999,"repository_access":"all"}', 422, "expiration"),
        ('{"name":"x","resource_owner":"nobody","repository_access":"all"}', 404, "resource owner"),
        ('{"name":"x","resource_owner":"acme","repositories":["acme/gone"]}', 404, ""),
        ('{"name":"\\u202ex","resource_owner":"olga","repository_access":"public"}', 422, "name"),
        ("[" * 100_000, 400, "body"),
        ('{"name":' + "9" * 5000 + "}", 400, "body"),
    ],
    ids=range(11),
)  # fmt: skip
def test_nonsense_is_told_apart_and_makes_nothing(olga, body, status, words):
    answer = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}").post(
        f"{BASE}/tokens", body, "application/json"
    )
    assert is_problem(answer, status)
    assert words in answer.json()["message"]
    assert not Entry.objects.filter(action="token:create", outcome="allowed").exists()


def test_what_is_not_there_is_json_too(olga):
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}")
    for path in (
        "/",
        "/nothing",
        "/tokens/9999999999999999999999",
        "/tokens/-1",
        "/tokens/x",
    ):
        assert is_problem(client.get(BASE + path), 404), path
    assert is_problem(client.put(f"{BASE}/tokens"), 405)
    assert is_problem(client.get(f"{BASE}/tokens?page=0"), 422)
    assert is_problem(client.get(f"{BASE}/audit?outcome=maybe"), 422)


def test_the_document_is_for_everybody_and_holds_nothing_secret(olga):
    answer = Client(HTTP_HOST="localhost").get(f"{BASE}/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Keyhole"


def test_a_role_that_lacks_its_second_factor_is_refused(olga):
    from keyhole.accounts import sign_in_policy

    secret = secret_of(olga)
    sign_in_policy.require_second_factor(caller(olga), {Role.OWNER})
    assert is_problem(call(("GET", "/tokens"), f"Bearer {secret}"), 403)


def test_the_findings_of_a_scan_say_which_are_shown_as_others(olga):
    literal = making.finding(
        "bandit", "b105", making.hash_of("b"), "app.py", 1, severity=Severity.LOW, kind=Kind.CODE
    )
    scan = making.scanned(Repository.objects.get(), [making.secret("a"), literal])
    client = Client(HTTP_AUTHORIZATION=f"Bearer {secret_of(olga)}", HTTP_HOST="localhost")
    secret, other = client.get(f"{BASE}/scans/{scan.pk}/findings").json()["items"]
    assert (secret["shown_as"], secret["merge_reason"]) == (None, "")
    assert other["shown_as"] == secret["id"]
    assert other["merge_reason"].startswith("same line, a secret in the code: ")


def test_findings_are_listed_decided_about_and_the_decision_taken_back(olga):
    place = Repository.objects.get()
    found = [making.vulnerable("flask", ["CVE-1", "GHSA-1"]), making.secret("a", severity=Severity.LOW)]
    making.scanned(place, found)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret_of(olga)}", "HTTP_HOST": "localhost"}
    client = Client(**bearer)

    def got(path, status=200):
        answer = client.get(f"{BASE}{path}")
        assert answer.status_code == status, answer.content
        return answer.json()

    assert got("/findings")["total"] == 2
    (low,) = got("/findings?severity=low&repository=acme/tool&q=app")["items"]
    assert (low["kind"], low["status"], low["decided"]) == ("secret", "new", "")
    assert got("/findings?advisory=ghsa-1&since=2026-01-01T00:00:00")["total"] == 1
    for wrong in ("severity=worst", "page=0", "order=x", "epss=2"):
        assert got(f"/findings?{wrong}", 422)["status"] == "422"
    assert got(f"/findings/{low['id']}")["finding"]["rule"] == "github-token"
    asked = {
        "kind": "accepted",
        "scope": "package",
        "findings": [got("/findings?package=flask")["items"][0]["id"]],
    }
    post = lambda path, body: client.post(f"{BASE}{path}", json.dumps(body), "application/json")  # noqa: E731
    assert post("/decisions/preview", asked).json()["hides"] == 1
    assert post("/decisions", asked).json()["field"] == "reason"
    made = post("/decisions", {**asked, "reason": "Not reachable.", "until": "2027-06-30T00:00:00"})
    assert made.status_code == 201
    assert got("/findings")["total"] == 1
    assert got("/decisions")["items"][0]["about"].startswith("flask (PyPI), CVE-1, GHSA-1")
    number = made.json()["id"]
    assert client.delete(f"{BASE}/decisions/{number}").json()["state"] == "taken back"
    assert client.delete(f"{BASE}/decisions/{number}").status_code == 409
    assert [each["what"] for each in got(f"/findings/{asked['findings'][0]}")["history"]] == [
        "decided",
        "withdrawn",
    ]


def test_a_scan_names_its_environment_and_tells_its_verdict(olga):
    strict = policies.create(caller(olga), Policy("Strict", (CompleteGate(),)))
    environments.create(caller(olga), EnvironmentSpec("Live", policy_id=strict.pk))
    bearer = f"Bearer {secret_of(olga)}"
    (live,) = call(("GET", "/environments"), bearer).json()["items"]
    assert (live["name"], live["policy"]["name"], live["policy"]["version"]) == ("Live", "Strict", 1)
    wanted = {"repository": "acme/tool", "run_now": False, "environment": "Live"}
    made = posted("/scans", bearer, wanted).json()
    assert (made["environment"], made["verdict"]) == ("Live", None)
    Judgement.objects.create(
        scan_id=made["id"], version=strict.latest, environment_id=live["id"], passed=True, at=timezone.now()
    )
    (listed,) = call(("GET", "/scans"), bearer).json()["items"]
    assert (listed["verdict"]["passed"], listed["verdict"]["policy"]) == (True, "Strict")
    assert is_problem(posted("/scans", bearer, {**wanted, "environment": "Absent"}), 422)
    assert is_problem(posted("/scans", bearer, {**wanted, "tell_github": ["fax"]}), 422)
    told = posted("/scans", bearer, {**wanted, "tell_github": ["status"]})
    assert is_problem(told, 422)
    assert "no GitHub to tell" in told.json()["message"]


def posted(path, bearer, body):
    return Client(HTTP_HOST="localhost").post(
        BASE + path, json.dumps(body), "application/json", HTTP_AUTHORIZATION=bearer
    )
