"""Block mappings of YAML give their keys and values; nothing else is looked into."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.outline import entries
from keyhole.scanners.dependencies.package import Malformed


def test_keys_from_the_outermost_with_their_lines():
    text = b"""# a comment
a: 1
'it''s':
  "b c": 'two' # not said
  list:
    - x: 1
  ? long
  : d: three  # said
    e: http://example.org/#f
g@https://example.org/x:
  h:
"""
    assert list(entries(text)) == [
        (2, ("a",), "1"),
        (3, ("it's",), ""),
        (4, ("it's", "b c"), "two"),
        (5, ("it's", "list"), ""),
        (7, ("it's", "long"), ""),
        (8, ("it's", "long", "d"), "three"),
        (9, ("it's", "long", "e"), "http://example.org/#f"),
        (10, ("g@https://example.org/x",), ""),
        (11, ("g@https://example.org/x", "h"), ""),
    ]


def test_lines_of_another_layout_are_not_looked_into():
    assert list(entries(b"---\nword\n{a: 1}\n- b: 2\n\n&x\n*x\n")) == []


def test_deeper_than_anybody_writes_is_malformed():
    text = b"".join(b" " * depth + b"a:\n" for depth in range(40))
    with pytest.raises(Malformed, match="too deep"):
        list(entries(text))
