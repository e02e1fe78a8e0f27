"""OpenVEX in: only what says that nothing is to be done hides anything, and never more than it says."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.core import library as core
from keyhole.core.errors import InvalidInput
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.models import Decision, Problem
from keyhole.findings.services import decide, withdraw
from keyhole.inventory.models import Library, Stock
from keyhole.reports import vex
from keyhole.scans.models import Inventory
from tests.unit.findings.making import repository, scan_of, scanned, settle, vulnerable

pytestmark = pytest.mark.django_db(transaction=True)


def document(*statements, **more):
    return json.dumps(
        {"@context": "https://openvex.dev/ns/v0.2.0", "statements": list(statements), **more}
    ).encode()


def statement(product="pkg:pypi/Flask", status="not_affected", name="CVE-2026-1", **more):
    given = {"justification": "vulnerable_code_not_in_execute_path", "impact_statement": "We never call it."}
    return {
        "vulnerability": {"name": name},
        "products": [{"@id": product}],
        "status": status,
        **given,
        **more,
    }


@pytest.fixture
def place():
    found = repository()
    scanned(
        found,
        [vulnerable("flask", ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"]), vulnerable("jinja2", ["CVE-2026-2"])],
    )
    return found


def hidden():
    return sorted(Problem.objects.exclude(decided="").values_list("package", flat=True))


def test_a_package_without_a_version_is_decided_about_for_good_and_by_any_id(place):
    taken = vex.take_in(local_caller(), document(statement(name="GHSA-aaaa-bbbb-cccc")))
    (decision,) = taken.decisions
    assert (decision.kind, decision.scope) == ("false_positive", "package")
    assert decision.reason == "vulnerable_code_not_in_execute_path. We never call it."
    assert hidden() == ["flask"]
    withdraw(local_caller(), decision.pk)
    assert hidden() == []


def test_one_version_is_decided_about_alone(place):
    taken = vex.take_in(
        local_caller(),
        document(statement("pkg:pypi/flask@1.0"), statement("pkg:pypi/jinja2@9.9", name="CVE-2026-2")),
    )
    assert [row.scope for row in taken.decisions] == ["finding"]
    assert hidden() == ["flask"]
    assert taken.left_out == ("CVE-2026-2 in pkg:pypi/jinja2@9.9: nothing was found about that version",)


def test_what_is_inside_a_product_is_meant(place):
    image = {"@id": "pkg:oci/shop@sha256", "subcomponents": [{"@id": "pkg:pypi/flask@1.0"}]}
    vex.take_in(local_caller(), document(statement(products=[image])))
    assert hidden() == ["flask"]


@pytest.mark.parametrize("status", ["affected", "fixed", "under_investigation", "made up"])
def test_every_other_word_hides_nothing(place, status):
    taken = vex.take_in(local_caller(), document(statement(status=status)))
    assert (taken.decisions, hidden()) == ((), [])
    assert status in taken.left_out[0]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (statement("https://shop.example"), "no package URL"),
        (statement("pkg:deb/debian/curl"), "no advisories are kept"),
        (statement(justification=None, impact_statement=""), "no reason"),
    ],
)
def test_what_cannot_be_taken_over_is_named(place, given, why):
    taken = vex.take_in(local_caller(), document(given))
    assert taken.decisions == ()
    assert why in taken.left_out[0]


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"{}",
        document(statements={}),
        document({}),
        document(statement(products=[])),
        document(statement(products=[{}])),
        document(statement(vulnerability={})),
        document(statement(vulnerability={"name": "x" * 101})),
        document(statement(vulnerability={"name": "CVE-1", "aliases": [7]})),
        document(statement(), {"status": 7}),
    ],
)
def test_what_is_no_openvex_changes_nothing(place, wrong):
    with pytest.raises(InvalidInput, match="no OpenVEX document"):
        vex.take_in(local_caller(), wrong)
    assert not Decision.objects.exists()


def test_text_of_a_document_cannot_steer_a_terminal(place):
    taken = vex.take_in(local_caller(), document(statement("pkg:oci/\x1b[2J\u202e")))
    assert "\x1b" not in taken.left_out[0]
    assert "\u202e" not in taken.left_out[0]


def test_too_much_is_refused():
    with pytest.raises(InvalidInput, match="bytes"):
        list(vex.read(b" " * (vex.LARGEST + 1)))


def test_a_finding_that_is_about_other_versions_too_is_not_hidden(place):
    stock = Stock.objects.create(repository=place, ref="", at=timezone.now(), complete=True)
    for version in ("1.0", "1.5"):
        Library.objects.create(
            stock=stock,
            ecosystem="PyPI",
            key="flask",
            name="Flask",
            version=version,
            path="a.txt",
            line=1,
            dev=False,
            via=[],
        )
    taken = vex.take_in(local_caller(), document(statement("pkg:pypi/flask@1.0")))
    assert taken.decisions == ()
    assert "the finding is about other versions, too" in taken.left_out[0]
    assert hidden() == []


def test_aliases_that_are_no_list_are_named(place):
    odd = statement(vulnerability={"name": "CVE-2026-1", "aliases": 5})
    with pytest.raises(InvalidInput, match="does not name its vulnerability"):
        vex.take_in(local_caller(), document(odd))


def used(*versions):
    return [
        core.Library(
            purl=f"pkg:pypi/flask@{version}",
            ecosystem="PyPI",
            name="Flask",
            version=version,
            path="poetry.lock",
            line=1,
            relation=core.Relation.DIRECT,
            dev=False,
            via=(),
            licences=(),
        )
        for version in versions
    ]


def seen(place, version, *libraries, **more):
    scan = scan_of(place, [vulnerable("flask", ["CVE-2026-1"], lasting="x", version=version)], **more)
    if libraries:
        Inventory.of(scan, used(*libraries)).save()
    return settle(scan)


@pytest.mark.parametrize(("shown", "libraries"), [("1.1", ("1.1",)), ("1.1", ()), ("1.0", ("1.0", "1.1"))])
def test_a_decision_about_one_version_ends_where_another_is_used(shown, libraries):
    place = repository()
    seen(place, "1.0", "1.0")
    (decision,) = vex.take_in(local_caller(), document(statement("pkg:pypi/flask@1.0"))).decisions
    assert decision.version == "1.0"
    seen(place, "1.0", "1.0")
    assert hidden() == ["flask"]
    scan = seen(place, shown, *libraries)
    row = Problem.objects.get()
    assert (row.decided, row.decision, row.is_open, row.status) == ("", None, True, "reopened")
    last = row.events.last()
    assert (last.what, last.decision, last.scan) == ("outgrown", decision, scan)
    assert last.note == "It was about version 1.0 only, and 1.1 is used now."
    seen(place, shown, *libraries)
    assert hidden() == []
    assert row.events.filter(what="outgrown").count() == 1


def test_another_decision_that_covers_every_version_is_in_force_then():
    place = repository()
    seen(place, "1.0")
    vex.take_in(local_caller(), document(statement()))
    vex.take_in(local_caller(), document(statement("pkg:pypi/flask@1.0")))
    seen(place, "1.1")
    assert Problem.objects.get().decision.scope == "package"


def test_a_decision_of_a_person_about_a_finding_stays_after_an_upgrade():
    place = repository()
    seen(place, "1.0")
    row = Problem.objects.get()
    decide(local_caller(), DecisionSpec("false_positive", "never called", problems=(row.pk,)))
    seen(place, "1.1")
    assert hidden() == ["flask"]
