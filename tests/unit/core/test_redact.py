"""Words from outside: one line, short, and without what looks like a token."""

from __future__ import annotations

import pytest

from keyhole.core.redact import cut, lines, one_line
from keyhole.core.token_text import API_PREFIX, mint


@pytest.mark.parametrize(
    "token",
    [
        mint(lambda count: bytes(range(count))).reveal(),  # the same in every worker: it names the test
        mint(lambda count: bytes(range(count)), prefix=API_PREFIX).reveal(),
        f"ghp_{'a' * 36}",
        f"github_pat_{'a' * 22}_{'b' * 59}",
        f"ghs_12_eyJ{'a' * 20}.{'b' * 20}.{'c-_' * 9}",
        "xoxb-123456789012-abcdefghij",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
def test_tokens_are_taken_out(token):
    assert one_line(f"bad token {token}, sorry", 300) == "bad token ***, sorry"
    assert one_line(f"https://x/?t={token}", 300) == "https://x/?t=***"


def test_one_line_is_one_line():
    assert one_line("a\r\nb\x1b[31m\tc\u202e  d", 300) == "a b [31m c d"
    assert one_line(None, 300) == one_line(7, 300) == ""
    assert one_line("x" * 9, 5) == "xxxx…"


def test_lines_stay_lines():
    assert lines("a  b\r\nc\x00d\n\ne\n", 300) == "a b\nc d\n\ne"
    assert lines(None, 300) == ""
    assert len(lines("x\n" * 400, 300)) == 300
    assert cut("abc", 3) == "abc"
