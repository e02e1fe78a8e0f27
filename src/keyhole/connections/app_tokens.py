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
from keyhole.providers.github.problems import GitHubProblem, ProblemKind

METADATA: Mapping[str, Level] = {"metadata": Level.READ}
"""What looking at lists of repositories needs."""
_MOST_KEPT = 64
_apps: dict[str, App] = {}
_lock = threading.Lock()


def installation_token(
    row: Connection, key: Secret, repository_ids: Collection[int], permissions: Mapping[str, Level]
) -> Secret:
    """A token for these repositories (GitHub's ids; none is all) and permissions, of the App's installation.

    GitHubProblem when GitHub does not take the key, the App is not installed there any more, or may do less.
    """
    if row.app_id is None or row.installation_id is None:
        raise InvalidInput("This connection is no GitHub App.")
    try:
        return _app(row, key).installation_token(row.installation_id, repository_ids, permissions).secret
    except GitHubProblem as problem:
        raise _told_apart(row, problem) from problem


def forget(row: Connection, key: Secret) -> None:
    """Have the next token made anew: one that was kept has been refused, or should be proved to be given still."""
    with _lock:
        _apps.pop(recognition(key, row.web, row.installation_id), None)


def installed(row: Connection, key: Secret) -> Mapping[str, object]:
    """What GitHub says of the App's installation now, in the form of a connection's report.

    GitHubProblem when it does not take the key, or the App is not installed there any more.
    """
    try:
        found = next(
            (each for each in _app(row, key).installations() if each.id == row.installation_id), None
        )
    except GitHubProblem as problem:
        raise _told_apart(row, problem) from problem
    if found is None:
        raise GitHubProblem(
            ProblemKind.BAD_CREDENTIALS,
            message=f"The App is not installed on {row.owner_login} any more.",
            hint="Install it there again and connect it anew: the installation has another number then.",
        )
    return {"permissions": dict(found.permissions), "all_repositories": found.all_repositories}


def _told_apart(row: Connection, problem: GitHubProblem) -> GitHubProblem:
    """The refusal in terms of Apps, where GitHub's status alone would be read as one of a token's."""
    where, said = row.owner_login, problem.said.lower()
    match problem.answered:
        case 401:
            kind, message = (
                ProblemKind.BAD_CREDENTIALS,
                f"{row.instance.name} does not accept the App's private key.",
            )
            hint = "It was deleted, or is another App's. Generate a new one in the App's settings, and rotate to it."
        case 404:
            kind, message = ProblemKind.BAD_CREDENTIALS, f"The App is not installed on {where} any more."
            hint = "Install it there again and connect it anew: the installation has another number then."
        case 403 if "suspended" in said:
            kind, message = ProblemKind.POLICY, f"The App's installation on {where} is suspended."
            hint = "Somebody who administers that account can end this in its settings, under installed GitHub Apps."
        case 422 if "permission" in said:
            kind, message = ProblemKind.PERMISSION_MISSING, f"The App may not read code on {where}."
            hint = "Give it the repository permission Contents: read, and accept the change where it is installed."
        case 422:
            kind = ProblemKind.NOT_FOUND_OR_NOT_SELECTED
            message = f"The App's installation on {where} does not select this repository."
            hint = "Add it in the settings of the installation on GitHub."
        case _:
            return problem
    return GitHubProblem(kind, message=message, hint=hint, answered=problem.answered, said=problem.said)


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
