"""Properties are put in where a file says them itself, within limits."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.properties import resolved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0", "1.0"),
        ("${a}", "1"),
        ("$(a).$(b)", "1.1"),
        ("${absent}", "${absent}"),
        ("${b}-${absent}", "${b}-${absent}"),
        ("${round}", "${round}"),
        ("${wide}", "${wide}"),
        ("x" * 2000, "x" * 2000),
        ("", ""),
    ],
)
def test_resolved(text, expected):
    properties = {"a": "1", "b": "${a}", "round": "${round}", "wide": "${wide}${wide}" * 40}
    assert resolved(text, properties) == expected
