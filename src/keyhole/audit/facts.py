"""What records are looked up by: a few facts of each, copied out of its actor and subject into columns of their own.

The chain's hash covers what they are copied from and not the copies, so that `verify` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_LONGEST = 254


class Facts(NamedTuple):
    """The columns, in their order."""

    who: str
    """Name of the actor in lower case."""
    address: str
    """Network address that it came from; empty on the machine itself."""
    repository: str
    """Full name in lower case of the first repository that it was about; empty if none was."""
    more_repositories: str | None
    """The others, each between two spaces; None when there are none, as nearly always."""
    about_token_id: int | None
    """The token that it was about, such as the one that was revoked."""


COLUMNS = Facts._fields


def facts_of(actor: Mapping[str, Any], subject: Mapping[str, Any]) -> Facts:
    """The facts of a record."""
    named = _repositories(subject)
    about = subject.get("subject_token_id")
    return Facts(
        who=_text(actor.get("name")),
        address=_text(actor.get("address"))[:64],
        repository=named[0] if named else "",
        more_repositories=f" {' '.join(named[1:])} " if len(named) > 1 else None,
        about_token_id=about if type(about) is int and 0 < about < 1 << 63 else None,
    )


def _repositories(subject: Mapping[str, Any]) -> list[str]:
    several = subject.get("repositories")
    found = several if isinstance(several, list) else []
    texts = [_text(name) for name in [*found, subject.get("repository")]]
    # What has a space in it is no name of a repository, and would be taken for two.
    return list(dict.fromkeys(text for text in texts if text and " " not in text))


def _text(value: object) -> str:
    return value.lower()[:_LONGEST] if isinstance(value, str) else ""
