"""Licences are read as SPDX writes them, chosen among where one may choose, and never guessed at."""

from __future__ import annotations

import pytest

from keyhole.core import licences


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("mit", "MIT"),
        ("(MIT or apache-2.0)", "(MIT OR Apache-2.0)"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("LicenseRef-harbour", "LicenseRef-harbour"),
        ("GNU General Public License v3", ""),
        ("BSD", ""),
        ("MIT OR", ""),
        ("(" * 240 + "MIT" + ")" * 240, ""),
        ("MIT OR " * 200 + "MIT", ""),
    ],
)
def test_an_expression_is_read_or_it_is_none(text, spelled):
    assert licences.expression(text) == spelled


@pytest.mark.parametrize(
    ("text", "allowed", "denied", "refused"),
    [
        ("MIT", (), ("AGPL-*",), ()),
        ("AGPL-3.0-only", (), ("AGPL-*",), ("AGPL-3.0-only",)),
        ("MIT OR AGPL-3.0-only", (), ("AGPL-*",), ()),
        ("MIT AND AGPL-3.0-only", (), ("AGPL-*",), ("AGPL-3.0-only",)),
        ("MIT AND (ISC OR AGPL-3.0-only)", ("MIT",), (), ("ISC", "AGPL-3.0-only")),
        ("GPL-2.0", (), ("gpl-2.0-only",), ("GPL-2.0-only",)),
        ("GPL-2.0-or-later", (), ("GPL-2.0",), ()),
        ("Apache-2.0 WITH LLVM-exception", ("Apache-2.0",), (), ()),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            (),
            ("GPL-*",),
            ("GPL-2.0-only WITH Classpath-exception-2.0",),
        ),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            ("MIT", "GPL-2.0-only WITH Classpath-exception-2.0"),
            ("GPL-2.0-only",),
            (),
        ),
        ("MIT", ("MIT",), ("MIT",), ("MIT",)),
        ("MITNFA", ("MIT",), (), ("MITNFA",)),
    ],
)
def test_what_stands_in_the_way(text, allowed, denied, refused):
    assert licences.refused(licences.expression(text), allowed, denied) == refused


def test_what_says_nothing_is_not_known_and_neither_is_what_cannot_be_read():
    assert not licences.read(()).known
    assert not licences.read(("NOASSERTION", "")).known
    assert licences.read(("MIT", "see LICENSE")).unknown == ("see LICENSE",)
    assert not licences.read(("MIT", "see LICENSE")).known
    assert licences.read(("MIT", "isc")).expressions == ("MIT", "ISC")


@pytest.mark.parametrize(
    "text", ["MIT", "AGPL-*", "GPL-2.0-only WITH Classpath-exception-2.0", "LicenseRef-x"]
)
def test_a_rule_may_name(text):
    assert licences.pattern_problem(text) == ""


@pytest.mark.parametrize("text", ["AGPL3", "MIT OR ISC", "*", "GPL*2", ""])
def test_a_rule_may_not_name(text):
    assert licences.pattern_problem(text)
