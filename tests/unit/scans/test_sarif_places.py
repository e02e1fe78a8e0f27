"""Where a SARIF file says that a result is: bases, artifacts by their number, and what tools write of Windows."""

from __future__ import annotations

import json
import time

import pytest

from keyhole.scans.sarif_nodes import Malformed
from keyhole.scans.sarif_reading import read
from tests.unit.scans.test_imported import digest, log, only, result, told

NESTED = {
    "PROJECT": {"uri": "file:///w/"},
    "SRC": {"uri": "src", "uriBaseId": "PROJECT"},
    "LIB": {"uri": "lib/", "uriBaseId": "SRC"},
    "HIDDEN": {"description": {"text": "the root, of which nothing is told"}},
    "BELOW": {"uri": " below/", "uriBaseId": "HIDDEN"},
    "LOST": {"uri": "lost/", "uriBaseId": "NOWHERE"},
}


def at(**location):
    """A result at an artifactLocation."""
    return result(locations=[{"physicalLocation": {"artifactLocation": location}}])


def path(run, root="", **location):
    (finding,) = read(json.dumps(log(at(**location), **run)).encode(), digest, "", root).findings
    return finding.locations[0].path


def refused(run, **location):
    with pytest.raises(Malformed) as problem:
        told(log(at(**location), **run))
    return problem.value.message


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("PROJECT", "a.py"),
        ("SRC", "src/a.py"),
        ("LIB", "src/lib/a.py"),
        ("HIDDEN", "a.py"),
        ("BELOW", "below/a.py"),
        ("LOST", "lost/a.py"),
        ("UNKNOWN", "a.py"),
    ],
)
def test_what_is_relative_to_a_base_is_below_it(base, expected):
    assert path({"originalUriBaseIds": NESTED}, uri="a.py", uriBaseId=base) == expected


def test_what_is_absolute_has_the_same_path_as_what_is_relative_to_a_base():
    assert path({"originalUriBaseIds": NESTED}, uri="file:///w/src/lib/a.py") == "src/lib/a.py"


def test_bases_in_the_root_of_the_sources_are_folders_of_it():
    bases = {"%SRCROOT%": {"uri": "file:///w/"}, "BIN": {"uri": "file:///w/bin/"}}
    run = {"originalUriBaseIds": bases}
    assert path(run, uri="a.dll", uriBaseId="BIN") == path(run, uri="file:///w/bin/a.dll") == "bin/a.dll"
    del bases["%SRCROOT%"]
    assert path(run, uri="a.dll", uriBaseId="BIN") == "a.dll"
    assert path(run, root="/w", uri="a.dll", uriBaseId="BIN") == "bin/a.dll"
    assert path(run, root="/w", uri="file:///w/bin/a.dll") == "bin/a.dll"


@pytest.mark.parametrize(
    "bases",
    [
        {"A": {"uri": "a/", "uriBaseId": "A"}},
        {"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "A"}},
        {"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "B"}},
    ],
)
def test_bases_in_a_circle_are_refused_where_they_are_used(bases):
    run = {"originalUriBaseIds": bases}
    assert "uriBaseId leads in a circle" in refused(run, uri="x.py", uriBaseId="A")
    assert path(run, uri="x.py") == "x.py"


def test_a_base_that_leads_out_is_refused():
    run = {"originalUriBaseIds": {"UP": {"uri": "../"}, "LONG": {"uri": "a/" * 5000}}}
    assert "leads out of the repository" in refused(run, uri="x.py", uriBaseId="UP")
    assert "originalUriBaseIds.LONG cannot be the path" in refused(run, uri="x.py", uriBaseId="LONG")


ARTIFACTS = [
    {"location": {"uri": "a.py", "uriBaseId": "SRC", "index": 0}},
    {"location": {"uri": "file:///w/app.zip"}},
    {"location": {"uri": "/docs/intro.docx"}, "parentIndex": 1},
    {"offset": 17522, "length": 4050, "parentIndex": 2},
    {"contents": {"text": "of standard input"}},
    {"location": {"uri": "x"}, "parentIndex": 99},
    {"location": {"uri": "y"}, "parentIndex": 6},
    {"parentIndex": 4},
]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ({"index": 0}, "src/a.py"),
        ({"index": 1}, "app.zip"),
        ({"index": 2}, "app.zip/docs/intro.docx"),
        ({"index": 3}, "app.zip/docs/intro.docx"),
        ({"index": 2, "uri": "/docs/intro.docx"}, "app.zip/docs/intro.docx"),
        ({"index": 0, "uri": "a.py"}, "src/a.py"),
        ({"index": 0, "uri": "b.py"}, "b.py"),
        ({"index": 99, "uri": "b.py"}, "b.py"),
        ({"index": -1}, "."),
        ({"index": 4}, "."),
        ({"index": 7}, "."),
        ({"uri": None}, "."),
    ],
)
def test_an_artifact_that_is_named_by_its_number_is_looked_up(location, expected):
    assert path({"originalUriBaseIds": NESTED, "artifacts": ARTIFACTS}, **location) == expected


