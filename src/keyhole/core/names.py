"""Names of owners and repositories: what may be one, and when two are the same; and names that only people read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from keyhole.core.errors import InvalidInput

_OWNER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,37}[A-Za-z0-9])?")
_REPOSITORY_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}")
_RESERVED_ENDINGS = (".git", ".wiki", ".")
_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def owner_name(text: str) -> str:
    """`text` if it can be the login of a user or organization: ASCII letters, digits, inner `-` and `_`, up to 39.

    Raises InvalidInput otherwise.
    """
    if _OWNER_NAME.fullmatch(text) is None:
        raise InvalidInput(
            "An owner's name has 1 to 39 letters, digits, hyphens or underscores, and starts and ends "
            "with a letter or digit.",
            field="owner",
        )
    return text


def repository_name(text: str) -> str:
    """`text` if it can be the name of a repository: 1 to 100 ASCII letters, digits, `-`, `_`, `.`.

    Raises InvalidInput otherwise, and for names that other tools would read differently: `.`, `..`, a leading dash
    (an option), an ending of `.git` (an address), `.wiki` (another repository) or a dot.
    """
    if _REPOSITORY_NAME.fullmatch(text) is None or fold(text).endswith(_RESERVED_ENDINGS):
        raise InvalidInput(
            "A repository's name has 1 to 100 letters, digits, hyphens, underscores or dots, does not "
            "start with a hyphen, and does not end with .git, .wiki or a dot.",
            field="name",
        )
    return text


def fold(name: str) -> str:
    """The form in which names are looked up: ASCII letters lower-cased, everything else untouched.

    Not `casefold`: it maps the Kelvin sign to `k` and the sharp s to `ss`, so that two names would be one.
    """
    return name.translate(_FOLD)


def plain(name: str) -> str:
    """A name that people give to what they make, without what they do not tell apart: case, width, spaces.

    To compare new ones with. Nothing is looked up by it, and nothing allowed: that is what `fold` is for.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def alike(name: str, others: Iterable[str]) -> str | None:
    """The first of the others that people do not tell apart from this one."""
    wanted = plain(name)
    return next((each for each in others if plain(each) == wanted), None)
