"""docs/settings.md says what can be set: every variable with its default, and no other."""

from __future__ import annotations

import re

import pytest

from keyhole.settings import VARIABLES
from tests.conventions.checkout import ROOT

PAGE = ROOT / "docs/settings.md"
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>.*?) \| (?P<help>.*?) \|$", re.MULTILINE)


def rows():
    return {match["name"]: match for match in ROW.finditer(PAGE.read_text())}


def test_the_page_knows_every_setting_and_no_other():
    assert list(rows()) == [variable.name for variable in VARIABLES]


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_the_page_says_what_the_setting_says(variable):
    row = rows()[variable.name]
    assert row["default"] == (f"`{variable.default}`" if variable.default else "empty")
    assert row["help"] == variable.help
