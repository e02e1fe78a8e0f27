"""Names of refs: which are well formed, and which a token may move at all."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_MAX_BYTES = 1000


def is_name(ref: str) -> bool:
    """Whether `git check-ref-format` accepts the full name (its rules 1 to 10), and it is short.

    Its bytes may be any: those that are no UTF-8 are surrogates, as Python has them in arguments.
    """
    try:
        size = len(ref.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return False
    if not 0 < size <= _MAX_BYTES or "/" not in ref or _FORBIDDEN.search(ref) or ref.endswith("."):
        return False
    return all(part and not part.startswith(".") and not part.endswith(".lock") for part in ref.split("/"))


def is_text(ref: str) -> bool:
    """Whether it can be written as UTF-8, and so be stored and shown."""
    try:
        ref.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def can_be_chosen(name: str) -> bool:
    """Whether a branch or tag may have this name, short or in full, and it can be stored."""
    return is_name(name if name.startswith("refs/") else f"refs/heads/{name}") and is_text(name)


def is_well_formed(ref: str) -> bool:
    """Whether the full name is one that git accepts, and is UTF-8.

    Stricter than git in one point: no component starts with a dash, since such names are options to tools.
    """
    return is_name(ref) and is_text(ref) and not any(part.startswith("-") for part in ref.split("/"))


def is_pushable(ref: str) -> bool:
    """Whether a push or a ref operation may move it: branches and tags, spelled once.

    `refs/pull`, `refs/notes`, `refs/replace`, `HEAD` and the like steer other tools and are never moved;
    `refs/heads/refs/heads/x` is almost always a mistake that hides a branch.
    """
    parts = ref.split("/")
    return (
        is_well_formed(ref)
        and len(parts) >= 3
        and parts[:2] in (["refs", "heads"], ["refs", "tags"])
        and parts[2] not in ("refs", "HEAD")
    )
