"""A NUL character is found in texts, and nowhere else looked for."""

from __future__ import annotations

import pytest

from keyhole.core.errors import MalformedRequest
from keyhole.core.nul import refuse_nul


@pytest.mark.parametrize("texts", [["\0"], ["a", "b\0c"], [None, 3, "\0"]])
def test_a_nul_is_refused_and_what_it_stands_in_not_repeated(texts):
    with pytest.raises(MalformedRequest) as refused:
        refuse_nul(texts)
    assert "b\0c" not in refused.value.message + refused.value.hint


def test_everything_else_passes():
    refuse_nul(["", "%00", "\\u0000", "\x01", None, 0, b"\0"])
