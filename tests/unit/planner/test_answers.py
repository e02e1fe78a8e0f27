"""What comes with a plan: owners, link, steps, query, notes, texts for others."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level, vocabulary
from keyhole.core.request import OwnerKind
from keyhole.planner.approver import app_link, app_permissions, approver_text, manifest
from keyhole.planner.comparison import as_grant, summary, usual
from keyhole.planner.features import FEATURES
from keyhole.planner.link import description, link, token_name
from keyhole.planner.notes import Severity, notes
from keyhole.planner.plan import plan
from keyhole.planner.presets import presets
from keyhole.planner.query import Plain, from_query, to_query
from keyhole.planner.request import PlanRequest
from keyhole.planner.server import GITHUB_COM
from keyhole.planner.steps import steps
from keyhole.providers.github.instance import Instance, InstanceKind

USER, ORGANIZATION = OwnerKind.USER, OwnerKind.ORGANIZATION
ENTERPRISE = Instance(InstanceKind.ENTERPRISE, "https://ghe.example", "https://ghe.example/api/v3")
SANDBOX = Instance(InstanceKind.SANDBOX, "http://127.0.0.1:8471", "http://127.0.0.1:8471/api/v3")


def planned(**given):
    return plan(PlanRequest(**given))


def said(made):
    return " ".join(f"{note.text} {note.hint}" for note in notes(made))


def of_link(made, instance=GITHUB_COM):
    return dict(parse_qsl(urlsplit(link(made, instance)).query))


# ---- owners ----


def test_the_kind_of_owner_follows_from_the_permissions_unless_it_is_said():
    assert planned(endpoints=("GET /orgs/{org}/teams",)).request.owner_kind is ORGANIZATION
    assert planned(endpoints=("GET /user/emails",)).request.owner_kind is USER
    assert planned(endpoints=("GET /repos/a/b/pulls",)).request.owner_kind is None


def test_what_the_owner_cannot_grant_is_left_out_and_said():
    made = planned(presets=("renovate-self-hosted",), owner_kind=USER)
    assert "members" not in made.permissions
    assert "members: read, which a user account does not have" in said(made)
    needed = planned(endpoints=("GET /orgs/{org}/teams", "GET /user/emails"))
    assert needed.permissions == {"members": Level.READ}
    (note,) = [note for note in notes(needed) if note.severity is Severity.BAD]
    assert "GET /user/emails needs emails: read, which an organization does not have." in note.text
    assert "owner is your own account" in note.hint


@pytest.mark.parametrize("kind", [USER, ORGANIZATION])
@pytest.mark.parametrize("name", [*presets(), *FEATURES])
def test_every_plan_is_one_that_the_owner_can_grant(kind, name):
    if name in presets() and not presets()[name].selectable:
        return
    made = planned(**{"presets" if name in presets() else "features": (name,)}, owner_kind=kind)
    if made.granted:
        assert dict(as_grant(made).permissions) == made.permissions


def test_the_owner_is_taken_from_the_repositories():
    made = planned(features=("scan",), repositories=("acme/tool", "acme/other"))
    assert made.request.owner == "acme"
    with pytest.raises(InvalidInput, match="one resource owner"):
        planned(features=("scan",), repositories=("acme/tool", "rival/other"))
    with pytest.raises(InvalidInput, match="one resource owner"):
        planned(features=("scan",), owner="acme", repositories=("rival/other",))


# ---- the link ----


def test_the_link_has_github_s_parameters_and_nothing_else():
    made = planned(presets=("semgrep",), owner="acme", repositories=("acme/tool",), days=90, name="Scanner")
    assert link(made, GITHUB_COM).startswith(
        "https://github.com/settings/personal-access-tokens/new?name=Scanner&"
    )
    assert of_link(made) == {
        "name": "Scanner",
        "description": description(made),
        "target_name": "acme",
        "expires_in": "90",
        "contents": "read",
        "pull_requests": "write",
    }
    assert of_link(planned(features=("scan",), days=None))["expires_in"] == "none"


@pytest.mark.parametrize("instance", [GITHUB_COM, SANDBOX], ids=lambda each: each.kind.value)
@pytest.mark.parametrize("name", [each.id for each in presets().values() if each.selectable])
def test_no_link_says_what_the_form_would_not_take(instance, name):
    made = planned(presets=(name,), features=("scan",))
    fields = of_link(made, instance)
    assert 0 < len(fields.pop("name")) <= 40
    assert len(fields.pop("description")) <= 1024
    assert fields.pop("expires_in") == "30"
    for key, word in fields.items():
        assert vocabulary().permissions[key].published
        assert Level.parse(word) in vocabulary().permissions[key].levels


def test_enterprise_server_and_nothing_to_grant_have_no_link():
    assert link(planned(features=("scan",)), ENTERPRISE) == ""
    assert link(planned(endpoints=("GET /user",)), GITHUB_COM) == ""
    assert link(planned(presets=("sentry",)), GITHUB_COM) == ""
    assert link(planned(presets=("sentry",), features=("scan",)), GITHUB_COM) != ""


def test_a_permission_without_a_published_name_is_set_by_hand():
    made = planned(endpoints=("GET /repos/{owner}/{repo}/agents/secrets",))
    (name,) = [each.name for each in made.granted if not each.fixed]
    assert not vocabulary().permissions[name].published
    assert name not in of_link(made)
    assert f"cannot set {name}" in said(made)


def test_copilot_requests_is_written_as_the_table_has_it_and_the_doubt_is_told():
    made = planned(presets=("copilot-requests",))
    assert of_link(made)["copilot_requests"] == "write"
    assert "user_copilot_requests=read" in said(made)


def test_long_texts_are_cut_where_github_cuts():
    every = tuple(each.id for each in presets().values() if each.selectable)
    made = planned(presets=every, features=tuple(FEATURES))
    assert len(description(made)) == 1024
    assert len(token_name(made)) <= 40
    assert (
        token_name(planned(presets=("renovate-self-hosted", "backstage-scaffolder")))
        == "Renovate + Backstage scaffolder token"
    )
    with pytest.raises(InvalidInput, match="at most 40"):
        planned(features=("scan",), name="x" * 41)
    with pytest.raises(InvalidInput, match="control"):
        planned(features=("scan",), name="a\nb")


# ---- the thirteen steps ----

WORDS = [
    "Sign in", "Settings", "Developer settings", "Personal access tokens", "Fine-grained tokens", "Generate new token",
    "token name", "expiration", "Only select repositories", "Select the repositories", "permissions", "Generate token",
    "Copy",
]  # fmt: skip


@pytest.mark.parametrize("instance", [GITHUB_COM, ENTERPRISE, SANDBOX], ids=lambda each: each.kind.value)
def test_the_steps_are_thirteen_in_the_order_of_the_specification(instance):
    made = planned(features=("scan",), repositories=("acme/tool", "acme/other"), days=None)
    told = steps(made, instance)
    assert len(told) == 13
    assert all(word in step.title for word, step in zip(WORDS, told, strict=True))
    assert told[7].values == ("No expiration",)
    assert told[9].values == ("tool", "other")
    assert told[10].values == ("Metadata: Read-only", "Contents: Read-only")
    assert "only once" in told[12].hint
    assert all(step.address.startswith(instance.web) for step in told if step.address)
    assert ("pre-filled" in told[0].hint) == (instance is not ENTERPRISE)


def test_a_plan_without_repositories_selects_none():
    told = steps(planned(endpoints=("GET /user/emails",)), GITHUB_COM)
    assert "Public repositories" in told[8].hint
    assert told[9].values == ()


# ---- the query ----

names = st.text("abcXYZ019-_. ", min_size=1, max_size=20).map(str.strip).filter(bool)
requests = st.builds(
    PlanRequest,
    presets=st.lists(st.sampled_from(sorted(presets())), unique=True).map(tuple),
    features=st.lists(st.sampled_from(sorted(FEATURES)), unique=True).map(tuple),
    endpoints=st.lists(
        st.sampled_from(["GET /repos/{owner}/{repo}/pulls", "git push +workflows", "GET /user"]), unique=True
    ).map(tuple),
    owner=names | st.just(""),
    owner_kind=st.sampled_from([None, USER, ORGANIZATION]),
    repositories=st.lists(names, unique=True, max_size=5).map(tuple),
    days=st.none() | st.integers(1, 366),
    name=names | st.just(""),
    github=st.sampled_from(["", "ghe.example", "http://127.0.0.1:8471"]),
)


@given(requests)
def test_a_request_travels_in_an_address_and_comes_back_the_same(request):
    assert from_query(QueryDict(to_query(request))) == request


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "preset",
                "feature",
                "endpoint",
                "owner",
                "days",
                "owner_kind",
                "name",
                "github",
                "repository",
                "x",
            ]
        ),
        st.lists(st.text(max_size=50)),
    )
)
def test_any_query_is_a_request_that_is_planned_or_refused(values):
    refused = None
    try:
        plan(from_query(Plain(values)))
    except InvalidInput as problem:
        refused = problem
    assert refused is None or refused.field


# ---- notes ----


def test_writing_long_lives_and_vendors_doubts_are_told():
    made = planned(presets=("snyk",), days=None)
    told = said(made)
    assert "Contents: write can push code" in told
    assert "does not expire" in told
    assert "not certain" in told
    assert "366 days" in said(planned(features=("scan",), days=366))
    assert not [note for note in notes(planned(features=("scan",))) if note.severity is not Severity.INFO]


def test_a_preset_that_asks_for_more_than_was_seen_is_told():
    made = planned(presets=("semgrep",), endpoints=("git clone", "GET /repos/a/b/pulls"))
    assert (
        "None of the requests that were given needs pull_requests: write; only Semgrep (token) asks for it."
        in said(made)
    )
    assert "None of the requests" not in said(planned(presets=("semgrep",)))


def test_pushing_without_workflows_is_told_until_it_is_planned_for():
    assert "below .github/workflows" in said(planned(endpoints=("git push",)))
    made = planned(endpoints=("git push +workflows",))
    assert made.permissions["workflows"] is Level.WRITE
    assert "cannot change files below" not in said(made)


def test_what_is_public_needs_nothing_and_that_is_told():
    assert "no permission for what is public" in said(planned(endpoints=("GET /repos/a/b/pulls",)))


def test_an_organization_may_have_to_approve():
    assert "pending" in said(planned(features=("scan",), owner_kind=ORGANIZATION))
    assert "pending" not in said(planned(features=("scan",), owner_kind=USER))


# ---- for others ----


def test_the_approver_gets_every_permission_with_its_reason():
    made = planned(
        features=("scan", "pr-comment"), owner="acme", owner_kind=ORGANIZATION, repositories=("acme/tool",)
    )
    text = approver_text(made, ENTERPRISE)
    assert "Pull requests: write (Keyhole: Pull request comments)" in text
    assert "Repositories: acme/tool" in text
    assert "https://ghe.example/organizations/acme/settings/personal-access-token-requests" in text
    assert approver_text(planned(features=("scan",), owner_kind=USER), GITHUB_COM) == ""


def test_an_app_gets_its_own_permissions_under_their_names():
    made = planned(presets=("sonarqube-server",), owner="acme")
    assert app_permissions(made)["checks"] == "write"
    made = planned(presets=("sourcegraph-app",), owner_kind=USER)
    assert app_permissions(made)["email_addresses"] == "read"
    content = json.loads(manifest(made, "https://ghe.example"))
    assert content["default_permissions"] == app_permissions(made)
    assert content["public"] is False
    atlantis = planned(presets=("atlantis-app",), owner="acme")
    assert app_link(atlantis, ENTERPRISE).startswith(
        "https://ghe.example/organizations/acme/settings/apps/new?name="
    )
    assert app_link(planned(presets=("sentry",)), GITHUB_COM) == ""


def test_the_sentence_and_the_comparison_come_from_what_judges_requests():
    made = planned(features=("scan",), repositories=("acme/a", "acme/b"))
    assert summary(made).text == "For 30 days, it can read code in 2 repositories. Nothing else."
    assert as_grant(made).expires_at - as_grant(made).not_before == timedelta(days=30)
    assert [each.allowed for each in usual(made)] == [494, 494]
    assert 0 < summary(made).allowed < 100
    assert summary(planned(endpoints=("GET /user",))) is None
    assert usual(planned(endpoints=("GET /user",))) == ()
