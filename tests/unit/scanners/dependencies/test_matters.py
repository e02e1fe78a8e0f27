"""What a finding says: all versions and places of one matter, how bad, what ends it, and who brings it in."""

from __future__ import annotations

import pytest

from keyhole.core.library import PackageFacts, Relation
from keyhole.core.terms import Kind, Severity
from keyhole.scanners.dependencies.index import Index
from keyhole.scanners.dependencies.match import compared
from keyhole.scanners.dependencies.matters import issues
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Package
from tests.unit.scanners.dependencies.advisories import index_of, record


def said(folder, records, packages, exploits=None):
    index = Index(index_of(folder, *records))
    places = {}
    for path, package in packages:
        wanted = (package.ecosystem, normal(package.ecosystem, package.name), package.version)
        places.setdefault(wanted, []).append((path, package))
    found = list(issues(compared(index, places).matches, places, exploits or {}))
    index.close()
    return found


def tool(version="1.0", name="Tool", **more):
    return Package("PyPI", name, version, **more)


def test_all_versions_and_places_are_one_matter(tmp_path):
    events = [{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"fixed": "2.4"}]
    packages = [(b"a", tool("2.1", line=3)), (b"b", tool("1.0", line=4)), (b"b", tool("2.1", line=5))]
    found = said(tmp_path, [record(events=events, aliases=["CVE-2026-1"])], packages)
    assert len({each.identity for each in found}) == 1
    assert sorted((each.path, each.line) for each in found) == [(b"a", 3), (b"b", 4), (b"b", 5)]
    about = found[0].about
    assert about.why == "Tool 1.0 and 2.1 of PyPI is affected by CVE-2026-1, GHSA-aaaa-bbbb-cccc."
    assert about.fix == "Upgrade Tool 1.0 to 1.5 and 2.1 to 2.4, or later."
    (facts,) = about.package
    assert (facts.version, facts.others, facts.fixed) == ("1.0", ("2.1",), "2.4")


def test_what_is_not_fixed_for_one_version_is_not_fixed(tmp_path):
    events = [{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}]
    about = said(tmp_path, [record(events=events)], [(b"a", tool("1.0")), (b"a", tool("2.1"))])[0].about
    assert about.fix.startswith("No version after Tool 2.1 is known to fix this.")
    assert about.package[0].fixed == ""


def test_who_brings_it_in_is_told(tmp_path):
    package = tool(relation=Relation.TRANSITIVE, via=("express", "body-parser"), dev=True)
    about = said(tmp_path, [record()], [(b"a", package)])[0].about
    assert about.fix == (
        "Upgrade Tool to 2.0 or later."
        " It comes with express (express > body-parser > Tool): upgrade that, or pin Tool itself."
    )
    assert about.package == (
        PackageFacts(
            purl="pkg:pypi/tool@1.0",
            ecosystem="PyPI",
            name="tool",
            version="1.0",
            relation=Relation.TRANSITIVE,
            dev=True,
            via=("express", "body-parser"),
            ids=("GHSA-aaaa-bbbb-cccc",),
            fixed="2.0",
        ),
    )


def test_the_nearest_place_counts_and_dev_only_if_it_is_so_everywhere(tmp_path):
    far = tool(relation=Relation.TRANSITIVE, via=("x",), dev=True)
    near = tool(relation=Relation.DIRECT)
    (facts,) = said(tmp_path, [record()], [(b"a", far), (b"b", near)])[0].about.package
    assert (facts.relation, facts.via, facts.dev) == (Relation.DIRECT, (), False)


def test_what_is_known_of_exploits_is_told(tmp_path):
    exploits = {"CVE-2026-1": (0.1234, True)}
    about = said(tmp_path, [record(aliases=["CVE-2026-1"])], [(b"a", tool())], exploits)[0].about
    assert (about.package[0].epss, about.package[0].kev) == (0.1234, True)
    assert "known to be exploited (CISA). EPSS gives it a probability of 12.3%" in about.why


@pytest.mark.parametrize(
    ("more", "severity"),
    [({}, Severity.MEDIUM), ({"database_specific": {"severity": "LOW"}}, Severity.LOW)],
)
def test_severity_is_the_advisories_or_else_in_the_middle(tmp_path, more, severity):
    assert said(tmp_path, [record(**more)], [(b"a", tool())])[0].about.severity is severity


def test_a_malicious_package_is_to_be_removed(tmp_path):
    (issue,) = said(tmp_path, [record("MAL-2026-1")], [(b"a", tool())])
    assert (issue.rule, issue.about.kind) == ("malicious-package", Kind.MALICIOUS)
    assert issue.about.severity is Severity.CRITICAL
    assert issue.about.fix.startswith("Remove Tool at once")


def test_names_that_would_steer_a_terminal_do_not(tmp_path):
    hostile = "to\x1b[2Jol"
    events = [{"introduced": "0"}, {"fixed": " 2.0\n"}]
    data = record(name=hostile, ecosystem="npm", events=events)
    package = Package("npm", hostile, "1.0", via=("\x07",))
    about = said(tmp_path, [data], [(b"a", package)])[0].about
    assert about.package[0].fixed == "2.0"
    assert "\\u001b[2J" in about.title
    assert not any(map("\x1b".__contains__, (about.title, about.why, about.fix)))
