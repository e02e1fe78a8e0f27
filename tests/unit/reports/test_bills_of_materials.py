"""SPDX and OpenVEX out: every library once, decisions as they were made, ids that programs can follow."""

from __future__ import annotations

import dataclasses
import json
import re

from keyhole.core.library import Library, Relation
from keyhole.reports.dataset import Decided, Row
from keyhole.reports.renderers import as_openvex, as_spdx
from keyhole.reports.renderers.interface import renderer_of
from tests.unit.reports.kit import NASTY, SECRET, VULNERABLE, dataset


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


def test_a_licence_that_is_no_expression_is_told_and_not_declared():
    libraries = (Library("pkg:npm/a@1", "npm", "a", "1", "p.json", 1, licences=("see LICENSE.md",)),)
    told = packages(as_spdx.document(dataset(libraries=libraries)))["a"]
    assert told["licenseDeclared"] == "NOASSERTION"
    assert told["licenseComments"] == "The files say: see LICENSE.md"


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
