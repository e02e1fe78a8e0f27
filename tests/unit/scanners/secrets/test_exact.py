"""Patterns are compiled when they are needed, and once."""

from __future__ import annotations

import re2

from keyhole.scanners.secrets import exact
from keyhole.scanners.secrets.exact import Exact, edge


def test_a_pattern_is_compiled_once_and_not_before_it_is_needed(monkeypatch):
    made = []
    compile_ = re2.compile
    monkeypatch.setattr(exact.re2, "compile", lambda *given: made.append(given) or compile_(*given))
    pattern = Exact("k=([a-z]+)")
    assert not made
    assert [match.group(1) for match in pattern.finditer(b"k=ab k=c")] == [b"ab", b"c"]
    assert not list(pattern.finditer(b"nothing"))
    assert len(made) == 1


def test_an_edge_is_the_bytes_of_a_class():
    assert edge("0-9_") == frozenset(b"0123456789_")
