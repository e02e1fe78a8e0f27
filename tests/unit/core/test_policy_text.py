"""Policy files are read strictly: what is not understood is refused, and the field is named."""

from __future__ import annotations

import json

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.core.gate_kinds import CompleteGate, FindingsGate, LicencesGate
from keyhole.core.gates import Policy
from keyhole.core.policy_text import LONGEST, from_json, from_text, to_toml
from keyhole.core.terms import Kind, Severity

TOML = """\
name = "Production"
description = "What runs for customers"

[[gates]]
gate = "findings"
most = 2
severity = "high"
kinds = ["secret", "malicious"]
because = 'They said "never".'

[[gates]]
gate = "licences"
unknown = "deny"
denied = ["AGPL-*"]

[[gates]]
gate = "complete"
"""
POLICY = Policy(
    "Production",
    (
        FindingsGate(2, Severity.HIGH, kinds=(Kind.SECRET, Kind.MALICIOUS), because='They said "never".'),
        LicencesGate("deny", denied=("AGPL-*",)),
        CompleteGate(),
    ),
    "What runs for customers",
)


def test_toml_and_json_say_the_same():
    assert from_text(TOML) == POLICY
    assert from_text(json.dumps(POLICY.to_json())) == POLICY
    assert from_text(to_toml(POLICY)) == POLICY


def one(**gate):
    return {"name": "P", "gates": [{"gate": "findings", **gate}]}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "the policy"),
        ({"name": "P", "gates": [], "x": 1}, "text"),
        ({"name": "P"}, "gates"),
        ({"gates": [{"gate": "complete"}]}, "name"),
        ({"name": "", "gates": [{"gate": "complete"}]}, "name"),
        ({"name": "a\u202eb", "gates": [{"gate": "complete"}]}, "name"),
        ({"name": "P", "gates": [{"gate": "complete"}] * 51}, "gates"),
        ({"name": "P", "gates": ["complete"]}, "gates[1]"),
        ({"name": "P", "gates": [{"gate": "complete"}, {"gate": "colour"}]}, "gates[2].gate"),
        ({"name": "P", "gates": [{"gate": ["findings"]}]}, "gates[1].gate"),
        (one(colour="red"), "gates[1]"),
        (one(severity="worst"), "gates[1].severity"),
        (one(severity=["high"]), "gates[1].severity"),
        (one(kinds="secret"), "gates[1].kinds"),
        (one(kinds=["secrets"]), "gates[1].kinds"),
        (one(most=-1), "gates[1].most"),
        (one(most=True), "gates[1].most"),
        (one(most=1.5), "gates[1].most"),
        (one(new="yes"), "gates[1].new"),
        (one(epss=1.5), "gates[1].epss"),
        (one(epss=float("nan")), "gates[1].epss"),
        (one(epss=float("inf")), "gates[1].epss"),
        (one(because="x" * 301), "gates[1].because"),
        ({"name": "P", "gates": [{"gate": "advisories"}]}, "gates[1].max_age_days"),
        ({"name": "P", "gates": [{"gate": "advisories", "max_age_days": 10**9}]}, "gates[1].max_age_days"),
        ({"name": "P", "gates": [{"gate": "licences", "unknown": "maybe"}]}, "gates[1].unknown"),
        ({"name": "P", "gates": [{"gate": "licences", "unknown": "allow"}]}, "gates[1]"),
        (
            {"name": "P", "gates": [{"gate": "licences", "unknown": "allow", "denied": ["AGPL3"]}]},
            "gates[1].denied",
        ),
        ({"name": "P", "gates": [{"gate": "scanners", "required": []}]}, "gates[1].required"),
    ],
)
def test_what_is_wrong_is_named(data, field):
    with pytest.raises(InvalidInput) as told:
        from_json(data)
    assert told.value.field == field


NONSENSE = ["", "{", "[[gates]", "x" * (LONGEST + 1), "[" * 5000, '{"a":' * 5000, "a." * 49_000 + "a = 1"]


@pytest.mark.parametrize("text", NONSENSE, ids=range(len(NONSENSE)))
def test_what_is_no_policy_is_refused(text):
    with pytest.raises(InvalidInput):
        from_text(text)


def test_a_field_that_is_given_twice_is_refused_in_json_as_in_toml():
    for text in (
        '{"name": "P", "gates": [{"gate": "findings", "most": 0, "most": 99}]}',
        'name = "P"\n[[gates]]\ngate = "findings"\nmost = 0\nmost = 99\n',
    ):
        with pytest.raises(InvalidInput, match="neither TOML nor JSON"):
            from_text(text)


@pytest.mark.parametrize("value", [1.5, 2, -0.1, 10**400, float("nan"), float("inf")])
def test_a_probability_is_told_its_own_bounds(value):
    with pytest.raises(InvalidInput) as refused:
        from_json(one(epss=value))
    assert refused.value.message == "gates[1].epss is from 0 to 1."
