"""OpenVEX in: only what says that nothing is to be done hides anything, and never more than it says."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.cli.vex import command
from keyhole.core import library as core
from keyhole.core.errors import InvalidInput
from keyhole.findings.deciding import DecisionSpec
from keyhole.findings.models import Decision, Problem
from keyhole.findings.services import decide, withdraw
from keyhole.inventory.models import Library, Stock
from keyhole.reports import gather, vex
from keyhole.reports.models import VexStatement
from keyhole.reports.products import product_of
from keyhole.reports.renderers import as_openvex
from keyhole.reports.vex_reading import read
from keyhole.scans.models import Inventory, Scan
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


def test_what_is_inside_another_product_is_not_meant(place):
    """Of jinja2 in one image it says nothing of jinja2 elsewhere."""
    scanned(repository(), [vulnerable("jinja2", ["CVE-2026-2"], version="2.10")])
    given = [inside(name, "pkg:pypi/jinja2@2.10", name="CVE-2026-2") for name in OTHER_PRODUCTS]
    taken = vex.take_in(local_caller(), document(*given))
    assert (taken.decisions, hidden()) == ((), [])
    assert len(taken.left_out) == len(OTHER_PRODUCTS)
    assert taken.left_out[0].startswith("CVE-2026-2 in pkg:pypi/jinja2@2.10 of pkg:oci/app: ")
    assert all("not a repository here" in each for each in taken.left_out)


OTHER_PRODUCTS = [
    "pkg:oci/app",
    "pkg:npm/express@4.0.0",
    "pkg:generic/nobody/nothing",
    "https://shop.example",
]


def inside(product, *parts, **more):
    return statement(products=[{"@id": product, "subcomponents": [{"@id": each} for each in parts]}], **more)


def test_what_is_inside_a_repository_here_is_decided_about_there_alone(place):
    other = repository()
    scanned(other, [vulnerable("flask", ["CVE-2026-1"])])
    taken = vex.take_in(local_caller(), document(inside(product_of(place), "pkg:pypi/flask@1.0")))
    assert [row.scope for row in taken.decisions] == ["finding"]
    decided = Problem.objects.exclude(decided="").get()
    assert (decided.repository, decided.package) == (place, "flask")
    assert taken.decisions[0].version == "1.0"


def test_parts_that_a_statement_names_beside_its_products_are_in_each_of_them(place):
    scanned(place, [vulnerable("flask", ["CVE-2026-1"]), vulnerable("jinja2", ["CVE-2026-1"])])
    parts = [{"@id": "pkg:pypi/flask@1.0"}]
    vex.take_in(local_caller(), document(statement(product_of(place), subcomponents=parts)))
    assert [row.package for row in Problem.objects.exclude(decided="")] == ["flask"]


def test_a_repository_by_itself_is_decided_about_for_the_vulnerability_alone(place):
    scanned(repository(), [vulnerable("flask", ["CVE-2026-1"])])
    vex.take_in(local_caller(), document(statement(product_of(place))))
    assert [(row.repository, row.package) for row in Problem.objects.exclude(decided="")] == [
        (place, "flask")
    ]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ("pkg:pypi/django", "nothing was found about that package in that repository"),
        ("pkg:pypi/flask@9", "nothing was found about that version in that repository"),
        (None, "nothing was found about that vulnerability in that repository"),
    ],
)
def test_what_was_not_found_in_the_repository_is_said(place, part, why):
    about = inside(product_of(place), part) if part else statement(product_of(place), name="CVE-1999-1")
    assert why in vex.take_in(local_caller(), document(about)).left_out[0]


def test_a_repository_at_a_commit_is_meant_if_that_was_scanned_last(place):
    Stock.objects.create(repository=place, ref="", commit="a" * 40, at=timezone.now(), complete=True)
    old, new = (inside(f"{product_of(place)}@{each * 40}", "pkg:pypi/flask") for each in "ba")
    assert "another version of the repository" in vex.take_in(local_caller(), document(old)).left_out[0]
    assert hidden() == []
    vex.take_in(local_caller(), document(new))
    assert hidden() == ["flask"]


def test_what_keyhole_writes_comes_back_as_the_same_decisions(place):
    other = repository()
    scanned(other, [vulnerable("flask", ["CVE-2026-1"])])
    row = Problem.objects.get(repository=place, package="flask")
    made = decide(local_caller(), DecisionSpec("false_positive", "never called", problems=(row.pk,)))
    Scan.objects.update(state="failed")  # such a scan, made by hand, says too little for a report
    report = gather.of_problems(Problem.objects.all(), (), title="All", about="All.")
    written = as_openvex.RENDERER.render(report)
    withdraw(local_caller(), made.pk)
    (decision,) = vex.take_in(local_caller(), written).decisions
    row.refresh_from_db()
    assert (row.decision, decision.reason) == (decision, "never called")
    assert Problem.objects.exclude(decided="").count() == 1


JANUARY, MARCH, JUNE = ({"timestamp": f"2026-{month}-01T00:00:00Z"} for month in ("01", "03", "06"))
AFFECTED = {"status": "affected"}
SUPERSEDED = "a newer statement, of 2026-06-01, says “affected”"


@pytest.mark.parametrize(
    "given",
    [
        (statement(**JANUARY), statement(**AFFECTED, **JUNE)),
        (statement(**AFFECTED, **JUNE), statement(**JANUARY)),
        (statement(**JANUARY), statement(name="GHSA-aaaa-bbbb-cccc", **AFFECTED, **JUNE)),
        (statement(**JANUARY), statement("pkg:pypi/flask@1.0", **AFFECTED, **JUNE)),
        (statement("pkg:pypi/flask@1.0", **JANUARY), statement(**AFFECTED, **JUNE)),
        (
            statement("pkg:pypi/a", name="X-1", **JANUARY),
            statement("pkg:pypi/a", name="X-2", **AFFECTED, **JUNE),
            statement("pkg:pypi/b", status="fixed", vulnerability={"name": "X-1", "aliases": ["X-2"]}),
        ),
    ],
)
def test_the_newest_statement_counts(place, given):
    taken = vex.take_in(local_caller(), document(*given, **JUNE))
    assert (taken.decisions, hidden()) == ((), [])
    assert sum(SUPERSEDED in each for each in taken.left_out) == 1


def test_the_document_says_when_where_a_statement_does_not_and_then_the_order(place):
    vex.take_in(local_caller(), document(statement(**AFFECTED, **JANUARY), statement(), **JUNE))
    assert hidden() == ["flask"]
    withdraw(local_caller(), Decision.objects.get().pk)
    vex.take_in(local_caller(), document(statement(), statement(**AFFECTED)))
    assert hidden() == []
    vex.take_in(local_caller(), document(statement(**AFFECTED), statement()))
    assert hidden() == ["flask"]


def test_a_later_document_takes_back_what_an_earlier_one_decided(place):
    (first,) = vex.take_in(local_caller(), document(statement(), **JANUARY)).decisions
    assert hidden() == ["flask"]
    later = document(statement(name="GHSA-aaaa-bbbb-cccc", **AFFECTED), **JUNE)
    taken = vex.take_in(local_caller(), later)
    assert (taken.taken_back, hidden()) == ((first,), [])
    first.refresh_from_db()
    assert first.state == "taken back"


def test_what_is_dated_ahead_is_of_the_day_on_which_it_came(place):
    ahead = {"timestamp": "2999-01-01T00:00:00Z"}
    vex.take_in(local_caller(), document(statement(**ahead), **ahead))
    assert hidden() == ["flask"]
    taken = vex.take_in(local_caller(), document(statement(**AFFECTED), timestamp=timezone.now().isoformat()))
    assert (len(taken.taken_back), hidden()) == (1, [])


def test_an_older_document_that_comes_later_decides_nothing(place):
    vex.take_in(local_caller(), document(statement(**AFFECTED), **JUNE))
    taken = vex.take_in(local_caller(), document(statement(), **JANUARY))
    assert (taken.decisions, hidden()) == ((), [])
    assert SUPERSEDED in taken.left_out[0]


def test_the_same_again_is_one_decision_in_force(place):
    given = document(statement(), **JANUARY)
    (first,) = vex.take_in(local_caller(), given).decisions
    again = vex.take_in(local_caller(), given)
    assert again.taken_back == (first,)
    assert [row.pk for row in Decision.objects.filter(ended_at=None)] == [again.decisions[0].pk]
    assert VexStatement.objects.count() == 1
    assert hidden() == ["flask"]


def test_what_is_said_of_other_things_supersedes_nothing(place):
    made = vex.take_in(
        local_caller(),
        document(
            statement(**JANUARY),
            statement("pkg:npm/flask", **AFFECTED, **JUNE),
            statement(name="CVE-2026-9", **AFFECTED, **JUNE),
            statement("pkg:pypi/flask@2.0", status="fixed", **JUNE),
        ),
    )
    assert len(made.decisions) == 1
    assert hidden() == ["flask"]


def test_what_is_said_of_a_package_is_no_later_word_on_one_repository(place):
    inner = inside(product_of(place), "pkg:pypi/flask", **JANUARY)
    vex.take_in(local_caller(), document(inner, statement(**AFFECTED, **JUNE)))
    assert hidden() == ["flask"]


def test_what_is_said_of_one_repository_keeps_an_older_word_on_the_package_from_hiding_it(place):
    inner = inside(product_of(place), "pkg:pypi/flask", **AFFECTED, **JUNE)
    taken = vex.take_in(local_caller(), document(statement(**JANUARY), inner))
    assert (taken.decisions, hidden()) == ((), [])
    older = inside(product_of(place), "pkg:pypi/flask", **JANUARY)
    assert vex.take_in(local_caller(), document(older)).decisions == ()


def test_what_people_decided_is_not_taken_back(place):
    row = Problem.objects.get(package="flask")
    decide(local_caller(), DecisionSpec("false_positive", "never called", problems=(row.pk,)))
    vex.take_in(local_caller(), document(statement(**AFFECTED), **JUNE))
    assert hidden() == ["flask"]


@pytest.mark.parametrize("status", ["affected", "fixed", "under_investigation", "made up"])
def test_every_other_word_hides_nothing(place, status):
    taken = vex.take_in(local_caller(), document(statement(status=status)))
    assert (taken.decisions, hidden()) == ((), [])
    assert status in taken.left_out[0]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (statement("https://shop.example"), "not about a repository here, and the product is no package URL"),
        (statement("pkg:deb/debian/curl"), "nor an ecosystem of which advisories are kept"),
        (statement("pkg:pypi/" + "x" * 301), "longer than any"),
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
        document(statement(timestamp="yesterday")),
        document(statement(timestamp=7)),
        document(statement(), timestamp="2026-13-01"),
        document(statement(products=[{"@id": "pkg:oci/app", "subcomponents": "pkg:pypi/flask"}])),
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
        list(read(b" " * (vex.LARGEST + 1)))


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


def test_the_command_says_what_was_taken_back(place, tmp_path, monkeypatch):
    monkeypatch.setattr("keyhole.cli.vex.open_keyhole", local_caller)
    file = tmp_path / "a.openvex.json"
    told = []
    for given in (document(statement(), **JANUARY), document(statement(**AFFECTED), **JUNE)):
        file.write_bytes(given)
        told.append(CliRunner().invoke(command, ["import", str(file)]).output)
    number = Decision.objects.get().pk
    assert f"1 decision made: {number}." in told[0]
    assert f"1 earlier decision taken back, as a newer statement counts: {number}." in told[1]
    file.write_bytes(document(statement(), **JANUARY))
    told = json.loads(CliRunner().invoke(command, ["import", str(file), "--json"]).output)
    assert (told["decisions"], told["taken_back"], len(told["left_out"])) == ([], [], 1)
