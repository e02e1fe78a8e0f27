"""How the parts of a report are put into words."""

from __future__ import annotations

import pytest

from keyhole.core.finding import Location
from keyhole.core.terms import Place
from keyhole.reports.outline import where


@pytest.mark.parametrize(
    ("path", "place", "note", "said"),
    [
        ("a/b.py", Place.FILE, "", "a/b.py:3"),
        ("a/b.py", Place.FILE, "base64-encoded", "a/b.py:3 (base64-encoded)"),
        ("commit message", Place.FILE, "", "commit message:3"),
        ("commit message", Place.COMMIT_MESSAGE, "", "line 3 of the message of commit bbbbbbbbbb"),
        ("", Place.TAG_MESSAGE, "", "line 3 of the message of a tag"),
        ("v1", Place.TAG_MESSAGE, "base64-encoded", "line 3 of the message of tag v1 (base64-encoded)"),
    ],
)
def test_a_place_is_said_as_people_write_it(path, place, note, said):
    assert where(Location("b" * 40, "", path, 3, 1, place, note)) == said
