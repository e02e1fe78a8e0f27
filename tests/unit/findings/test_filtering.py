"""Findings about a package are found by every spelling of its name, and by each version that they are about."""

from __future__ import annotations

import dataclasses

import pytest

from keyhole.core.terms import Severity
from keyhole.findings.filtering import ProblemFilter, matching, ordered
from keyhole.findings.models import Problem
from tests.unit.findings.making import repository, scanned, vulnerable

pytestmark = pytest.mark.django_db


def about(name, ecosystem="PyPI", kind="pypi", version="1.0", others=()):
    found = vulnerable(name, [f"CVE-{name}"], title=name, version=version)
    package = dataclasses.replace(
        found.package[0], ecosystem=ecosystem, purl=f"pkg:{kind}/{name}@{version}", others=others
    )
    return dataclasses.replace(found, severity=Severity.HIGH, package=(package,))


def shown(package):
    wanted = ProblemFilter(package=package)
    return sorted(row.title for row in ordered(matching(wanted), wanted.order))


@pytest.mark.parametrize(
    "package",
    ["Zope.Interface_x", "zope-interface-x", "pkg:pypi/Zope.Interface_x", "pkg:PyPI/zope_interface.x@1.0"],
)
def test_a_package_of_pypi_is_found_by_any_of_its_names(package):
    scanned(repository(), [about("zope-interface-x"), about("other")])
    assert shown(package) == ["zope-interface-x"]


def test_where_names_are_not_the_same_they_do_not_find_each_other():
    scanned(repository(), [about("lodash-get", "npm", "npm"), about("newtonsoft.json", "NuGet", "nuget")])
    assert shown("lodash.get") == shown("pkg:npm/lodash.get") == shown("pkg:pypi/lodash-get") == []
    assert shown("pkg:npm/lodash-get") == ["lodash-get"]
    assert shown("pkg:nuget/Newtonsoft.Json@1.0") == shown("Newtonsoft.Json") == ["newtonsoft.json"]


def test_each_version_that_a_finding_is_about_finds_it():
    scanned(
        repository(), [about("qs", "npm", "npm", "6.5.0", ("6.9.0", "7.0.0+a%_")), about("b", "npm", "npm")]
    )
    for version in ("", "@6.5.0", "@6.9.0", "@7.0.0%2Ba%25_"):
        assert shown(f"pkg:npm/qs{version}") == ["qs"], version
    for version in ("6.9", "6.9.0.1", "9.0", "7.0.0%2Bax_"):
        assert shown(f"pkg:npm/qs@{version}") == [], version


def test_a_finding_that_was_stored_before_other_versions_were_kept_is_found_by_the_one_it_has():
    scanned(repository(), [about("qs", "npm", "npm", "6.5.0", ("6.9.0",))])
    row = Problem.objects.get()
    del row.detail.data["package"][0]["others"]
    row.detail.save()
    assert shown("pkg:npm/qs@6.5.0") == ["qs"]
    assert shown("pkg:npm/qs@6.9.0") == []


def test_what_is_no_package_url_or_of_no_known_type_is_taken_as_it_is():
    scanned(repository(), [about("curl", "Elsewhere", "deb")])
    assert shown("pkg:deb/curl") == shown("pkg:deb/curl@1.0") == ["curl"]
    assert shown("pkg:deb") == shown("pkg:") == []
