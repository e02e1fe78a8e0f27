"""Whatever bytes a repository holds, what is shown of them is harmless, and tells them apart."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.core.escaping import escape, is_escaped, unescape, visible


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"src/a.py", "src/a.py"),
        ("grüße/日本.txt".encode(), "grüße/日本.txt"),
        (b"a\nb", r"a\u000ab"),
        (b"\x1b[2Jgone", r"\u001b[2Jgone"),
        (b"\xff\xfe", r"\xff\xfe"),
        (b"back\\slash", r"back\\slash"),
        ("abc\u202etxt.exe".encode(), r"abc\u202etxt.exe"),
        ("\U000e0041".encode(), r"\U000e0041"),
        (b"", ""),
    ],
)
def test_names_are_escaped(raw, text):
    assert escape(raw) == text


@given(st.binary(max_size=40))
def test_whatever_the_bytes_the_escaped_text_is_harmless(raw):
    assert is_escaped(escape(raw))


@given(st.binary(max_size=6), st.binary(max_size=6))
def test_two_names_never_look_the_same(one, other):
    assert (escape(one) == escape(other)) == (one == other)


@given(st.binary(max_size=40))
def test_unescape_gives_the_bytes_back(raw):
    assert unescape(escape(raw)) == raw


@pytest.mark.parametrize("text", ["\\", "\\x", "\\q", "\\u12", "\\Uffffffff", "\\x41"])
def test_what_escape_never_makes_stays(text):
    assert unescape(text) == text.encode()


def test_a_line_is_made_visible_without_doubling_its_backslashes():
    assert visible("\ta\\b\u202e") == "    a\\b\\u202e"


def test_of_all_characters_those_are_hidden_that_show_nothing_and_are_no_blank():
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    for code in range(sys.maxunicode + 1):
        assert is_escaped(chr(code)) == (unicodedata.category(chr(code)) not in hidden), hex(code)
