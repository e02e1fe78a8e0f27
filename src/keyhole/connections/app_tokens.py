"""Tokens of a GitHub App's installation: made for the task at hand, no wider, and kept until shortly before they end.

They are kept in this process's memory alone. Another process, or this one after a restart, has others made.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from keyhole.connections.models import Connection
from keyhole.connections.records import recognition
from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.providers import outgoing
from keyhole.providers.github.app import App

METADATA: Mapping[str, Level] = {"metadata": Level.READ}
"""What looking at lists of repositories needs."""
_MOST_KEPT = 64
_apps: dict[str, App] = {}
_lock = threading.Lock()


def installation_token(
    row: Connection, key: Secret, repository_ids: Collection[int], permissions: Mapping[str, Level]
) -> Secret:
    """A token for these repositories (GitHub's ids; none is all) and permissions, of the App's installation.

    GitHubProblem when GitHub does not take the key, or the App is not installed there any more.
    """
    if row.app_id is None or row.installation_id is None:
        raise InvalidInput("This connection is no GitHub App.")
    return _app(row, key).installation_token(row.installation_id, repository_ids, permissions).secret


def _app(row: Connection, key: Secret) -> App:
    # One object for each key, since it is what keeps the tokens; a new key must not be given tokens of the old one.
    name = recognition(key, row.web, row.installation_id)
    with _lock:
        known = _apps.get(name)
    if known is not None:
        return known
    made = App(row.instance, str(row.app_id), key, outgoing.configured())
    with _lock:
        if len(_apps) >= _MOST_KEPT:
            _apps.clear()
        return _apps.setdefault(name, made)
