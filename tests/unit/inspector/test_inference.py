"""No verdict is ever wrong, whatever is granted and whatever GitHub answers for other reasons; and most are given."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyhole.core.permissions import Group, Level, vocabulary
from keyhole.inspector.inference import CONTRADICTION, Knowledge
from keyhole.inspector.observation import Answer, Target, read, visible
from keyhole.inspector.probe import Place
from keyhole.inspector.probes import PROBES
from keyhole.inspector.report import Verdict
from tests.unit.inspector.model import MISSING, NAMES, Credential, learn, satisfied

PERMISSIONS = list(vocabulary().permissions.values())


def wrong(token, findings):
    """The verdicts that contradict what is really held."""
    for each in findings:
        really = satisfied(token, {each.permission: each.level})
        if each.verdict is Verdict.GRANTED and not really:
            yield f"{each.permission}={each.level.word} granted? {each.reason} {each.evidence}"
        if each.verdict is Verdict.NOT_GRANTED and really:
            yield f"{each.permission}={each.level.word} not granted? {each.reason} {each.evidence}"


@st.composite
def credentials(draw):
    held = draw(st.dictionaries(st.sampled_from(PERMISSIONS), st.integers(0, 2), max_size=30))
    return Credential(
        held={each.name: each.levels[min(index, len(each.levels) - 1)] for each, index in held.items()},
        private=draw(st.booleans()),
        selected=draw(st.booleans()),
        admin=draw(st.booleans()),
        organization=draw(st.booleans()),
    )


@settings(max_examples=150, deadline=None)
@given(credentials(), st.integers(0, 10**9))
def test_no_verdict_is_wrong(token, seed):
    assert list(wrong(token, learn(token, random.Random(seed)).findings(PERMISSIONS))) == []


@settings(max_examples=30, deadline=None)
@given(credentials(), st.integers(0, 10**9), st.integers(0, 2 ** len(PROBES)))
def test_no_verdict_is_wrong_when_only_some_were_asked(token, seed, chosen):
    some = [probe for number, probe in enumerate(PROBES) if chosen >> number & 1]
    assert list(wrong(token, learn(token, random.Random(seed), some).findings(PERMISSIONS))) == []


def repository_reading(operation, status, message="", accepted=None, *, private=True, admin=True):
    probe = next(each for each in PROBES if each.operation_id == operation)
    header = probe.operation.accepted if accepted is None else accepted
    target = Target(Place.REPOSITORY, "harbour/tide", private=private, admin=admin)
    return read(probe, target, NAMES, Answer(status, message, header))


CHOSEN = visible("harbour/tide")


def known(*observations, about, first=CHOSEN):
    knowledge = Knowledge()
    for each in (first, *observations):
        knowledge.add(each)
    return knowledge.knows(about)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (MISSING, False),
        ("Resource not accessible by integration", False),
        ("Must have admin rights to Repository.", None),
        ("Resource not accessible by personal access token.", None),
        ("resource not accessible by personal access token", None),
        ("API rate limit exceeded for user ID 1.", None),
        ("", None),
    ],
)
def test_only_the_exact_words_mean_that_a_permission_is_missing(message, expected):
    seen = repository_reading("repos/list-webhooks", 403, message)
    assert known(seen, about=("repository_hooks", 1)) is expected


def test_a_refusal_without_the_header_proves_nothing():
    seen = repository_reading("repos/list-webhooks", 403, MISSING, accepted="")
    assert known(seen, about=("repository_hooks", 1)) is None


def test_an_answer_without_the_header_proves_nothing():
    assert (
        known(repository_reading("repos/list-webhooks", 200, accepted=""), about=("repository_hooks", 1))
        is None
    )


def test_the_header_counts_and_not_our_table():
    seen = repository_reading("activity/list-stargazers-for-repo", 200, accepted="metadata=read")
    assert known(seen, about=("contents", 2)) is None


def test_an_alternative_that_is_not_understood_may_be_the_one_that_was_held():
    header = "repository_hooks=read; allows_permissionless_access=true"
    assert (
        known(repository_reading("repos/list-webhooks", 200, accepted=header), about=("repository_hooks", 1))
        is None
    )
    refused = repository_reading("repos/list-webhooks", 403, MISSING, accepted=header)
    assert known(refused, about=("repository_hooks", 1)) is False


def test_a_public_repository_hides_what_everybody_may_read():
    seen = repository_reading("issues/list-for-repo", 200, private=False)
    assert known(seen, about=("issues", 1)) is None
    assert known(repository_reading("issues/list-for-repo", 200), about=("issues", 1)) is True


def test_outside_the_selection_a_refusal_is_about_the_selection():
    seen = repository_reading("repos/list-webhooks", 403, MISSING, private=False)
    assert known(seen, about=("metadata", 1), first=seen) is None


@pytest.mark.parametrize(("admin", "expected"), [(True, True), (False, None)])
def test_404_counts_only_for_who_administers_the_repository(admin, expected):
    seen = repository_reading("repos/update-webhook", 404, "Not Found", admin=admin)
    assert known(seen, about=("repository_hooks", 2)) is expected


def test_invitations_tell_the_account_permission_once_administration_is_ruled_out():
    either = repository_reading("repos/list-invitations", 200)
    assert known(either, about=("private_repository_invitations", 1)) is None
    no_administration = repository_reading("actions/get-github-actions-permissions-repository", 403, MISSING)
    assert known(either, no_administration, about=("private_repository_invitations", 1)) is True
    knowledge = Knowledge()
    knowledge.add(CHOSEN)
    knowledge.add(either)
    knowledge.add(no_administration)
    finding = next(
        each for each in knowledge.findings([vocabulary().permissions["private_repository_invitations"]])
    )
    assert finding.verdict is Verdict.GRANTED
    assert len(finding.evidence) == 2


def test_a_level_that_was_shown_answers_for_the_lower_one():
    wrote = repository_reading("git/create-ref", 422, "Validation Failed", private=False)
    assert known(wrote, about=("contents", 2)) is True
    assert known(wrote, about=("contents", 1)) is True
    assert known(wrote, about=("metadata", 1)) is True
    assert known(wrote, about=("workflows", 2)) is None


def test_answers_that_contradict_each_other_lead_to_no_verdict_at_all():
    knowledge = Knowledge()
    knowledge.add(CHOSEN)
    knowledge.add(repository_reading("repos/list-webhooks", 200))
    knowledge.add(repository_reading("repos/list-webhooks", 403, MISSING))
    assert not knowledge.consistent
    findings = knowledge.findings(PERMISSIONS)
    assert {each.verdict for each in findings} == {Verdict.UNPROVABLE}
    assert {each.reason for each in findings} == {CONTRADICTION}


def provable(group):
    """The levels of a group that the probes decide, both ways, for a user who administers a private repository."""

    class Calm(random.Random):
        def choice(self, options):
            return options[0]

    rows = [each for each in PERMISSIONS if each.group is group]
    all_held = Credential({each.name: each.levels[-1] for each in PERMISSIONS})
    verdicts = []
    for each in rows:
        for level in each.levels:
            with_it = {name: held for name, held in all_held.held.items() if name != each.name}
            lower = [known for known in each.levels if known < level]
            without = Credential({**with_it, **({each.name: lower[-1]} if lower else {})})
            only = Credential({each.name: level})
            found = [learn(token, Calm()).findings([each]) for token in (only, without)]
            verdicts.append(tuple(next(f.verdict for f in some if f.level is level) for some in found))
    return verdicts


def test_how_much_can_be_proved():
    """The figures of docs/inspect.md. They may only grow."""
    counted = {group: provable(group) for group in Group}
    both = {
        group: sum(pair == (Verdict.GRANTED, Verdict.NOT_GRANTED) for pair in pairs)
        for group, pairs in counted.items()
    }
    print(both, {group: len(pairs) for group, pairs in counted.items()})
    assert both[Group.REPOSITORY] >= 40


def test_write_is_not_read_where_there_is_no_read():
    assert vocabulary().permissions["codespaces_secrets"].levels == (Level.WRITE,)
    seen = repository_reading("codespaces/list-repo-secrets", 200)
    assert known(seen, about=("codespaces_secrets", 2)) is True
