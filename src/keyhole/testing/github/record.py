"""What was asked of the sandbox: never a credential, only the number of the token that was shown."""

from __future__ import annotations

from typing import NamedTuple


class Recorded(NamedTuple):
    """One request."""

    method: str
    path: str
    """As it was sent, without the query."""
    status: int
    """0 when the connection was broken instead of an answer."""
    token_id: int | None
    """Id of the token, if a valid one came with it."""
    query: str = ""
    operation: str = ""
    """GitHub's operation id; empty for git, pages and what is not documented."""
    changed: bool = False
    """Whether it changed anything."""
