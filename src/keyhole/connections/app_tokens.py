"""Tokens of a GitHub App's installation: made for the task at hand, and no wider."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from keyhole.connections.models import Connection
from keyhole.core.errors import Unavailable
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret

METADATA: Mapping[str, Level] = {"metadata": Level.READ}
"""What looking at lists of repositories needs."""


def installation_token(
    row: Connection, key: Secret, repository_ids: Collection[int], permissions: Mapping[str, Level]
) -> Secret:
    """A token for these repositories (GitHub's ids; none is all) and permissions, of the App's installation."""
    raise Unavailable("GitHub Apps cannot be used yet.", hint="Connect a fine-grained token.")
