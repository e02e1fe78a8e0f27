"""Environments and policies: who may, what is refused, what is on record, and what a policy said before."""

from __future__ import annotations

import dataclasses

import pytest

from keyhole.accounts.models import Owner, User
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.gate_kinds import CompleteGate, FindingsGate, ScannersGate
from keyhole.core.gates import Policy
from keyhole.core.terms import Kind
from keyhole.environments import beginning, examples, policies, services
from keyhole.environments.models import Environment
from keyhole.environments.naming import check_scanners
from keyhole.environments.services import EnvironmentSpec

pytestmark = pytest.mark.django_db

STRICT = Policy("Strict", (CompleteGate(),), "for the harbour")


def member():
    owner = Owner.objects.create(login="bob", login_folded="bob", kind="User")
    user = User.objects.create(email="bob@example.invalid", owner=owner)
    return Caller(user.pk, "bob@example.invalid", Via.WEB)


def recorded():
    return [entry.action for entry in Entry.objects.order_by("seq")]


def test_a_policy_keeps_what_it_said_before():
    caller = local_caller()
    row = policies.create(caller, STRICT)
    changed = dataclasses.replace(STRICT, name="Stricter")
    policies.change(caller, row.pk, changed)
    policies.change(caller, row.pk, changed)  # nothing is different, so there is no third version
    row = policies.get(caller, row.pk)
    assert [(each.number, each.as_core()) for each in row.versions.all()] == [(2, changed), (1, STRICT)]
    assert row.latest.number == 2
    assert recorded()[-2:] == ["scan_policy:create", "scan_policy:change"]
    assert policies.by_name(caller, "Stricter") == policies.by_name(caller, str(row.pk)) == row


@pytest.mark.parametrize(
    ("gate", "field"),
    [
        (FindingsGate(scanners=("sarif-codeql", "secret")), "gates[2].scanners"),
        (ScannersGate(("dependencys",)), "gates[2].required"),
    ],
)
def test_a_scanner_that_there_is_not_is_refused_when_it_is_written_and_read_when_it_is_kept(gate, field):
    caller, policy = local_caller(), Policy("Odd", (CompleteGate(), gate))
    row = policies.create(caller, STRICT)
    for write in (lambda: policies.create(caller, policy), lambda: policies.change(caller, row.pk, policy)):
        with pytest.raises(InvalidInput, match="There is no scanner named") as refused:
            write()
        assert refused.value.field == field
        assert "Did you mean" in refused.value.hint
    row.versions.create(number=2, data=policy.to_json())
    assert row.latest.as_core() == policy


def test_a_gate_of_kinds_that_its_scanners_cannot_find_is_refused():
    gate = FindingsGate(kinds=(Kind.SECRET, Kind.VULNERABILITY), scanners=("secrets",))
    with pytest.raises(InvalidInput, match="has vulnerability, which secrets cannot find") as refused:
        check_scanners(Policy("Live", (gate,)))
    assert refused.value.field == "gates[1].kinds"
    for scanners in (("secrets", "dependencies"), ("secrets", "sarif-trivy"), ()):
        check_scanners(Policy("Live", (dataclasses.replace(gate, scanners=scanners),)))


@pytest.mark.parametrize("asked", [{"epss": 0.5}, {"kev": True}, {"fixable": True}])
def test_a_gate_that_asks_about_packages_of_what_is_about_none_is_refused(asked):
    both = FindingsGate(kinds=(Kind.VULNERABILITY, Kind.MALICIOUS), **asked)
    for fine in (both, FindingsGate(**asked), FindingsGate(kinds=(Kind.SECRET,), dev=False)):
        check_scanners(Policy("Live", (fine,)))
    for kinds in ((Kind.SECRET,), (Kind.VULNERABILITY, Kind.CODE)):
        with pytest.raises(InvalidInput, match=f"{next(iter(asked))} asks about packages") as refused:
            check_scanners(Policy("Live", (FindingsGate(kinds=kinds, **asked),)))
        assert refused.value.field == "gates[1].kinds"


def test_two_policies_of_one_name_are_one_too_many_until_it_is_removed():
    caller = local_caller()
    row = policies.create(caller, STRICT)
    with pytest.raises(Conflict):
        policies.create(caller, STRICT)
    policies.remove(caller, row.pk)
    policies.create(caller, STRICT)
    with pytest.raises(NotFound):
        policies.get(caller, row.pk)


