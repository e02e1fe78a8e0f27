"""Scanners are found by walking the package; asking for one that does not exist is refused."""

from __future__ import annotations

import pytest

from keyhole.scanners.interface import UnknownScanner
from keyhole.scanners.registry import all_scanners, chosen
from keyhole.scanners.rules_version import rules_version


def test_the_secrets_scanner_is_found_under_the_name_of_its_package():
    assert "secrets" in all_scanners()
    assert all(name == scanner.id for name, scanner in all_scanners().items())


def test_each_is_chosen_once_and_in_the_order_asked_for():
    assert [scanner.id for scanner in chosen(["secrets", "secrets"])] == ["secrets"]


@pytest.mark.parametrize("ids", [[], ["nonsense"], ["secrets", "../secrets"], ["x" * 1000]])
def test_an_unknown_one_or_none_is_refused(ids):
    with pytest.raises(UnknownScanner):
        chosen(ids)


def test_the_version_is_one_short_word_that_depends_on_the_rules():
    class Other:
        id = "secrets"

        def rules_version(self):
            return "another"

    assert len(rules_version(chosen(["secrets"]))) == 12
    assert rules_version(chosen(["secrets"])) != rules_version([Other()])


def test_the_version_is_the_same_in_whichever_order_they_are_asked_for():
    assert rules_version(chosen(["secrets", "ruff"])) == rules_version(chosen(["ruff", "secrets"]))


def test_a_scanner_tells_what_why_and_how_to_fix():
    import importlib

    for name in all_scanners():
        text = importlib.import_module(f"keyhole.scanners.{name.replace('-', '_')}").__doc__
        assert all(f"\n{section}: " in text for section in ("What", "Why", "Fix"))
