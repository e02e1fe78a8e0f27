"""Text of others comes out of Markdown as it went in, and does nothing on the way."""

from __future__ import annotations

import html

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from keyhole.core.redact import one_line
from keyhole.reports.github.markdown import code, plain

SIGNS = st.text(alphabet="ab \\`*_{}[]()<>#+-.!|~@:/&;\"'$^=\n\t1é\u202e", max_size=60)


@given(SIGNS | st.text(max_size=60))
def test_it_is_one_paragraph_of_plain_text(text):
    rendered = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(f"x {plain(text)} y")
    assert rendered.startswith("<p>x ")
    inside = rendered[len("<p>") : rendered.index("</p>")]
    assert "<" not in inside
    shown = html.unescape(inside).replace("\u200b", "")
    assert " ".join(shown.split()) == " ".join(f"x {one_line(text, 200)} y".replace("\u200b", "").split())


@given(SIGNS)
def test_a_cell_stays_one_cell(text):
    rendered = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(
        f"| a | b |\n|---|---|\n| {plain(text)} | {code(text)} |\n"
    )
    assert rendered.count("<td>") == 2
    assert rendered.count("<tr>") == 2


def test_nobody_is_called_and_nothing_is_linked():
    assert plain("@alice #12") == "&#64;&#8203;alice &#35;&#8203;12"
    assert code("a`b") == "<code>a&#96;b</code>"


def test_what_looks_like_a_token_is_left_out():
    assert plain("ghp_" + "a" * 36) == "&#42;&#42;&#42;"
