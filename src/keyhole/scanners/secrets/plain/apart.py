"""Assignments whose name does not stand directly before the value, said again as ones where it does.

Kubernetes, Compose and Terraform list `name` and `value`, a Dockerfile may write `ENV NAME value`, and programs give a
default for what the environment does not say.
"""

from __future__ import annotations

from keyhole.scanners.secrets.exact import linear
from keyhole.scanners.secrets.plain import names

_WORD = "(?i:pass[_-]?w|pwd|passphrase|secret|[_-]pass|[_-]pw|key|token|auth|cred)[0-9A-Za-z_-]{0,12}"
LISTED = (
    rf"""{_WORD}["']?[ \t]{{0,4}}(?:,|,?\r?\n)[ \t]{{0,40}}["']?(?i:value)["']?[ \t]{{0,40}}[:=][ \t]{{0,24}}""",
    rf"""(?i:env)[ \t]{{1,4}}[0-9A-Za-z_]{{0,60}}{_WORD}[ \t]{{1,4}}""",
)
"""Vectorscan patterns of what stands before the value, or before the quote that opens it."""
DEFAULTS = (
    r"""(?i)env(?:iron\.get|\.fetch)?\([ \t]{0,4}["'][0-9a-z_.-]{1,60}["'],[ \t]{0,4}["']""",
    r"""(?i)env(?:\.[0-9a-z_]{1,60}|\[["'][0-9a-z_]{1,60}["']\])[ \t]{1,4}(?:\|\||\?\?)[ \t]{1,4}["']""",
)
"""The same of values that must be quoted, with the quote."""

_BEFORE, _AFTER = 320, 440
_LISTED = linear(
    rb"""(?i)(?:^|[\s{,(\[-])["']?(?:name|key)["']?[ \t]*[:=][ \t]*["']?([0-9A-Za-z_.-]{1,100})["']?[ \t]*"""
    rb"""(?:,|,?\r?\n)[ \t]*["']?value["']?[ \t]*[:=][ \t]*(["']?)\z"""
)
_IMAGE = linear(rb"""(?i)^[ \t]*ENV[ \t]+([0-9A-Za-z_]{1,100})[ \t]+(["']?)\z""")
_DEFAULT = linear(
    rb"""(?i)(?:([0-9A-Za-z_.-]{1,100})["']?[ \t]*(?::=|=>|=|:)[ \t]*)?[0-9A-Za-z_.(]{0,40}"""
    rb"""env(?:iron\.get|\.fetch)?[.(\[][ \t]*["']?([0-9A-Za-z_.-]{1,60})["']?"""
    rb"""(?:,|\]?[ \t]*(?:\|\||\?\?))[ \t]*["']\z"""
)
_ALONE = linear(rb"[^\s]{1,400}[ \t]{0,40}\r?(?:\n|\z)")


def joined(text: bytes, at: int) -> bytes:
    """What to write before the value that begins here, so that its name does; empty if there is no such name."""
    before = text[max(0, at - _BEFORE) : at]
    line = before[before.rfind(b"\n") + 1 :]
    if found := _LISTED.search(before):
        return found[1] + b": " + found[2]
    if found := _IMAGE.search(line):
        # Written so, all of the line is the value; sentences go on.
        return found[1] + b"=" + found[2] if found[2] or _ALONE.match(text[at : at + _AFTER]) else b""
    found = _DEFAULT.search(line)
    # As arguments are: what is the default of something is often no more than an example.
    return b'"' + _telling(found[2], found[1] or b"") + b'", ' + line[-1:] if found else b""


def _telling(asked: bytes, assigned: bytes) -> bytes:
    """Of the variable of the environment and that of the program, the one whose name promises a credential."""
    return asked if names.kind(asked.decode("ascii")) is not None else assigned
