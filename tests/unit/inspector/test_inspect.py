"""A whole check against the sandbox: what it asks, what it makes of every kind of credential, and how it ends early."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.inspector import report as reports
from keyhole.inspector.compare import compare
from keyhole.inspector.inspect import inspect
from keyhole.inspector.probe import NOTHING
from keyhole.inspector.report import Approval, Verdict
from keyhole.inspector.told import rows, sentence
from keyhole.providers.github.app import App
from keyhole.providers.github.instance import instance_at
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.outgoing import Headers, Outgoing, Reply
from keyhole.testing.github import GitHub
from keyhole.testing.github.world import Policy
from tests import canaries

pytestmark = pytest.mark.loopback
OUTGOING = Outgoing(allow_private=True)


@pytest.fixture
def world():
    with GitHub() as github:
        github.alice, github.ben = github.add_user("alice"), github.add_user("ben")
        github.harbour = github.add_organization("harbour", owners=[github.alice], members=[github.ben])
        github.add_repository("harbour/tide-api")
        github.add_repository("harbour/other")
        github.add_repository("harbour/website", private=False)
        yield github


def token(world, *, who=None, repositories=("harbour/tide-api",), **permissions):
    return world.add_fine_grained_token(
        who or world.alice,
        owner="harbour",
        repositories=list(repositories),
        permissions=permissions,
        approved=True,
    )


def check(world, text, outgoing=OUTGOING, **rest):
    text = canaries.watch("an inspected token", getattr(text, "text", text))
    return inspect(instance_at(world.url, OUTGOING), Secret(text), outgoing, **rest)


def verdicts(report):
    return {(each.permission, each.level): each.verdict for each in report.findings}


def test_a_token_beside_its_plan(world):
    report = check(world, token(world, contents="write", issues="read"))
    planned = {"contents": Level.READ, "pull_requests": Level.WRITE, "workflows": Level.WRITE}
    found = compare(report, planned)
    assert found.missing == {"pull_requests": Level.WRITE}
    assert found.unneeded == {"contents": Level.WRITE, "issues": Level.READ}
    assert found.unknowable == {"workflows": Level.WRITE}
    assert not found.fits
    assert sentence(report, planned).endswith(
        "1 planned permission missing, 2 permissions more than planned, 1 planned permission that nobody can prove."
    )
    shown = {row.name: row for row in rows(report, planned)}
    assert shown["contents"].to_do == "On GitHub, set Contents to Read in the token's permissions."
    assert shown["issues"].to_do == "On GitHub, set Issues to No access in the token's permissions."
    assert (report.login, report.owner, report.owner_kind) == ("alice", "harbour", "organization")
    assert report.approval is Approval.APPROVED
    assert report.expires_at is not None


def test_every_request_is_one_that_changes_nothing(world):
    everything = dict.fromkeys(
        ("contents", "issues", "actions", "secrets", "administration", "pages"), "write"
    )
    report = check(world, token(world, **everything))
    assert world.changes == 0
    assert report.requests <= 160
    assert {asked.method for asked in world.requests} >= {"GET", "POST", "PUT", "PATCH"}
    assert not any(asked.method == "DELETE" for asked in world.requests)
    refused = [asked for asked in world.requests if asked.method != "GET"]
    assert all(400 <= asked.status < 500 for asked in refused), "no write is ever a success"
    assert NOTHING == b"{}"


def test_the_repositories_that_are_reached_and_how_that_is_known(world):
    report = check(
        world,
        token(world, contents="read"),
        repositories=["harbour/tide-api", "harbour/other", "harbour/website", "harbour/none", "nonsense"],
    )
    found = {each.full_name: each for each in report.repositories}
    assert found["harbour/tide-api"].reached is Verdict.GRANTED
    assert found["harbour/other"].reached is Verdict.NOT_GRANTED
    assert found["harbour/website"].reached is Verdict.NOT_GRANTED
    assert found["harbour/none"].reached is Verdict.NOT_GRANTED
    assert found["nonsense"].reached is Verdict.UNPROVABLE
    assert "as if it were not there" in found["harbour/none"].how
    assert world.changes == 0


def test_a_selected_public_repository_is_told_from_one_that_everybody_sees(world):
    report = check(world, token(world, repositories=["harbour/website"], secrets="read", issues="read"))
    assert {each.full_name: each.reached for each in report.repositories}[
        "harbour/website"
    ] is Verdict.GRANTED
    found = verdicts(report)
    assert found["secrets", Level.READ] is Verdict.GRANTED
    assert found["secrets", Level.WRITE] is Verdict.NOT_GRANTED
    assert found["issues", Level.READ] is Verdict.UNPROVABLE
    assert found["contents", Level.WRITE] is Verdict.NOT_GRANTED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 5000,
        "github_pat_cut_off",
        "ghp_" + "A" * 36,
        "ghr_" + "a" * 76,
        "khp_" + "a" * 49,
        "two words",
    ],
)
def test_nothing_is_sent_for_what_cannot_be_a_token(world, text):
    with pytest.raises(InvalidInput) as refused:
        inspect(instance_at(world.url, OUTGOING), Secret(text), OUTGOING)
    assert refused.value.field == "token"
    assert "Nothing was sent" in refused.value.hint
    assert not text or text not in refused.value.message + refused.value.hint
    assert [asked.path for asked in world.requests] == ["/api/v3/meta"]


def test_a_token_that_github_does_not_know_is_a_problem_and_no_report(world):
    gone = token(world)
    world.revoke(gone)
    with pytest.raises(GitHubProblem) as refused:
        check(world, gone)
    assert refused.value.kind is ProblemKind.BAD_CREDENTIALS


@pytest.mark.parametrize("make", ["add_classic_token", "add_oauth_token"])
def test_scopes_are_no_permissions(world, make):
    report = check(world, getattr(world, make)(world.alice, scopes=["repo", "workflow"]))
    assert report.scoped
    assert set(verdicts(report).values()) == {Verdict.UNPROVABLE}
    assert not compare(report, {"contents": Level.READ}).fits
    assert "its scopes" in sentence(report, {"contents": Level.READ})
    assert any("Scope repo" in each for each in report.advice)
    assert world.changes == 0
    assert report.requests < 10


@pytest.mark.parametrize("stateless", [False, True])
def test_installation_tokens_of_both_shapes(world, stateless):
    app = world.add_app(
        "scanner", owner=world.harbour, permissions={"contents": "read"}, stateless_tokens=stateless
    )
    installation = world.add_installation(app, world.harbour, repositories=["harbour/tide-api"])
    minted = App(instance_at(world.url, OUTGOING), str(app.id), Secret(app.private_key), OUTGOING)
    text = minted.installation_token(installation.id).secret.reveal()
    report = check(world, text)
    assert report.kind == "installation"
    found = verdicts(report)
    assert found["contents", Level.READ] is Verdict.GRANTED
    assert found["contents", Level.WRITE] is Verdict.NOT_GRANTED
    assert found["issues", Level.READ] is Verdict.NOT_GRANTED
    assert found["emails", Level.READ] is Verdict.UNPROVABLE
    assert "one hour" in " ".join(report.advice)


def test_who_does_not_administer_a_repository_is_told_less_and_nothing_wrong(world):
    world.add_repository("harbour/shared", collaborators={world.ben: "pull"})
    report = check(
        world,
        token(
            world, who=world.ben, repositories=["harbour/shared"], repository_hooks="write", contents="read"
        ),
    )
    found = verdicts(report)
    assert found["repository_hooks", Level.READ] is Verdict.UNPROVABLE
    assert found["contents", Level.READ] is Verdict.GRANTED
    assert found["administration", Level.READ] is Verdict.NOT_GRANTED
    hooks = report.finding("repository_hooks", Level.READ)
    assert "another reason than a permission" in hooks.reason


class Older(Outgoing):
    """An Enterprise Server from before GitHub told the accepted permissions."""

    def request(self, *args, **named):
        reply = super().request(*args, **named)
        kept = [
            (name, value) for name, value in reply.headers if name.lower() != "x-accepted-github-permissions"
        ]
        return Reply(reply.status, Headers(kept), reply.body, reply.url)


def test_a_server_that_does_not_tell_accepted_permissions_proves_only_what_is_shown(world):
    report = check(world, token(world, contents="write"), outgoing=Older(allow_private=True))
    granted = {each for each, verdict in verdicts(report).items() if verdict is Verdict.GRANTED}
    assert granted == {("metadata", Level.READ)}
    assert Verdict.NOT_GRANTED not in verdicts(report).values()
    assert "older GitHub" in report.finding("contents", Level.READ).reason
    assert report.kind == "fine_grained"


def test_it_stops_when_the_limit_is_used_up_and_says_what_is_open(world):
    one = token(world, contents="write", issues="read")

    def after_thirty(done, _of, _what):
        if done == 30:
            world.faults.rate_limit(resets_at=int(time.time()) + 3000, times=-1)

    report = check(world, one, on_progress=after_thirty)
    assert not report.complete
    assert report.requests == 31
    assert "used up" in report.not_asked[-1]
    assert "Asking stopped; still open then:" in report.not_asked[-1]
    assert report.finding("contents", Level.READ).verdict is Verdict.GRANTED


def test_it_stops_when_the_token_is_revoked_meanwhile(world):
    one = token(world, contents="write")
    report = check(world, one, on_progress=lambda done, *_: world.revoke(one) if done == 20 else None)
    assert not report.complete
    assert "stopped accepting" in report.not_asked[-1]


def test_the_plan_is_asked_about_first(world):
    asked = []
    one = token(world, security_events="read")
    check(world, one, planned={"security_events": Level.READ}, on_progress=lambda *now: asked.append(now[2]))
    first = next(each for each in asked if ": " in each and each != "metadata: read")
    assert first == "security_events: read"


def test_no_answer_at_all_is_no_report(world):
    instance, secret = instance_at(world.url, OUTGOING), Secret(token(world).text)
    world.faults.down()
    with pytest.raises(GitHubProblem) as refused:
        inspect(instance, secret, OUTGOING)
    assert refused.value.kind is ProblemKind.DOWN


def test_a_policy_of_the_organization_is_told(world):
    world.harbour.policy = Policy(most_days=7)
    report = check(world, token(world, contents="read"), repositories=["harbour/tide-api"])
    assert report.repositories[0].reached is Verdict.UNPROVABLE
    assert any("policy" in each.lower() for each in report.advice)
    assert Verdict.GRANTED not in {v for (name, _), v in verdicts(report).items() if name == "contents"}


def test_a_classic_token_without_single_sign_on_is_told(world):
    world.harbour.policy = Policy(sso=True)
    report = check(
        world, world.add_classic_token(world.alice, scopes=["repo"]), repositories=["harbour/tide-api"]
    )
    assert any("single sign-on" in each for each in report.advice)


def test_the_environment_is_found_where_there_is_one(world):
    world.advance(timedelta(hours=1))
    report = check(world, token(world, environments="write", actions="read"))
    assert report.finding("environments", Level.WRITE).verdict in {Verdict.GRANTED, Verdict.UNPROVABLE}


def test_a_report_survives_being_stored(world):
    report = check(world, token(world, contents="read"))
    stored = json.loads(json.dumps(report.as_json()))
    assert reports.from_json(stored) == report
    for broken in (
        {},
        {**stored, "version": 2},
        {**stored, "findings": [{}]},
        {**stored, "approval": "maybe"},
    ):
        with pytest.raises(InvalidInput):
            reports.from_json(broken)
