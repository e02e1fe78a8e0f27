"""Policies: what breaches them, what does not, and that more findings never make a scan pass."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.finding import Finding, Location
from keyhole.core.gate_kinds import (
    GATES,
    AdvisoriesGate,
    CompleteGate,
    FindingsGate,
    LicencesGate,
    ScannersGate,
)
from keyhole.core.gates import MOST_NAMED, Facts, Policy, judge, needed
from keyhole.core.library import Library, PackageFacts, Relation
from keyhole.core.policy_text import from_json
from keyhole.core.reach import Reach
from keyhole.core.terms import Confidence, Kind, Severity
from tests.unit.core.test_finding import FACTS, FINDING

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PACKAGES = Reach(frozenset({Kind.VULNERABILITY, Kind.MALICIOUS}), packages=True)
CODE = Reach(frozenset({Kind.CODE}))
REACH = {"bandit": CODE, "dependencies": PACKAGES, "ruff": CODE, "secrets": Reach(frozenset({Kind.SECRET}))}
SEEN = Facts(
    complete=True,
    reasons=(),
    scanners=("secrets", "dependencies", "bandit", "ruff"),
    advisories_at="2026-06-30T12:00:00+00:00",
    kev_at="2026-06-30T12:00:00+00:00",
    reach=REACH,
)


def library(name="qs", *licences, dev=False):
    return Library(f"pkg:npm/{name}@1", "npm", name, "1", "package-lock.json", 1, dev=dev, licences=licences)


def vulnerable(**facts):
    package = dataclasses.replace(FACTS, **facts)
    return dataclasses.replace(
        FINDING, id="f" * 16, scanner="dependencies", kind=Kind.VULNERABILITY, package=(package,)
    )


def verdict(gate, findings=(), libraries=(), facts=SEEN):
    return judge(Policy("Production", (gate,)), findings, libraries, facts, NOW)


def passes(gate, *findings, facts=SEEN):
    return verdict(gate, findings, facts=facts).passed


def by(*scanners, **brought):
    """The facts of a scan by these; `brought`: kinds that the results of an imported one have."""
    imported = {f"sarif-{name}": Reach(frozenset(kinds)) for name, kinds in brought.items()}
    return dataclasses.replace(SEEN, scanners=(*scanners, *imported), reach=REACH | imported)


def test_a_breach_says_what_was_demanded_what_is_there_and_what_to_do():
    gate = FindingsGate(severity=Severity.HIGH, kinds=(Kind.SECRET,), because="We promised.")
    (breach,) = verdict(gate, [FINDING]).breaches
    assert breach.demand == "No secrets of severity high or worse"
    assert breach.why == "1 such finding: GitHub token in src/a.py:3. We promised."
    assert breach.fix == "revoke it. Or accept it, with a reason and a date."
    assert (breach.gate, breach.place, breach.number, breach.findings) == ("findings", 1, 1, (FINDING.id,))


@pytest.mark.parametrize(
    ("gate", "ok"),
    [
        (FindingsGate(), False),
        (FindingsGate(most=1), True),
        (FindingsGate(kinds=(Kind.MALICIOUS,)), True),
        (FindingsGate(scanners=("dependencies",)), True),
        (FindingsGate(severity=Severity.CRITICAL, confidence=Confidence.HIGH), False),
        (FindingsGate(fixable=True), True),
        (FindingsGate(kev=True), True),
        (FindingsGate(epss=0.1), True),
    ],
)
def test_what_a_secret_breaches(gate, ok):
    assert passes(gate, FINDING) is ok


@pytest.mark.parametrize(
    ("gate", "facts", "ok"),
    [
        (FindingsGate(fixable=True), {}, False),
        (FindingsGate(fixable=True), {"fixed": ""}, True),
        (FindingsGate(kev=True), {"kev": True}, False),
        (FindingsGate(kev=True), {"kev": False}, True),
        (FindingsGate(epss=0.2), {"epss": 0.1}, True),
        (FindingsGate(epss=0.2), {"epss": 0.2}, False),
        (FindingsGate(epss=0.2), {"epss": -1.0}, False),
        (FindingsGate(dev=False), {"dev": True}, True),
        (FindingsGate(dev=False), {"dev": False}, False),
    ],
)
def test_what_a_vulnerable_package_breaches(gate, facts, ok):
    assert passes(gate, vulnerable(**facts)) is ok


def test_what_is_exploited_is_unknown_without_the_list_and_counts():
    facts = dataclasses.replace(SEEN, kev_at="")
    (breach,) = verdict(FindingsGate(kev=True), [vulnerable(kev=False)], facts=facts).breaches
    assert breach.number == 1
    assert breach.why.endswith("The scan had no list of what is exploited (KEV), so any of them may be.")
    assert "(keyhole advisories sync, with KEYHOLE_KEV_URL)" in breach.fix
    assert passes(FindingsGate(kev=True), FINDING, facts=facts)  # no vulnerability at all
    assert passes(FindingsGate(kev=True, dev=False), vulnerable(dev=True), facts=facts)


@pytest.mark.parametrize(
    ("gate", "ok"),
    [(FindingsGate(kev=True), False), (FindingsGate(epss=0.9), False), (FindingsGate(fixable=True), True)],
)
def test_of_an_imported_vulnerability_nobody_knows_how_it_is_exploited(gate, ok):
    found = dataclasses.replace(FINDING, scanner="sarif-trivy", kind=Kind.VULNERABILITY)
    assert passes(gate, found, facts=by(trivy=[Kind.VULNERABILITY])) is ok


def test_lower_severity_and_confidence_are_let_through():
    weak = dataclasses.replace(FINDING, severity=Severity.MEDIUM, confidence=Confidence.LOW)
    assert passes(FindingsGate(severity=Severity.HIGH), weak)
    assert passes(FindingsGate(confidence=Confidence.MEDIUM), weak)
    assert not passes(FindingsGate(severity=Severity.MEDIUM), weak)


def test_only_new_ones_and_without_a_scan_before_all_are():
    gate = FindingsGate(new=True)
    assert not passes(gate, FINDING)
    assert passes(gate, FINDING, facts=dataclasses.replace(SEEN, new=frozenset()))
    assert not passes(gate, FINDING, facts=dataclasses.replace(SEEN, new=frozenset({FINDING.id})))


def test_what_somebody_has_accepted_does_not_count():
    told = verdict(
        FindingsGate(), [FINDING], facts=dataclasses.replace(SEEN, accepted=frozenset({FINDING.id}))
    )
    assert told.passed
    assert (told.counted, told.accepted) == (0, 1)


SHOWN = dataclasses.replace(FINDING, id="1" * 16, scanner="semgrep", confidence=Confidence.LOW)
MERGED = dataclasses.replace(FINDING, id="2" * 16, scanner="bandit", severity=Severity.MEDIUM)
AGAIN = dataclasses.replace(MERGED, id="3" * 16, scanner="ruff")
SAME = dataclasses.replace(SEEN, shown_as={MERGED.id: SHOWN.id, AGAIN.id: SHOWN.id})


@pytest.mark.parametrize(
    ("gate", "named"),
    [
        (FindingsGate(), {SHOWN.id}),
        (FindingsGate(scanners=("bandit",)), {MERGED.id}),
        (FindingsGate(scanners=("bandit", "ruff")), {MERGED.id, AGAIN.id}),
        (FindingsGate(scanners=("bandit", "semgrep")), {SHOWN.id}),
        (FindingsGate(severity=Severity.MEDIUM, confidence=Confidence.HIGH), {MERGED.id, AGAIN.id}),
        (FindingsGate(severity=Severity.HIGH, confidence=Confidence.HIGH), set()),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_what_several_say_counts_once_and_never_not_at_all(gate, named, order):
    """`named`: one of these is to blame."""
    told = verdict(gate, (SHOWN, MERGED, AGAIN)[::order], facts=SAME)
    assert [breach.number for breach in told.breaches] == [1] * bool(named)
    assert {number for breach in told.breaches for number in breach.findings} <= named
    assert (told.counted, told.accepted) == (1, 0)


def test_accepting_what_is_shown_leaves_what_another_scanner_says():
    facts = dataclasses.replace(SAME, accepted=frozenset({SHOWN.id}))
    told = verdict(FindingsGate(), [SHOWN, MERGED], facts=facts)
    assert (told.breaches[0].findings, told.counted, told.accepted) == ((MERGED.id,), 1, 1)


def test_licences():
    gate = LicencesGate("deny", denied=("AGPL-*",))
    told = verdict(gate, libraries=[library("a", "MIT"), library("b", "AGPL-3.0-only"), library("c")])
    (breach,) = told.breaches
    assert breach.packages == ("b 1", "c 1")
    assert breach.why == "b 1: its licence is AGPL-3.0-only, and 1 more package."
    assert breach.demand == "Licences: none of AGPL-*; none that is unknown"
    assert verdict(LicencesGate("allow", denied=("AGPL-*",)), libraries=[library("c", "odd words")]).passed
    odd = verdict(LicencesGate("deny", ("MIT",)), libraries=[library("c", "odd words")])
    assert "'odd words' is unknown" in odd.breaches[0].why
    assert verdict(dataclasses.replace(gate, dev=False), libraries=[library("c", dev=True)]).passed


def test_what_one_file_says_of_a_licence_holds_for_the_same_version_in_others():
    gate, locked = LicencesGate("deny", denied=("AGPL-*",)), library("a", "MIT")
    asked = dataclasses.replace(locked, path="package.json", licences=())
    assert verdict(gate, libraries=[asked, locked]).passed
    another = dataclasses.replace(asked, purl="pkg:npm/a@2", version="2")
    assert verdict(gate, libraries=[another, locked]).breaches[0].packages == ("a 2",)
    unnamed = [dataclasses.replace(each, purl="") for each in (asked, locked)]
    assert verdict(gate, libraries=unnamed).passed
    denied = [dataclasses.replace(locked, licences=("AGPL-3.0-only",), dev=True), asked]
    assert not verdict(dataclasses.replace(gate, dev=False), libraries=denied).passed


@pytest.mark.parametrize(
    ("at", "ok"),
    [
        ("2026-06-30T12:00:00Z", True),
        ("2026-06-24T12:00:00+00:00", True),
        ("2026-06-24T11:59:59+00:00", False),
        ("", False),
        ("last week", False),
    ],
)
def test_age_of_advisories(at, ok):
    assert passes(AdvisoriesGate(7), facts=dataclasses.replace(SEEN, advisories_at=at)) is ok


def test_incomplete_scans_and_missing_scanners():
    blind = dataclasses.replace(SEEN, complete=False, reasons=("out of time",))
    assert passes(CompleteGate())
    assert "out of time" in verdict(CompleteGate(), facts=blind).breaches[0].why
    assert passes(ScannersGate(("secrets",)))
    (breach,) = verdict(ScannersGate(("secrets", "dependencies")), facts=by("secrets")).breaches
    assert breach.why == "It was not scanned by dependencies."
    assert breach.fix == "Scan with dependencies, too (keyhole scan -s secrets -s dependencies)."


DEPENDENCIES = "Scan with dependencies, too (keyhole scan -s secrets -s dependencies)."


@pytest.mark.parametrize(
    ("gate", "why", "fix"),
    [
        (FindingsGate(kinds=(Kind.VULNERABILITY,)), "Nothing looked for vulnerabilities", DEPENDENCIES),
        (FindingsGate(kinds=(Kind.MALICIOUS,)), "Nothing looked for malicious packages", DEPENDENCIES),
        (
            FindingsGate(kinds=(Kind.SECRET, Kind.MALICIOUS, Kind.CODE)),
            "Nothing looked for malicious packages or defects of code",
            (
                "Scan with dependencies and one of bandit, ruff, too "
                "(keyhole scan -s secrets -s dependencies -s bandit)."
            ),
        ),
        (FindingsGate(kev=True), "Nothing looked for vulnerabilities", DEPENDENCIES),
        (FindingsGate(epss=0.5), "Nothing looked for vulnerabilities", DEPENDENCIES),
        (FindingsGate(fixable=True), "Nothing looked for vulnerabilities", DEPENDENCIES),
        (LicencesGate("deny"), "Nothing listed the packages", DEPENDENCIES),
        (LicencesGate("allow", denied=("AGPL-*",)), "Nothing listed the packages", DEPENDENCIES),
        (
            FindingsGate(kinds=(Kind.OTHER,)),
            "Nothing looked for other findings",
            "No scanner finds other findings: take them out of the gate.",
        ),
        (
            FindingsGate(kinds=(Kind.CODE,), scanners=("secrets",)),
            "Nothing looked for defects of code",
            "No scanner of the gate finds defects of code: take them out of the gate.",
        ),
    ],
)
def test_nothing_found_is_no_pass_where_nothing_looked(gate, why, fix):
    (breach,) = verdict(gate, facts=by("secrets")).breaches
    assert (breach.why, breach.fix) == (f"{why}: it was scanned by secrets alone.", fix)
    assert breach.number == 0


def test_a_scanner_that_a_gate_names_has_to_have_run():
    (breach,) = verdict(FindingsGate(scanners=("secrets", "dependencies")), facts=by("secrets")).breaches
    assert (breach.why, breach.fix) == ("It was not scanned by dependencies.", DEPENDENCIES)
    (breach,) = verdict(FindingsGate(scanners=("sarif-codeql",)), facts=by("secrets")).breaches
    assert breach.fix == (
        "Results that are imported make a scan of their own: give them a policy of their own."
    )


def test_where_it_is_not_known_what_ran_nothing_was_looked_for():
    (breach,) = verdict(FindingsGate(kinds=(Kind.SECRET,)), facts=by()).breaches
    assert breach.why == "Nothing looked for secrets: it is not known what it was scanned by."


def test_what_was_found_is_told_beside_what_was_not_looked_for():
    gate = FindingsGate(kinds=(Kind.SECRET, Kind.VULNERABILITY), because="We promised.")
    (breach,) = verdict(gate, [FINDING], facts=by("secrets")).breaches
    assert breach.findings == (FINDING.id,)
    assert breach.why == (
        "1 such finding: GitHub token in src/a.py:3. "
        "Nothing looked for vulnerabilities: it was scanned by secrets alone. We promised."
    )
    assert breach.fix.endswith(f"with a reason and a date. {DEPENDENCIES}")


def test_one_scanner_of_a_kind_is_enough_and_a_gate_of_none_asks_for_what_was_looked_for():
    assert passes(FindingsGate(kinds=(Kind.CODE,)), facts=by("bandit"))
    assert passes(FindingsGate(severity=Severity.LOW), facts=by("bandit"))


@pytest.mark.parametrize(
    ("gates", "groups"),
    [
        ((CompleteGate(), FindingsGate(severity=Severity.HIGH)), []),
        (
            (FindingsGate(kinds=(Kind.SECRET, Kind.OTHER)), FindingsGate(kev=True)),
            [("secrets",), ("dependencies",)],
        ),
        ((LicencesGate("deny"), AdvisoriesGate(3)), [("dependencies",)]),
        ((FindingsGate(kinds=(Kind.CODE,)),), [("bandit", "ruff")]),
        ((FindingsGate(kinds=(Kind.CODE,)), FindingsGate(scanners=("ruff",))), [("ruff",)]),
        ((ScannersGate(("secrets", "sarif-codeql")),), [("secrets",)]),
    ],
)
def test_the_scanners_without_which_nothing_passes_are_told_beforehand(gates, groups):
    policy = Policy("P", gates)
    assert needed(policy, REACH) == groups
    facts = by(*(names[0] for names in groups), codeql=[Kind.OTHER])
    assert judge(policy, (), (), facts, NOW).passed


def test_imported_results_count_for_what_they_brought():
    code, weak = FindingsGate(kinds=(Kind.CODE,)), FindingsGate(kinds=(Kind.VULNERABILITY,))
    facts = by(codeql=[Kind.CODE])
    assert passes(code, facts=facts)
    assert passes(FindingsGate(scanners=("sarif-codeql",)), facts=facts)
    assert not passes(weak, facts=facts)
    assert "(keyhole scan -s dependencies)" in verdict(weak, facts=facts).breaches[0].fix
    assert not passes(LicencesGate("deny"), facts=by(trivy=[Kind.VULNERABILITY]))


def test_a_verdict_names_some_and_counts_all():
    many = [dataclasses.replace(FINDING, id=f"{number:016x}") for number in range(MOST_NAMED + 5)]
    (breach,) = verdict(FindingsGate(), many).breaches
    assert breach.number == MOST_NAMED + 5
    assert len(breach.findings) == MOST_NAMED
    assert verdict(FindingsGate(), many).to_json()["passed"] is False


@st.composite
def found(draw) -> Finding:
    kind = draw(st.sampled_from(Kind))
    package = PackageFacts(
        "", "npm", "qs", "1", Relation.DIRECT, draw(st.booleans()), (), (), draw(st.sampled_from(["", "2"])),
        draw(st.sampled_from([-1.0, 0.0, 0.5, 1.0])), draw(st.booleans()),
    )  # fmt: skip
    return dataclasses.replace(
        FINDING,
        id=draw(st.text("0123456789abcdef", min_size=16, max_size=16)),
        kind=kind,
        scanner=draw(st.sampled_from(["secrets", "dependencies"])),
        severity=draw(st.sampled_from(Severity)),
        confidence=draw(st.sampled_from(Confidence)),
        locations=(Location("a" * 40, "", "x", 1, 1),),
        package=(package,) if kind is Kind.VULNERABILITY else (),
    )


gate = st.one_of(
    st.builds(
        FindingsGate,
        most=st.integers(0, 3),
        severity=st.sampled_from(Severity),
        confidence=st.sampled_from(Confidence),
        kinds=st.lists(st.sampled_from(Kind), unique=True, max_size=2).map(tuple),
        scanners=st.sampled_from([(), ("secrets",)]),
        new=st.booleans(),
        fixable=st.booleans(),
        kev=st.booleans(),
        epss=st.sampled_from([0.0, 0.5]),
        dev=st.booleans(),
    ),
    st.just(CompleteGate()),
    st.just(ScannersGate(("secrets", "dependencies"))),
    st.builds(AdvisoriesGate, st.integers(0, 9)),
    st.just(LicencesGate("deny", ("MIT",))),
)
policy = st.builds(Policy, st.just("P"), st.lists(gate, min_size=1, max_size=4).map(tuple))


@given(policy, st.lists(found(), max_size=6), st.lists(found(), max_size=4), st.data())
def test_more_findings_never_mend_a_breach(policy, some, more, data):
    ids = [each.id for each in (*some, *more)]
    some_ids = st.frozensets(st.sampled_from(ids)) if ids else st.just(frozenset())
    facts = dataclasses.replace(
        SEEN,
        scanners=data.draw(st.sampled_from([SEEN.scanners, ("secrets",), ("dependencies", "ruff")])),
        kev_at=data.draw(st.sampled_from([SEEN.kev_at, ""])),
        new=data.draw(st.none() | some_ids),
        accepted=data.draw(some_ids),
        shown_as=dict.fromkeys(data.draw(some_ids), data.draw(st.sampled_from([*ids, "elsewhere"]))),
    )
    few = judge(policy, some, (), facts, NOW)
    many = judge(policy, [*more, *some], (library("x"),), facts, NOW)
    assert {breach.place for breach in few.breaches} <= {breach.place for breach in many.breaches}
    named = {number for breach in many.breaches for number in breach.findings}
    assert not named & facts.accepted


@given(policy, st.lists(found(), max_size=6))
def test_accepting_all_is_as_good_as_having_none(policy, some):
    facts = dataclasses.replace(SEEN, accepted=frozenset(each.id for each in some))
    assert judge(policy, some, (), facts, NOW).breaches == judge(policy, (), (), facts, NOW).breaches


@given(policy)
def test_every_policy_survives_being_stored(policy):
    assert from_json(policy.to_json()) == policy


def test_every_kind_of_gate_is_known_by_its_id():
    assert set(GATES) == {"findings", "licences", "advisories", "complete", "scanners"}
