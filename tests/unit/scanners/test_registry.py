"""Scanners are found by walking the package; asking for one that does not exist is refused."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import keyhole.scanners
from keyhole.core.terms import Kind
from keyhole.scanners.interface import UnknownScanner
from keyhole.scanners.registry import all_scanners, chosen, reach
from keyhole.scanners.rules_version import rules_version
from tests.unit.core.test_finding import FINDING


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


def test_every_scanner_says_which_kinds_it_reports():
    assert all(scanner.kinds and scanner.kinds <= set(Kind) for scanner in all_scanners().values())
    told = reach(["secrets"], [])
    assert set(told) == set(all_scanners())
    assert told["secrets"].kinds == {Kind.SECRET}
    assert [name for name, each in told.items() if each.packages] == ["dependencies"]


def test_what_was_imported_reaches_as_far_as_what_it_brought():
    found = [
        dataclasses.replace(FINDING, scanner="sarif-codeql", kind=Kind.CODE),
        dataclasses.replace(FINDING, scanner="secrets"),
    ]
    told = reach(["sarif-codeql", "sarif-trivy"], found)
    assert told["sarif-codeql"].kinds == {Kind.CODE, Kind.SECRET}
    assert told["sarif-trivy"].kinds == {Kind.SECRET}
    assert not any(name.startswith("sarif-") for name in reach(["secrets"], found[1:]))


def test_no_scanner_speaks_of_a_kind_that_it_does_not_say_it_reports():
    for name, scanner in all_scanners().items():
        module = Path(keyhole.scanners.__path__[0], name.replace("-", "_"))
        paths = module.rglob("*.py") if module.is_dir() else [module.with_suffix(".py")]
        named = {word for path in paths for word in re.findall(r"\bKind\.([A-Z]+)\b", path.read_text())}
        assert {Kind[word] for word in named & set(Kind.__members__)} == set(scanner.kinds), name
