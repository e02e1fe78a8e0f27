"""SPDX and OpenVEX out: every library once, decisions as they were made, ids that programs can follow."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from keyhole.core.library import Library, Relation
from keyhole.reports.dataset import Decided, Row
from keyhole.reports.renderers import as_cyclonedx, as_openvex, as_spdx
from keyhole.reports.renderers.interface import renderer_of
from tests.unit.reports.kit import NASTY, SECRET, VULNERABLE, dataset
from tests.unit.reports.schemas import check_cyclonedx


def packages(document):
    return {each["name"]: each for each in document["packages"]}


def test_every_library_is_one_package_that_the_repository_depends_on():
    document = as_spdx.document(dataset())
    named = packages(document)
    assert set(named) == {"harbour/tide-api", "jinja2", "@acme/ui", "nameless"}
    assert named["jinja2"]["licenseDeclared"] == "BSD-3-Clause"
    assert named["jinja2"]["sourceInfo"] == "requirements.txt:3; dev/requirements.txt:1"
    assert named["@acme/ui"]["externalRefs"][0]["referenceLocator"] == "pkg:npm/%40acme/ui@1.0.0"
    assert "versionInfo" not in named["nameless"]
    ids = [each["SPDXID"] for each in document["packages"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", each) for each in ids)
    ends = {each["spdxElementId"] for each in document["relationships"]} | {
        each["relatedSpdxElement"] for each in document["relationships"]
    }
    assert ends == {*ids, "SPDXRef-DOCUMENT"}


def test_what_is_only_for_developing_and_what_pulls_it_in_is_said():
    libraries = (
        Library("pkg:npm/a@1", "npm", "a", "1", "p.json", 1, Relation.DIRECT, dev=True),
        Library("pkg:npm/b@1", "npm", "b", "1", "p.json", 2, Relation.TRANSITIVE, via=("a", "b")),
    )
    edges = as_spdx.document(dataset(libraries=libraries))["relationships"]
    assert [each["relationshipType"] for each in edges] == ["DESCRIBES", "DEV_DEPENDENCY_OF", "DEPENDENCY_OF"]
    assert edges[2]["comment"] == "Through a > b"


@pytest.mark.parametrize(
    ("said", "declared"),
    [
        ("mit OR apache-2.0", "MIT OR Apache-2.0"),
        ("UNLICENSED", ""),
        ("BSD", ""),
        ("(MIT", ""),
        ("LicenseRef-x", ""),
    ],
)
def test_a_licence_is_declared_if_spdx_knows_it(said, declared):
    libraries = (Library("pkg:npm/a@1", "npm", "a", "1", "p.json", 1, licences=(said,)),)
    told = packages(as_spdx.document(dataset(libraries=libraries)))["a"]
    assert told["licenseDeclared"] == (declared or "NOASSERTION")
    assert ("licenseComments" in told) == (not declared)


def test_a_licence_that_is_no_expression_is_told_and_not_declared():
    libraries = (Library("pkg:npm/a@1", "npm", "a", "1", "p.json", 1, licences=("see LICENSE.md",)),)
    told = packages(as_spdx.document(dataset(libraries=libraries)))["a"]
    assert told["licenseDeclared"] == "NOASSERTION"
    assert told["licenseComments"] == "The files say: see LICENSE.md"


def test_a_finding_about_several_versions_names_each_of_them():
    package = dataclasses.replace(VULNERABLE.package[0], others=("2.5", "2.6+x"))
    row = Row(dataclasses.replace(VULNERABLE, package=(package,)), "harbour/tide-api")
    purls = ["pkg:pypi/jinja2@2.4.1", "pkg:pypi/jinja2@2.5", "pkg:pypi/jinja2@2.6%2Bx"]
    document = as_cyclonedx.document(dataset(row))
    check_cyclonedx(document)
    assert document["vulnerabilities"][0]["affects"] == [{"ref": purl} for purl in purls]
    named = {each["bom-ref"]: each for each in document["components"]}
    assert [named[purl]["version"] for purl in purls] == ["2.4.1", "2.5", "2.6+x"]
    (told,) = as_openvex.document(dataset(row))["statements"]
    assert told["products"][0]["subcomponents"] == [
        {"@id": purl, "identifiers": {"purl": purl}} for purl in purls
    ]
    assert b',"2.4.1 2.5 2.6+x",' in renderer_of("csv").render(dataset(row))

    nameless = dataclasses.replace(package, purl="", ecosystem="Nowhere")
    row = Row(dataclasses.replace(VULNERABLE, package=(nameless,)), "harbour/tide-api")
    (told,) = as_openvex.document(dataset(row))["statements"]
    assert told["products"][0]["subcomponents"][1] == {"@id": "Nowhere/jinja2@2.5"}


def library(name, version="1", *via, path="p.json", relation=None, **more):
    given = relation or (Relation.TRANSITIVE if via else Relation.DIRECT)
    return Library(f"pkg:npm/{name}@{version}", "npm", name, version, path, 1, given, via=via, **more)


def cyclonedx(*libraries):
    document = as_cyclonedx.document(dataset(libraries=libraries))
    check_cyclonedx(document)
    return document


@pytest.mark.parametrize(
    ("licences", "told"),
    [
        (("MIT",), [{"license": {"id": "MIT"}}]),
        (("mit", "MIT"), [{"license": {"id": "MIT"}}]),
        (("GPL-2.0",), [{"license": {"id": "GPL-2.0-only"}}]),
        (("MIT or Apache-2.0",), [{"expression": "MIT OR Apache-2.0"}]),
        (("Apache-2.0 WITH LLVM-exception",), [{"expression": "Apache-2.0 WITH LLVM-exception"}]),
        (("LicenseRef-own",), [{"expression": "LicenseRef-own"}]),
        (("see LICENSE.md",), [{"license": {"name": "see LICENSE.md"}}]),
        (
            ("see LICENSE.md", "MIT", "MIT OR ISC"),
            [
                {"license": {"id": "MIT"}},
                {"license": {"name": "MIT OR ISC"}},
                {"license": {"name": "see LICENSE.md"}},
            ],
        ),
        (("NOASSERTION",), None),
        ((), None),
    ],
)
def test_a_licence_stands_where_programs_look_for_it(licences, told):
    (component,) = [
        each for each in cyclonedx(library("a", licences=licences))["components"] if each["name"] == "a"
    ]
    assert component.get("licenses") == told


def test_who_asks_for_whom_is_told_as_far_as_it_is_known():
    document = cyclonedx(
        library("a"),
        library("b", "1", "a"),
        library("c", "1", "a", "b"),
        library("d", relation=Relation.UNKNOWN),
        library("e", relation=Relation.DIRECT, path="other.json"),
    )
    a, b, c, e = (f"pkg:npm/{each}@1" for each in "abce")
    assert document["dependencies"] == [
        {"ref": "repository", "dependsOn": [a, e]},
        {"ref": a, "dependsOn": [b]},
        {"ref": b, "dependsOn": [c]},
    ]
    assert document["compositions"] == [{"aggregate": "incomplete", "dependencies": ["repository", a, b]}]


def test_a_name_that_a_file_has_at_two_versions_asks_for_nothing_that_is_known():
    document = cyclonedx(
        library("a", "1"), library("a", "2"), library("b", "1", "a"), library("c", "1", "...", "b")
    )
    (root, b) = document["dependencies"]
    assert root["dependsOn"] == ["pkg:npm/a@1", "pkg:npm/a@2"]
    assert b == {"ref": "pkg:npm/b@1", "dependsOn": ["pkg:npm/c@1"]}


def test_without_an_inventory_nothing_is_told_of_who_asks_for_whom():
    assert "dependencies" not in cyclonedx()


def test_decisions_become_statements():
    accepted = Decided("accepted", "only in tests", "2027-01-01T00:00:00Z", "mara")
    rows = [
        Row(VULNERABLE, "harbour/tide-api", "open"),
        Row(VULNERABLE, "harbour/tide-api", "open", (Decided("false_positive", "never called", "", "mara"),)),
        Row(
            VULNERABLE,
            "harbour/tide-api",
            "open",
            (accepted,),
        ),
        Row(VULNERABLE, "harbour/tide-api", "fixed"),
        Row(SECRET, "harbour/tide-api"),
        Row(NASTY, "harbour/tide-api"),
    ]
    document = as_openvex.document(dataset(*rows))
    statements = document["statements"]
    assert [each["status"] for each in statements] == ["affected", "not_affected", "affected", "fixed"]
    assert statements[0]["vulnerability"] == {"name": "CVE-2014-0012", "aliases": ["GHSA-fqh9-2qgg-h84h"]}
    (product,) = statements[0]["products"]
    assert product["@id"] == product["identifiers"]["purl"] == "pkg:generic/harbour/tide-api"
    assert product["subcomponents"] == [
        {"@id": "pkg:pypi/jinja2@2.4.1", "identifiers": {"purl": "pkg:pypi/jinja2@2.4.1"}}
    ]
    assert statements[0]["action_statement"] == VULNERABLE.fix
    assert statements[1]["impact_statement"] == "never called"
    assert statements[2]["action_statement"] == "accepted until 2027-01-01 by mara: only in tests"
    assert document["@id"].startswith("https://openvex.dev/docs/")


def test_the_product_is_the_repository_where_it_lies():
    whole = dataset(Row(VULNERABLE, "harbour/tide-api", "open"))
    source = dataclasses.replace(whole.sources[0], product="pkg:github/harbour/tide-api")
    (told,) = as_openvex.document(dataclasses.replace(whole, sources=(source,)))["statements"]
    assert told["products"][0]["@id"] == "pkg:github/harbour/tide-api"


def test_both_are_the_same_for_the_same_data():
    for form in ("spdx", "openvex"):
        assert renderer_of(form).render(dataset()) == renderer_of(form).render(dataset())
        assert json.loads(renderer_of(form).render(dataset()))
