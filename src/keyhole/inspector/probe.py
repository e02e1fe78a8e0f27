"""What a probe is: one request whose answer tells something about a permission and whose effect is nothing.

A probe is a row of data. The rows lie in `probes_*.py`; `tests/conventions/test_probes.py` lists every row that is not
a GET and fails for any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from urllib.parse import quote

from keyhole.core.permissions import Level, Operation, vocabulary

NOBODY = "-keyhole-asks-only-"
"""A login that cannot exist: GitHub's have no hyphen at the ends."""
NO_COMMIT = "0" * 40
"""Git's null id, which never names an object."""
NO_NAME = "GITHUB_-keyhole-asks-only"
"""No name of a secret: they hold letters, digits and `_`, and never begin with `GITHUB_`."""
NO_NUMBER = "0"
"""No id and no number: GitHub counts from 1."""
NOTHING = b"{}"
"""The body of every probe that is not a GET. It names nothing, so there is nothing to make or to change."""


class Place(StrEnum):
    """What a probe is asked about."""

    REPOSITORY = "repository"
    ORGANIZATION = "organization"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Probe:
    """One row."""

    permission: str
    """The permission that the row is there for. What it proves is read from the answer's header."""
    level: Level
    operation_id: str
    """The operation of GitHub's table that is asked for."""
    place: Place
    passed: frozenset[int] = frozenset({200, 204})
    """Statuses that are answered only once the permission was found to be there."""
    absent: bool = False
    """Whether 404 is one of them, provided that the user administers the repository: to others GitHub hides things."""
    closed: bool = False
    """Whether it stays closed on a public repository. Where in doubt False: then only private ones prove anything."""
    own: str = ""
    """Name of the parameter that takes the user's own login."""
    query: str = ""
    """Query string, to keep answers small."""
    harmless: str = ""
    """Why it cannot change anything even with every permission. Empty for GET, which is defined so."""

    @property
    def operation(self) -> Operation:
        """The row of GitHub's table."""
        return _operations()[self.operation_id]

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.operation.method

    @property
    def body(self) -> bytes:
        """What is sent along: nothing with GET, and never anything that could be acted on."""
        return b"" if self.method == "GET" else NOTHING

    def path(self, **names: str) -> str:
        """The path for these names (owner, repo, org, login, environment_name), with its query string."""
        values = {**_IMPOSSIBLE, **({self.own: names["login"]} if self.own else {}), **names}
        path = self.operation.path
        for name, value in values.items():
            path = path.replace("{" + name + "}", quote(value, safe=""))
        if "{" in path:
            raise ValueError(f"{self.operation_id}: nothing to fill {path} with")
        return f"{path}?{self.query}" if self.query else path


_IMPOSSIBLE = {
    "ref": "HEAD",
    "username": NOBODY,
    "secret_name": NO_NAME,
    "environment_name": NO_NAME,
    "sha": NO_COMMIT,
    "subject_digest": "sha256:" + "0" * 64,
    "pages_deployment_id": NO_COMMIT,
    "workflow_id": NO_NUMBER,
    "alert_number": NO_NUMBER,
    "hook_id": NO_NUMBER,
    "codespace_name": NOBODY,
    "export_id": NO_NUMBER,
}
"""What fills a parameter that no name was given for: something that is not there, whatever the credential may do."""


@cache
def _operations() -> dict[str, Operation]:
    return {operation.id: operation for operation in vocabulary().operations}
