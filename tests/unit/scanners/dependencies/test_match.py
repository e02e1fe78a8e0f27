"""Which advisories are about a version, what fixes it, and what cannot be told."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.draft import Draft
from keyhole.scanners.dependencies.index import Index, Unusable
from keyhole.scanners.dependencies.match import compared
from keyhole.scanners.dependencies.names import normal
from tests.unit.scanners.dependencies.advisories import index_of, record


def found(file, version, name="tool", ecosystem="PyPI"):
    index = Index(file)
    try:
        wanted = (ecosystem, normal(ecosystem, name), version)
        met = compared(index, [wanted])
        found = met.matches.get(wanted, [])
        return None if wanted in met.loose and not found else found
    finally:
        index.close()


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("0.1", True),
        ("1.0", True),
        ("1.5rc1", True),
        ("1.5", False),
        ("1.9", False),
        ("2.0", True),
        ("2.5", True),
        ("3", False),
    ],
)
def test_inside_and_outside_of_ranges(tmp_path, version, affected):
    events = [{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"last_affected": "2.5"}]
    assert bool(found(index_of(tmp_path, record(events=events)), version)) is affected


def test_versions_named_one_by_one_count_too(tmp_path):
    data = record(events=[])
    data["affected"][0]["versions"] = ["1.0.post1"]
    file = index_of(tmp_path, data)
    assert found(file, "1.0.post1")
    assert not found(file, "1.0")


@pytest.mark.parametrize(
    ("ecosystem", "version", "listed"),
    [
        ("Go", "v1.3.1", "1.3.1"),
        ("GitHub Actions", "v45.0.7", "45.0.7"),
        ("Packagist", "v1.2.3", "1.2.3"),
        ("NuGet", "1.0.0.0", "1.0.0"),
        ("PyPI", "0.5.0", "0.5"),
        ("PyPI", "2.5.1+cu121", "2.5.1"),
    ],
)
def test_versions_named_one_by_one_count_in_any_spelling(tmp_path, ecosystem, version, listed):
    data = record("MAL-1", ecosystem=ecosystem, events=[])
    data["affected"][0]["versions"] = ["0.0.1", listed, "not a version"]
    file = index_of(tmp_path, data)
    (match,) = found(file, version, ecosystem=ecosystem)
    assert match.fixed == ""
    assert not found(file, "1.3.2", ecosystem=ecosystem)


def test_a_local_label_changes_nothing_of_what_a_version_is(tmp_path):
    ranges = record("A", events=[{"introduced": "1.0"}, {"last_affected": "2.5.1"}])
    named = record("B")
    named["affected"][0]["versions"] = ["3.0"]
    file = index_of(tmp_path, ranges, named)
    assert len(found(file, "1.0+cpu")) == 2
    assert len(found(file, "2.5.1+cu121")) == 1
    assert len(found(file, "3.0+cpu")) == 1
    assert not found(file, "2.5.2+cu121")
    fixed = record("C", name="other", events=[{"introduced": "0"}, {"fixed": "2.0"}])
    assert not found(index_of(tmp_path, fixed), "2.0+cpu", name="other")


def test_records_of_one_matter_are_one_match_and_the_upgrade_ends_all(tmp_path):
    file = index_of(
        tmp_path,
        record("PYSEC-1", aliases=["CVE-1"], summary=""),
        record("GHSA-1", aliases=["CVE-1"], events=[{"introduced": "0"}, {"fixed": "2.1"}]),
        record("GHSA-2", aliases=["CVE-2"]),
    )
    first, second = found(file, "1.0")
    assert first.matter.ids == ("CVE-1", "GHSA-1", "PYSEC-1")
    assert first.matter.bodies[0].id == "GHSA-1"
    assert first.fixed == "2.1"
    assert (second.matter.ids, second.fixed) == (("CVE-2", "GHSA-2"), "2.0")


def test_what_is_not_fixed_has_no_upgrade(tmp_path):
    (match,) = found(index_of(tmp_path, record(events=[{"introduced": "1.0"}])), "1.0")
    assert match.fixed == ""


def test_any_spelling_of_a_name(tmp_path):
    file = index_of(tmp_path, record(name="My.Tool"))
    assert found(file, "1.0", name="my_tool")
    assert not found(file, "1.0", name="mytool")
    assert normal("SwiftURL", "https://github.com/Apple/NIO.git") == "github.com/apple/nio"
    assert normal("npm", "Mixed") == "Mixed"


def test_withdrawn_advisories_and_earlier_doubles_are_not_kept(tmp_path):
    file = index_of(
        tmp_path, record(withdrawn="2026-01-01T00:00:00Z"), record("A"), record("A", summary="again")
    )
    (match,) = found(file, "1.0")
    assert match.matter.ids == ("A",)
    index = Index(file)
    assert index.coverage()["PyPI"].advisories == 1
    index.close()


def test_a_version_without_order_is_told_only_where_something_is_known(tmp_path):
    file = index_of(tmp_path, record(name="tool", ecosystem="npm"))
    assert found(file, "latest", ecosystem="npm") is None
    assert found(file, "latest", name="unheard-of", ecosystem="npm") == []


def test_what_is_no_index(tmp_path):
    with pytest.raises(Unusable):
        Index(tmp_path / "absent")
    junk = tmp_path / "junk"
    junk.write_bytes(b"not a database" * 100)
    with pytest.raises(Unusable):
        Index(junk)


def test_a_failed_making_leaves_the_index_that_was_there(tmp_path):
    file = index_of(tmp_path, record())

    with pytest.raises(OSError, match=r"^$"), Draft(file) as draft:  # what fails is the block
        draft.drop("PyPI", "GHSA-aaaa-bbbb-cccc")
        raise OSError
    assert found(file, "1.0")
    assert list(tmp_path.iterdir()) == [file]


def test_an_ecosystem_without_advisories_is_not_covered(tmp_path):
    file = index_of(tmp_path, record(), record("B", ecosystem="npm", withdrawn="2026-01-01T00:00:00Z"))
    index = Index(file)
    assert list(index.coverage()) == ["PyPI"]
    index.close()


@pytest.mark.parametrize(
    ("events", "version", "fixed"),
    [
        ([{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "1.5"}, {"fixed": "1.8"}], "1.0", "1.8"),
        ([{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2"}, {"fixed": "2.5"}], "1.0", "1.5"),
        (
            [{"introduced": "0"}, {"last_affected": "1.5"}, {"introduced": "2"}, {"fixed": "2.5"}],
            "1.0",
            "2.5",
        ),
        ([{"introduced": "0"}, {"last_affected": "1.5"}], "1.0", ""),
    ],
)
def test_the_smallest_upgrade_is_one_in_which_nothing_of_it_applies(tmp_path, events, version, fixed):
    (match,) = found(index_of(tmp_path, record(events=events)), version)
    assert match.fixed == fixed


@pytest.mark.parametrize(
    ("other", "version", "fixed"),
    [
        ([{"introduced": "0"}, {"last_affected": "1.9"}], "1.0", ""),
        ([{"introduced": "0"}, {"last_affected": "1.2"}], "1.0", "1.5"),
        ([{"introduced": "0"}], "1.0", "1.5"),  # which knows of no end, and the other one does
        ([{"introduced": "0"}, {"last_affected": "0.9"}, {"introduced": "1.0"}], "1.0", "1.5"),
    ],
)
def test_no_upgrade_is_to_what_another_record_of_the_matter_calls_affected(tmp_path, other, version, fixed):
    file = index_of(
        tmp_path,
        record("GHSA-1", aliases=["CVE-1"], events=[{"introduced": "0"}, {"fixed": "1.5"}]),
        record("PYSEC-1", aliases=["CVE-1"], events=other),
    )
    (match,) = found(file, version)
    assert match.fixed == fixed


def test_a_version_named_beside_the_only_range_is_not_sent_back(tmp_path):
    data = record()
    data["affected"][0]["versions"] = ["3.0"]
    (match,) = found(index_of(tmp_path, data), "3.0")
    assert match.fixed == ""


@pytest.mark.parametrize(
    ("version", "events", "affected"),
    [
        ("2004d", [{"introduced": "0"}, {"fixed": "2.0"}], True),
        ("2004d", [{"introduced": "0"}], True),
        ("2004d", [{"introduced": "1.0"}, {"fixed": "2.0"}], None),
        ("2004e", [{"introduced": "2004d"}, {"fixed": "2004f"}], True),
        ("2004d", [{"introduced": "2004c"}, {"fixed": "2004e"}], None),  # c is a release candidate
        ("2004d", [{"introduced": "2004e"}, {"fixed": "2004f"}], False),
        ("1.0", [{"introduced": "0"}, {"fixed": "0.2.0-n653"}], None),
        ("1.0", [{"introduced": "1.5"}], False),
    ],
)
def test_what_has_no_settled_place_among_versions_is_never_taken_for_safe(
    tmp_path, version, events, affected
):
    found_there = found(index_of(tmp_path, record(events=events)), version)
    assert found_there is None if affected is None else bool(found_there) is affected


@pytest.mark.parametrize(
    ("version", "affected"), [("1.0", True), ("2.5", None), ("3.9", None), ("4.0", False), ("4.5", False)]
)
def test_a_range_whose_beginning_has_no_place_among_versions_leaves_none_for_safe(
    tmp_path, version, affected
):
    events = [{"introduced": "0"}, {"fixed": "2.0"}, {"introduced": "2.x"}, {"fixed": "4.0"}]
    file = index_of(tmp_path, record(events=events, ecosystem="npm"))
    matches = found(file, version, ecosystem="npm")
    assert matches is None if affected is None else bool(matches) is affected
    if affected:
        assert matches[0].fixed == "4.0"


def test_a_range_of_nothing_but_texts_that_are_no_versions_is_about_any(tmp_path):
    events = [{"introduced": "2.0.x"}, {"last_affected": "2.0.x"}]
    assert found(index_of(tmp_path, record(events=events, ecosystem="npm")), "7.0.0", ecosystem="npm") is None


def test_a_package_may_be_known_for_one_matter_and_not_settled_for_another(tmp_path):
    listed = record("A", events=[], aliases=["CVE-1"])
    listed["affected"][0]["versions"] = ["2004d"]
    index = Index(index_of(tmp_path, listed, record("B", events=[{"introduced": "1.0"}])))
    wanted = ("PyPI", "tool", "2004d")
    met = compared(index, [wanted, ("PyPI", "tool", "0.5")])
    index.close()
    assert [each.matter.ids for each in met.matches[wanted]] == [("A", "CVE-1")]
    assert met.loose == {wanted}
