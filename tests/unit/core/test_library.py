"""Packages refuse text that could steer a terminal, and survive JSON."""

from __future__ import annotations

import dataclasses

import pytest

from keyhole.core.library import Library, PackageFacts, Relation, how
from keyhole.core.strict_json import decode, encode_fields

LIBRARY = Library(
    "pkg:npm/qs@6.5.2", "npm", "qs", "6.5.2", "package-lock.json", 12, Relation.TRANSITIVE, True, ("express",)
)


def test_a_library_survives_json():
    assert decode(Library, encode_fields(LIBRARY)) == LIBRARY


@pytest.mark.parametrize(
    ("field", "value"), [("line", 0), ("name", "q\ns"), ("via", ("\x1b[2J",)), ("licences", ("\u202e",))]
)
def test_a_library_refuses(field, value):
    with pytest.raises(ValueError, match="unescaped"):
        dataclasses.replace(LIBRARY, **{field: value})


@pytest.mark.parametrize(
    ("field", "value"), [("fixed", "1\n2"), ("ids", ("CVE-\x00",)), ("others", ("2\n",))]
)
def test_facts_refuse(field, value):
    facts = PackageFacts("", "npm", "qs", "1", Relation.DIRECT, False, (), ("CVE-1",), "2")
    with pytest.raises(ValueError, match="unescaped"):
        dataclasses.replace(facts, **{field: value})


def test_facts_of_a_finding_that_was_stored_before_others_were_kept_are_read():
    facts = PackageFacts("", "npm", "qs", "1", Relation.DIRECT, False, (), ("CVE-1",), "2")
    plain = encode_fields(dataclasses.replace(facts, others=("3",)))
    assert decode(PackageFacts, plain).others == ("3",)
    del plain["others"]
    assert decode(PackageFacts, plain) == facts


def test_how_a_package_comes_in_is_said_also_where_the_file_does_not_tell():
    assert how(Relation.DIRECT, ()) == ""
    assert how(Relation.TRANSITIVE, ("a", "b")) == "pulled in by a > b"
    assert how("transitive", ()) == "pulled in by another package, and the file does not say which"
    assert how("unknown", ()) == "the file does not say what asks for it"
