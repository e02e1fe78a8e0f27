"""XML from strangers: no document type, no entities, no depth; and where each element stands."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.markup import xml_in
from keyhole.scanners.dependencies.package import Malformed

LAUGHS = b"""<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>"""
FETCHES = b"""<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"""
FETCHES_A_TYPE = b"""<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>"""


@pytest.mark.parametrize("content", [LAUGHS, FETCHES, FETCHES_A_TYPE])
def test_a_document_type_is_refused(content):
    with pytest.raises(Malformed, match="document type"):
        xml_in(content, "a")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        b"<b/>",
        b"<a>&x;</a>",
        b"<a>" * 200_000,
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b'<?xml version="1.0" encoding="idna"?><a/>',
        b"<a>\xff</a>",
        b"<a/><a/>",
    ],
)
def test_what_is_no_such_document_is_malformed(content):
    with pytest.raises(Malformed):
        xml_in(content, "a")


def test_more_elements_than_anybody_has_are_malformed(monkeypatch):
    monkeypatch.setattr("keyhole.scanners.dependencies.markup._MOST", 10)
    with pytest.raises(Malformed, match="too large"):
        xml_in(b"<a>" + b"<b/>" * 10 + b"</a>", "a")


def test_a_tree_with_lines_and_without_namespaces():
    root = xml_in(b'<x:a xmlns:x="u" k="v">\n one\n<x:b> two &amp; <c/> three </x:b>\n</x:a>', "a")
    assert root.attributes == {"xmlns:x": "u", "k": "v"}
    assert [(each.name, each.line) for each in root.all()] == [("a", 1), ("b", 3), ("c", 3)]
    assert (root.word("b"), root.word("absent")) == ("two &  three", "")
