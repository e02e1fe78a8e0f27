"""Endpoints that somebody pasted: a line each, in any of the spellings that documentation and logs use."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import GIT_FETCH, GIT_PUSH
from keyhole.planner.asked import (
    METHODS,
    WORKFLOWS,
    Asked,
    Reading,
    Unmatched,
    by_id,
    gathered,
    judged,
    masked,
    understand,
    writes_files,
)

LONGEST_TEXT = 200_000
MOST_LINES = 2_000
_LONGEST_LINE = 4_000
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d{1,4}[.)])\s+")
_ACCESS_LOG = re.compile(r'"([A-Z]{3,7}) (/\S*) HTTP/[0-9.]+"')
_GIT = {"clone": GIT_FETCH, "fetch": GIT_FETCH, "pull": GIT_FETCH, "push": GIT_PUSH}
_DATA = ("-d", "--data", "--data-raw", "--data-binary", "--json", "-F", "--form")


def read_endpoints(text: str) -> Reading:
    """What the lines of a text ask for. InvalidInput when it is too much to be read.

    A line is `GET /repos/{owner}/{repo}/pulls` with or without values filled in, a whole URL, an operation's id
    (`pulls/list`), a curl or git command, or a line of a web server's access log. A line without a method reads.
    ` +workflows` behind it says that it changes workflow files. Empty lines and those that begin with # are skipped.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(
            f"The text has {len(text):,} characters; at most {LONGEST_TEXT:,} are read.", field="endpoint"
        )
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise InvalidInput(
            f"There are {len(lines):,} lines; at most {MOST_LINES:,} are read.",
            field="endpoint",
            hint="Name each endpoint once.",
        )
    return gathered(_found(lines))


def _found(lines: list[str]) -> Iterator[Asked | Unmatched]:
    for line in lines:
        plain = _BULLET.sub("", line).strip().strip("`").strip()
        if plain and not plain.startswith("#"):
            yield (
                read_line(plain)
                if len(plain) <= _LONGEST_LINE
                else Unmatched(masked(plain), "It is too long.")
            )


def read_line(line: str) -> Asked | Unmatched:
    """What one line asks for."""
    plain = line.removesuffix(WORKFLOWS).strip()
    found = _plain(plain)
    if plain == line or isinstance(found, Unmatched):
        return found
    if not writes_files(found.operation):
        return Unmatched(masked(line), f"{WORKFLOWS} is for what changes files, and this does not.")
    return Asked(found.operation, workflows=True)


def _plain(line: str) -> Asked | Unmatched:
    words = line.split()
    if (logged := _ACCESS_LOG.search(line)) is not None:
        return understand(logged[1], logged[2])
    if not words:
        return Unmatched("", "There is nothing to read in it.")
    if words[0] == "git" and len(words) > 1:
        operation = _GIT.get(words[1])
        return (
            Asked(operation)
            if operation
            else Unmatched(masked(line), "Only clone, fetch, pull and push ask GitHub.")
        )
    if words[0] == "curl":
        return _curl(line)
    if len(words) == 1 and words[0] in by_id():
        return judged(Asked(by_id()[words[0]]))
    if len(words) == 1:
        return understand("GET", words[0])
    method = words[0].strip("\"'").upper()
    if method in METHODS and len(words) == 2:
        return understand(method, words[1].strip("\"'"))
    return Unmatched(
        masked(line), "This is no endpoint: write METHOD PATH, for example GET /repos/{owner}/{repo}/pulls."
    )


def _curl(line: str) -> Asked | Unmatched:
    try:
        words = shlex.split(line.rstrip("\\"))
    except ValueError:
        return Unmatched("curl", "The quotes of this command do not match.")
    method = "POST" if any(word.startswith(_DATA) for word in words[1:]) else "GET"
    address = next((word for word in words[1:] if "://" in word), "")
    for before, word in pairwise(words):
        if before in ("-X", "--request"):
            method = word
    return understand(method, address) if address else Unmatched("curl", "This command has no address.")
