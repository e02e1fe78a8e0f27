"""Advisories are taken apart as OSV's rules say, and what is no advisory is said to be none."""

from __future__ import annotations

import json

import pytest

from keyhole.scanners.dependencies.osv import instant, parse
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.advisories import record


def parsed(**more):
    return parse(json.dumps(record(**more)).encode())


def only(advisory):
    ((package, affected),) = advisory.affected.items()
    return package, tuple((span.introduced, span.fixed, span.last) for span in affected.spans)


def spans(*events):
    return only(parsed(events=list(events)))[1]


def test_what_there_is_to_know():
    advisory = parsed(
        aliases=["CVE-2", "CVE-1", "CVE-1"], references=[{"type": "WEB", "url": "https://example.org"}]
    )
    assert (advisory.id, advisory.aliases, advisory.summary) == (
        "GHSA-aaaa-bbbb-cccc",
        ("CVE-1", "CVE-2"),
        "It breaks",
    )
    assert advisory.references == ("https://example.org",)
    assert advisory.withdrawn is False
    assert only(advisory) == (("PyPI", "tool"), (("", "2.0", ""),))


def test_events_may_come_in_any_order_and_several_times():
    assert spans({"fixed": "1.5"}, {"introduced": "1.0"}, {"introduced": "2.0"}, {"fixed": "2.1"}) == (
        ("1.0", "1.5", ""),
        ("2.0", "2.1", ""),
    )


def test_a_version_may_end_one_range_and_begin_the_next():
    events = [{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "1.5"}, {"fixed": "1.8"}]
    assert spans(*events) == (("", "1.5", ""), ("1.5", "1.8", ""))
    assert spans({"introduced": "1.5"}, {"fixed": "1.5"}) == (("1.5", "1.5", ""),)
    assert spans({"last_affected": "1.5"}, {"introduced": "1.5"}) == (("1.5", "", "1.5"),)


def test_ends_of_all_kinds():
    assert spans({"introduced": "1.0"}) == (("1.0", "", ""),)
    assert spans({"introduced": "1.0"}, {"last_affected": "1.9"}) == (("1.0", "", "1.9"),)
    assert spans({"introduced": "0"}, {"limit": "3.0"}) == (("", "3.0", ""),)
    assert spans({"fixed": "1.0"}) == ()


def test_a_range_whose_beginning_cannot_be_ordered_goes_to_the_next_end():
    assert spans({"introduced": "!"}, {"introduced": "3.0"}, {"fixed": "4.0"}) == (
        ("!", "4.0", ""),
        ("3.0", "4.0", ""),
    )
    assert spans({"introduced": "!"}, {"last_affected": "?"}, {"fixed": "4.0"}) == (("!", "", ""),)
    assert spans({"introduced": "!"}) == (("!", "", ""),)
    assert spans({"introduced": "1.0"}, {"fixed": "!"}) == (("1.0", "", ""),)


def test_ranges_of_commits_do_not_hide_the_others():
    data = record()
    data["affected"][0]["ranges"].insert(0, {"type": "GIT", "events": [{"introduced": "0"}]})
    assert only(parse(json.dumps(data).encode()))[1] == (("", "2.0", ""),)


def test_what_is_said_of_one_package_in_several_parts_is_put_together():
    data = record()
    data["affected"] += record(events=[{"introduced": "3"}], name="Tool")["affected"]
    data["affected"][0]["versions"] = ["1", "2"]
    advisory = parse(json.dumps(data).encode())
    assert only(advisory) == (("PyPI", "tool"), (("", "2.0", ""), ("3", "", "")))
    assert advisory.affected["PyPI", "tool"].versions == "\n1\n2\n"


def test_names_are_brought_into_one_spelling_and_other_ecosystems_left_out():
    assert parsed(name="My_Tool.X").affected.keys() == {("PyPI", "my-tool-x")}
    assert not parsed(ecosystem="Debian:12").affected
    named = parsed(name="Vendor/Tool", ecosystem="Packagist", events=[])
    assert named.affected.keys() == {("Packagist", "vendor/tool")}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000000Z"),
        ("2026-01-02T03:04:05.12Z", "2026-01-02T03:04:05.120000000Z"),
        ("0001-01-01T00:00:00Z", ""),
        ("yesterday", ""),
    ],
)
def test_times_are_brought_into_one_form(text, form):
    assert instant(text) == form


def test_halves_of_characters_do_not_make_an_advisory_unreadable():
    assert parse(b'{"id": "A", "summary": "It \\ud800 breaks"}').summary == "It ? breaks"


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({}, ""),
        ({"database_specific": {"severity": "MODERATE"}}, "medium"),
        (
            {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]},
            "critical",
        ),
        ({"severity": [{"type": "CVSS_V3", "score": "nonsense"}]}, ""),
        ({"severity": [{"type": "CVSS_V2", "score": "x"}]}, ""),
        (
            {
                "severity": [
                    {
                        "type": "CVSS_V4",
                        "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
                    }
                ]
            },
            "critical",
        ),
        ({"identity": "MAL-2026-1"}, "critical"),
    ],
)
def test_severities(more, severity):
    assert parsed(**more).severity == severity


def test_a_withdrawn_one_says_so_and_a_summary_is_made_of_details():
    advisory = parsed(withdrawn="2026-01-01T00:00:00Z", summary="", details="First line.\nSecond.")
    assert advisory.withdrawn
    assert advisory.summary == "First line."


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"id": 1}', b"[" * 100_000, b'{"id": "X", "affected": 7}']
)
def test_what_is_no_advisory(content):
    with pytest.raises(Malformed):
        parse(content)
