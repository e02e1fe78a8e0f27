"""Records told in plain words."""

from dataclasses import replace

import pytest

from keyhole.accounts.services import local_caller
from keyhole.audit.explain import explain
from keyhole.audit.models import Entry
from keyhole.core.errors import NotFound
from keyhole.core.permissions import GIT_ANNOUNCE_PUSH, GIT_FETCH, Level
from keyhole.tokens.authority import Refused, identify, judge
from keyhole.tokens.services import revoke
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue

pytestmark = pytest.mark.django_db(transaction=True)


def denied(repository_id=7, operation=GIT_FETCH, **spec):
    bearer = identify(issue(**spec).secret)
    request = replace(fetch(repository_id), operation=operation)
    with pytest.raises(Refused) as raised:
        judge(bearer, request, CIRCUMSTANCES)
    return explain(raised.value.explain)


def test_a_missing_permission_names_what_was_needed_held_and_what_to_ask_for():
    told = denied(operation=GIT_ANNOUNCE_PUSH, permissions={"issues": Level.READ})
    assert told.needed == "contents: write"
    assert "issues: read" in told.held
    assert "contents: write" in told.ask_for
    assert "acme/tool" in told.asked
    for part in ("Asked", "Needed", "Held", "What to do", "contents: write"):
        assert part in told.text()


def test_a_hidden_repository_is_named_to_the_operator():
    told = denied(8)
    assert "acme/tool" in told.asked
    assert "does not reach" in told.why
    assert "selects that repository" in told.ask_for


def test_an_allowed_request_asks_for_nothing():
    permit = judge(identify(issue().secret), fetch(), CIRCUMSTANCES)
    told = explain(permit.id)
    assert (told.outcome, told.ask_for, told.why) == ("allowed", "", "")


def test_what_people_did_is_told_too():
    issued = issue()
    revoke(local_caller(), issued.token.pk, "leaked")
    told = explain(Entry.objects.get(action="token:revoke").id)
    assert told.who == "admin@localhost"
    assert "token:revoke" in told.asked


@pytest.mark.parametrize(
    "text", ["", "ex_", "ex_aaaaaaaaaaaaaaaa", "' OR 1=1", "x" * 100_000, "ex_\u0000"], ids=range(6)
)
def test_an_id_that_is_none_is_not_found(text):
    with pytest.raises(NotFound):
        explain(text)
