"""What a comment says, whatever its length would be."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest

from keyhole.core.finding import Location
from keyhole.reports.github.comment import comment_text
from tests.unit.reports.kit import SECRET

MOST = 65_536
"""Characters that GitHub takes of a comment."""


def part(*, rows=0, breaches=0, letter="@"):
    """As long as texts may be, of a letter that has twelve characters when it is escaped, or of another one."""
    where = Location("c" * 40, "", letter * 200, 9, 1)
    found = dataclasses.replace(SECRET, title=letter * 200, locations=(where,))
    breach = SimpleNamespace(demand=letter * 200, why=letter * 400, fix=letter * 400)
    return SimpleNamespace(
        sentence=letter * 140,
        scan=SimpleNamespace(
            environment=letter * 40,
            commit="c" * 40,
            reason=letter * 500,
            imported=False,
            scanners=[letter * 64] * 10,
        ),
        url="https://keyhole.example/scans/1",
        complete=False,
        verdict=SimpleNamespace(breaches=[breach] * breaches),
        rows=[SimpleNamespace(finding=found)] * rows,
    )


def told(number=1, letter="@", **more):
    """So many of those."""
    return SimpleNamespace(sentence=letter * 140, parts=[part(letter=letter, **more)] * number)


@pytest.mark.parametrize(("rows", "breaches"), [(20, 0), (0, 40), (5000, 40)])
def test_a_comment_is_never_longer_than_github_takes(rows, breaches):
    text = comment_text(told(rows=rows, breaches=breaches), "<!-- mark -->")
    assert len(text) < MOST
    shown = text.count("| critical |") + text.count("| high |")
    assert f"and {rows - shown:,} more" in text if rows else "more |" not in text
    assert ("more, which Keyhole names" in text) == bool(breaches)
    assert text.endswith("</details>\n" if rows else "\n")


@pytest.mark.parametrize("number", [2, 3, 10, 100])
def test_several_scans_share_the_room_and_what_has_none_is_counted(number):
    text = comment_text(told(number, rows=5000, breaches=40), "<!-- mark -->")
    assert len(text) < MOST
    shown = text.count("/scans/1)")
    assert 2 <= shown <= number
    assert text.count("<details>") == text.count("</details>") == shown
    assert (f"And {number - shown} more scans, which Keyhole names." in text) == (shown < number)


def test_what_has_room_is_all_there():
    text = comment_text(told(rows=20, breaches=3, letter="a"), "<!-- mark -->")
    assert text.count("a" * 200) >= 20
    assert " more" not in text
