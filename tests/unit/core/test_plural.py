"""Things are counted as people say it."""

from __future__ import annotations

import pytest

from keyhole.core.plural import counted


@pytest.mark.parametrize(
    ("number", "thing", "text"),
    [(1, "repository", "1 repository"), (0, "day", "0 days"), (1204, "token", "1,204 tokens")],
)
def test_numbers_of_things(number, thing, text):
    assert counted(number, thing) == text
