"""Taking what looks like a token out of words that somebody else wrote, before they are shown or sent on.

A last net, below the rule that secrets are never put into words: an upstream's error may repeat what it was sent.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?:gh[pousr]_|github_pat_|kh[pa]_|xox[a-z]-)[0-9A-Za-z_.-]{8,}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+"
)


def one_line(text: object, most: int) -> str:
    """The text on one line without control characters and token-like parts, cut to `most` characters.

    What is not a text becomes an empty one.
    """
    if not isinstance(text, str):
        return ""
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return cut(_TOKEN.sub("***", words), most)


def lines(text: object, most: int) -> str:
    """As `one_line`, keeping the line ends."""
    if not isinstance(text, str):
        return ""
    return cut("\n".join(one_line(line, most) for line in text.splitlines()).strip(), most)


def cut(text: str, most: int) -> str:
    """At most that many characters, with an ellipsis where something was left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
