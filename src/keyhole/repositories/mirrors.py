"""Mirrors of repositories on GitHub: one folder for each of GitHub's ids, brought up to date before it is scanned.

What is fetched is settled by the id: GitHub is asked what the repository is called now, then that is fetched, then
GitHub is asked again. If the name changed hands meanwhile, what came may be somebody else's, and it is fetched anew.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.connections.services import Use
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, Unavailable
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.providers import local
from keyhole.providers.gitcli import GitError, run
from keyhole.providers.github import mirror
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.github.repositories import RemoteRepository, by_id
from keyhole.repositories import github
from keyhole.repositories.models import Repository

READ = {"contents": Level.READ, "metadata": Level.READ}
"""What fetching needs, and so all that an App's token for it can do."""
_ATTEMPTS = 3
_PATIENCE = 1800.0
_LOOK_EVERY = 0.5

OnProgress = Callable[[str, int, int], None]
"""Told what git does, how many are done and of how many. What it raises ends git."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mirror that is up to date."""

    repository: Repository
    refs: int
    """Branches and tags in it."""
    renamed_from: str
    """The name that the repository had here until now; empty when it still has it."""


def bring_up_to_date(caller: Caller, repository: Repository, on_progress: OnProgress) -> Fetched:
    """Make or update the repository's mirror, with its connection's credential.

    Waits while another process fetches it. GitHubProblem when GitHub does not let it, with what to do; Conflict when
    the connection is paused or removed; Unavailable when the vault is sealed. The mirror is then as it was before.
    """
    connection = repository.connection
    if connection is None or connection.removed_at is not None:
        raise Conflict(
            f"{repository.full_name} was reached through a connection that is removed.",
            hint="Connect GitHub again, and take the repository in with the new connection.",
        )
    with _alone(repository.git_dir, on_progress):
        try:
            return _fetched(caller, connection, repository, on_progress)
        except GitHubProblem as problem:
            github.note_unreachable(repository, github.reason_of(problem))
            raise


def _fetched(
    caller: Caller, connection: Connection, repository: Repository, on_progress: OnProgress
) -> Fetched:
    rotating = connections.is_rotating(connection)
    try:
        with connections.using(caller, connection, needs=READ) as use:
            return _by_id(caller, use, repository, on_progress)
    except GitHubProblem:
        # If this was the first use of a new credential, it has failed by now, and the old one goes on.
        if not rotating or connections.is_rotating(connection):
            raise
    with connections.using(caller, connection, needs=READ) as use:
        return _by_id(caller, use, repository, on_progress)


def _by_id(caller: Caller, use: Use, repository: Repository, on_progress: OnProgress) -> Fetched:
    number, before = repository.remote_id or 0, repository.full_name
    client = use.github()
    now = by_id(client, number)
    for _ in range(_ATTEMPTS):
        row = _follow(caller, use.connection, repository, now)
        credential = use.credential((number,), READ)
        _fetch(use, now, credential, row.git_dir, on_progress)
        asked, now = now, by_id(client, number)
        if (now.owner_login, now.name) == (asked.owner_login, asked.name):
            row.fetched_at = timezone.now()
            row.save(update_fields=["fetched_at"])
            return Fetched(row, _count_refs(row.git_dir), before if before != row.full_name else "")
    shutil.rmtree(repository.git_dir, ignore_errors=True)
    raise Unavailable(
        f"{before} was renamed again and again while it was fetched.", hint="Run the scan again later."
    )


def _follow(caller: Caller, connection: Connection, row: Repository, now: RemoteRepository) -> Repository:
    with transaction.atomic():
        known = github.find(connection, now.id)
        if known is None or known.pk != row.pk:
            raise Conflict(f"{row.full_name} is not connected any more.")
        return github.follow(
            caller, connection, known, github.Remote(now.id, now.owner_login, now.owner_kind, now.name)
        )


def _fetch(
    use: Use, now: RemoteRepository, credential: Secret, git_dir: Path, on_progress: OnProgress
) -> None:
    _clear_away(git_dir)
    source = (use.connection.instance, now.owner_login, now.name, credential, git_dir, on_progress)
    try:
        if git_dir.exists():
            try:
                mirror.fetch(*source, default_branch=now.default_branch)
                return
            except GitHubProblem:
                if not _is_damaged(git_dir):
                    raise
            shutil.rmtree(git_dir)
        mirror.clone(*source)
    except GitHubProblem as problem:
        if problem.kind in (ProblemKind.NOT_FOUND_OR_NOT_SELECTED, ProblemKind.PERMISSION_MISSING):
            raise _cannot_read(now) from problem
        raise


def _is_damaged(git_dir: Path) -> bool:
    """Whether a ref names what is not there any more: git never brings such a mirror up to date again."""
    try:
        run(git_dir, "for-each-ref", "--format=%(objecttype)")
    except GitError as problem:
        return "missing object" in problem.message  # and not that there was no time for it
    return False


def _clear_away(git_dir: Path) -> None:
    """What a process left that was killed in the middle of a clone, and a mirror that is no repository any more."""
    for draft in git_dir.parent.glob(f".{git_dir.name}.*"):
        shutil.rmtree(draft, ignore_errors=True)
    if git_dir.exists() and local.git_dir_of(git_dir) is None:
        shutil.rmtree(git_dir)


def _cannot_read(now: RemoteRepository) -> GitHubProblem:
    """Git says "not found" too when a repository can be seen and its code cannot be read; it was seen just before."""
    return GitHubProblem(
        ProblemKind.PERMISSION_MISSING,
        message=f"The credential may see {now.full_name} and may not read its code.",
        hint="Give it the repository permission Contents: read on GitHub (a classic token needs the scope repo). Where "
        "an organization approves tokens, it must approve again.",
        accepted="contents=read",
    )


def _count_refs(git_dir: Path) -> int:
    return run(git_dir, "for-each-ref", "--format=%(refname)").count(b"\n")


@contextmanager
def _alone(git_dir: Path, on_progress: OnProgress) -> Iterator[None]:
    """Keeps others from fetching the same mirror; the lock ends with the process, however that ends."""
    git_dir.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(git_dir.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        patience = time.monotonic() + _PATIENCE
        while not _locked(descriptor):
            if time.monotonic() > patience:
                raise Unavailable(
                    f"Another scan has been fetching this repository for {_PATIENCE // 60:.0f} minutes.",
                    hint="Run this one when that has begun to read.",
                )
            on_progress("Waiting for another scan", 0, 0)  # raises when nobody wants this one any more
            time.sleep(_LOOK_EVERY)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
