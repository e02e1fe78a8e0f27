"""The recorded use of a token as a plan."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from keyhole.accounts.services import local_caller
from keyhole.core.actions import Role
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import NotFound
from keyhole.core.permissions import GIT_PUSH, Level
from keyhole.core.request import RefUpdate, Repository, Request
from keyhole.planner.plan import plan
from keyhole.planner.recorded import recorded_use
from keyhole.planner.request import PlanRequest
from keyhole.tokens.authority import Refused, identify, judge
from tests.unit.accounts.kit import person
from tests.unit.tokens import kit

pytestmark = pytest.mark.django_db(transaction=True)


def push(*, workflows):
    update = RefUpdate("refs/heads/main", "0" * 40, "1" * 40, touches_workflows=workflows)
    repository = Repository(7, kit.owner().as_core(), "tool", public=False)
    return Request(GIT_PUSH, datetime.now(UTC), (repository,), updates=(update,))


def test_what_was_allowed_is_planned_and_what_was_refused_is_told():
    issued = kit.issue(permissions={"contents": Level.WRITE, "issues": Level.WRITE})
    bearer = identify(issued.secret)
    judge(bearer, kit.fetch(), kit.CIRCUMSTANCES)
    judge(bearer, kit.fetch(), kit.CIRCUMSTANCES)
    with pytest.raises(Refused):
        judge(bearer, push(workflows=True), kit.CIRCUMSTANCES)
    found = recorded_use(local_caller(), issued.token.pk)
    assert [(each.line, each.count) for each in found.asked] == [("git clone", 2)]
    assert found.notes == ("1 request that was refused is not planned for.",)
    assert plan(PlanRequest(), found).permissions == {"contents": Level.READ, "metadata": Level.READ}


def test_a_push_to_workflow_files_is_remembered_as_one():
    issued = kit.issue(permissions={"contents": Level.WRITE, "workflows": Level.WRITE})
    bearer = identify(issued.secret)
    judge(bearer, push(workflows=False), kit.CIRCUMSTANCES)
    without = recorded_use(local_caller(), issued.token.pk)
    assert plan(PlanRequest(), without).permissions == {"contents": Level.WRITE, "metadata": Level.READ}
    judge(bearer, push(workflows=True), kit.CIRCUMSTANCES)
    found = recorded_use(local_caller(), issued.token.pk)
    assert "workflows" in plan(PlanRequest(), found).permissions


def test_an_unused_token_and_somebody_else_s():
    issued = kit.issue()
    assert recorded_use(local_caller(), issued.token.pk).notes == ("The token was never used.",)
    mia = person("mia", Role.MEMBER)
    with pytest.raises(NotFound):
        recorded_use(Caller(mia.pk, mia.email, Via.WEB), issued.token.pk)