@pytest.mark.parametrize(
    ("artifacts", "index", "says"),
    [
        (ARTIFACTS, 8, "artifactLocation.index is no entry of the run's artifacts"),
        (ARTIFACTS, -2, "artifactLocation.index is no entry of the run's artifacts"),
        (None, 0, "artifactLocation.index is no entry of the run's artifacts"),
        (ARTIFACTS, "0", "artifactLocation.index is not a whole number"),
        (ARTIFACTS, 5, "runs[0].artifacts[5].parentIndex is no entry"),
        (ARTIFACTS, 6, "runs[0].artifacts[6].parentIndex leads in a circle"),
        ([7], 0, "runs[0].artifacts[0] is not an object"),
        (
            [{"location": {"uri": "https://x.invalid/a"}}],
            0,
            "runs[0].artifacts[0].location.uri is an absolute",
        ),
        ([{"location": {"uri": "a"}}, {"location": {"uri": "../../b"}, "parentIndex": 0}], 1, "leads out"),
    ],
)
def test_a_wrong_number_is_refused_by_its_place(artifacts, index, says):
    assert says in refused({"artifacts": artifacts, "originalUriBaseIds": NESTED}, index=index)


@pytest.mark.parametrize(
    ("uri", "root"),
    [
        ("src\\a.py", ""),
        (".\\src\\a.py", ""),
        ("C:\\w\\src\\a.py", "c:\\w"),
        ("file:///c%3A/w/src/a.py", "C:\\w\\"),
        ("file:///C:/w/src/a.py", "/c:/w"),
        ("file:/w/src/a.py", "/w"),
        ("file://localhost/w/src/a.py", "/w"),
        ("FILE:///w//./src/a.py", "/w"),
        ("file:///a%20b/src/a.py", "/a b"),
        ("file:///a b/src/a.py", "/a b"),
        ("/c#/src/a.py", "/c#"),
        ("file:///a%2520b/src/a.py", "/a%20b"),
        ("https://x.invalid/w/src/a.py", "https://x.invalid/w/"),
    ],
)
def test_addresses_are_taken_as_tools_write_them(uri, root):
    assert path({}, root, uri=uri) == "src/a.py"


@pytest.mark.parametrize(
    "uri", ["file:///wx/a.py", "http://x.invalid/w/a.py", "file://host/w/a.py", "/w/../a.py"]
)
def test_what_only_looks_like_the_root_is_not_below_it(uri):
    with pytest.raises(Malformed):
        path({}, "/w", uri=uri)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("c#/d d/ä.py", "c#/d d/ä.py"),
        ("C%23/a.cs#L3", "C#/a.cs"),
        ("c#/?/a.cs?x#y", "c#/?/a.cs"),
        ("app.zip#/docs/intro.docx", "app.zip#/docs/intro.docx"),
    ],
)
def test_signs_that_tools_do_not_encode_are_part_of_names_of_folders(uri, expected):
    assert path({}, uri=uri) == expected


def test_a_backslash_in_a_name_is_one_where_it_is_encoded():
    assert path({}, uri="a%5Cu000ab") == "a\\\\u000ab"


def test_a_file_that_means_harm_takes_no_time():
    bases = {f"b{number}": {"uri": "x/" * 2000, "uriBaseId": f"b{number + 1}"} for number in range(100)}
    results = [at(uri="/" * 1500, uriBaseId=f"u{number}") for number in range(2000)]
    before = time.monotonic()
    assert "absolute address" in refused({"originalUriBaseIds": bases}, uri="/" * 3_000_000 + "x")
    with pytest.raises(Malformed):
        told(log(*results, originalUriBaseIds=bases))
    assert time.monotonic() - before < 20


def test_null_is_what_is_not_said():
    place = {"physicalLocation": {"artifactLocation": {"uri": "a.py", "uriBaseId": None, "index": None}}}
    rule = {"id": "acme/R1", "helpUri": None, "fullDescription": None, "properties": None}
    finding = only(log(result(locations=[place], level=None, kind=None, rule=None), rules=[rule]))
    assert (finding.locations[0].path, finding.severity) == ("a.py", "medium")