def test_a_policy_that_judges_is_not_removed():
    caller = local_caller()
    row = policies.create(caller, STRICT)
    environment = services.create(caller, EnvironmentSpec("Production", policy_id=row.pk))
    with pytest.raises(Conflict, match="Production"):
        policies.remove(caller, row.pk)
    services.remove(caller, environment.pk)
    policies.remove(caller, row.pk)


def test_an_environment_is_made_changed_and_removed_on_record():
    caller = local_caller()
    row = services.create(
        caller,
        EnvironmentSpec(
            "Production", "for customers", 1, None, {"low": 90, "critical": 2}, upstream=("sarif", "status")
        ),
    )
    row = services.get(caller, row.pk)
    assert (row.due_days, row.upstream) == ({"critical": 2, "low": 90}, ["status", "sarif"])
    assert row.due == [("critical", 2), ("high", None), ("medium", None), ("low", 90)]
    services.change(caller, row.pk, dataclasses.replace(services.spec_of(row), name="Live"))
    assert services.by_name(caller, "Live").description == "for customers"
    services.remove(caller, row.pk)
    assert not services.list_environments(caller).exists()
    assert recorded()[-3:] == ["environment:create", "environment:change", "environment:remove"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"rank": -1}, "rank"),
        ({"policy_id": 99}, "policy"),
        ({"policy_id": 2**70}, "policy"),
        ({"due_days": {"worst": 1}}, "due_days"),
        ({"due_days": {"high": 0}}, "due_days"),
        ({"due_days": {"high": True}}, "due_days"),
        ({"channel_ids": (99,)}, "channels"),
        ({"upstream": ("fax",)}, "upstream"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(change, field):
    with pytest.raises(InvalidInput) as told:
        services.create(local_caller(), EnvironmentSpec(**{"name": "Production", **change}))
    assert told.value.field == field
    assert not services.list_environments(local_caller()).exists()


def test_two_environments_have_two_names():
    services.create(local_caller(), EnvironmentSpec("Production"))
    with pytest.raises(Conflict):
        services.create(local_caller(), EnvironmentSpec("Production"))


@pytest.mark.parametrize("name", ["prod", " PROD ", "ｐrod"])
def test_names_that_nobody_tells_apart_are_one_too_many(name):
    caller = local_caller()
    prod, other = (services.create(caller, EnvironmentSpec(each)) for each in ("Prod", "Other"))
    for write in (
        lambda: services.create(caller, EnvironmentSpec(name)),
        lambda: services.change(caller, other.pk, EnvironmentSpec(name)),
    ):
        with pytest.raises(Conflict, match="There is an environment 'Prod' already"):
            write()
    assert services.change(caller, prod.pk, EnvironmentSpec("PROD")).name == "PROD", "its own it may write so"
    # Two that are from before they were compared stay as they are, and can be changed.
    old = Environment.objects.create(name="prod")
    assert services.change(caller, old.pk, EnvironmentSpec("prod", rank=3)).rank == 3


def test_policies_that_nobody_tells_apart_are_one_too_many():
    caller = local_caller()
    row = policies.create(caller, STRICT)
    other = policies.create(caller, dataclasses.replace(STRICT, name="Other"))
    same = dataclasses.replace(STRICT, name="STRICT")
    for write in (lambda: policies.create(caller, same), lambda: policies.change(caller, other.pk, same)):
        with pytest.raises(Conflict, match="There is a policy 'Strict' already"):
            write()
    assert policies.change(caller, row.pk, same).name == "STRICT"


def test_the_examples_are_not_made_beside_what_is_called_so_in_other_letters():
    caller = local_caller()
    services.create(caller, EnvironmentSpec("PRODUCTION"))
    policies.create(caller, dataclasses.replace(STRICT, name="staging"))
    assert beginning.take_examples(caller) == ["Staging", "Development"]
    assert services.by_name(caller, "Staging").policy.name == "staging"


def test_members_look_and_do_not_touch():
    row = policies.create(local_caller(), STRICT)
    bob = member()
    assert policies.get(bob, row.pk) == row
    for act in (
        lambda: policies.create(bob, dataclasses.replace(STRICT, name="Lax")),
        lambda: policies.change(bob, row.pk, STRICT),
        lambda: policies.remove(bob, row.pk),
        lambda: services.create(bob, EnvironmentSpec("Production")),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_what_is_offered_to_begin_with_is_in_order():
    offered = examples.examples()
    assert list(offered) == ["production", "staging", "development"] == list(examples.DUE_DAYS)
    assert [policy.name for policy in offered.values()] == ["Production", "Staging", "Development"]
