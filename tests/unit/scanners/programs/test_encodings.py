"""Text that is not in UTF-8."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs.encodings import as_utf_8, is_wide, source_as_utf_8


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_what_is_marked_as_wide(encoding):
    raw = "\u00fc\n".encode(encoding)
    assert is_wide(raw)
    assert as_utf_8(raw) == b"\xc3\xbc\n"


@pytest.mark.parametrize("raw", [b"x", b"\xff\xfex", b"\xef\xbb\xbfx", b""])
def test_what_stays_as_it_is(raw):
    assert as_utf_8(raw) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"x = 1\n", b"x = 1\n"),
        (b"# coding: utf8\nx = '\xc3\xbc'\n", b"# coding: utf8\nx = '\xc3\xbc'\n"),
        (b"# coding: latin-1\nx = '\xfc'\n", b"# coding: latin-1\nx = '\xc3\xbc'\n"),
        (b"# coding: shift_jis\nx = '\x95\\'\n", b"# coding: shift_jis\nx = '\xe8\xa1\xa8'\n"),
        (b"# coding: unicode_escape\nx = '\\d'\n", b"# coding: unicode_escape\nx = '\\d'\n"),
    ],
)
def test_source_in_an_encoding_that_extends_ascii(raw, text):
    assert source_as_utf_8(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        b"# coding: utf-7\n#+AAo-x\n",
        b"\n# coding: utf-7\n#+AAo-x\n",
        b"\r# coding: utf-7\r#+AAo-x\n",
        b"# coding: unicode_escape\n#\\x0ax\n",
        b"# coding: utf-16\nx\n",
        b"# coding: rot13\nx\n",
        b"# coding: no_such_thing\nx\n",
        b"x = '\xff'\n",
    ],
)
def test_source_that_cannot_be_had(raw):
    assert source_as_utf_8(raw) is None
