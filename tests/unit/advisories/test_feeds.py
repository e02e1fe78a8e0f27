"""EPSS's list and the KEV catalog, and what only looks like them."""

from __future__ import annotations

import gzip

import pytest

from keyhole.advisories import feeds
from keyhole.core.errors import InvalidInput
from keyhole.scanners.dependencies.index import KEV


def test_each_is_known_by_how_it_begins():
    assert feeds.kind_of(gzip.compress(b"x")) == feeds.EPSS
    assert feeds.kind_of(b"cve,epss,percentile\n") == feeds.EPSS
    assert feeds.kind_of(b' {"title": "KEV"}') == KEV
    assert feeds.kind_of(b"PK\x03\x04") == ""


def test_scores_beyond_any_probability_are_left_out():
    text = (
        b"#model_version:v1\ncve,epss\nCVE-2026-1111,0.5,0.9\nCVE-2026-2222,7\nCVE-2026-3333,1.0\nCVE-x,0.1\n"
    )
    assert feeds.scores("x", text) == [("CVE-2026-1111", 0.5), ("CVE-2026-3333", 1.0)]


def test_what_grows_beyond_measure_is_refused(monkeypatch):
    monkeypatch.setattr(feeds, "LARGEST", 1000)
    with pytest.raises(InvalidInput, match="holds more"):
        feeds.scores("x", gzip.compress(b"CVE-2026-1111,0.5\n" * 1000))


def test_entries_that_are_no_ids_are_left_out():
    catalog = b'{"vulnerabilities": [{"cveID": "CVE-2026-1111"}, {"cveID": "\\u001b"}]}'
    assert feeds.exploited("x", catalog) == ["CVE-2026-1111"]
