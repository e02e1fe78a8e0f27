"""Asking GitHub what a connection reaches, as a durable job: thousands of repositories take minutes.

What GitHub says is stored as it comes; only when the list is whole are repositories here renamed, taken in or marked
as not reached, in one transaction. A crash in the middle begins the list again, and changes nothing before its end.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import KeyholeError
from keyhole.jobs import Interrupted, engine, job, step
from keyhole.providers.github.client import GitHub
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.github.repositories import RemoteRepository, by_id
from keyhole.repositories import github
from keyhole.repositories.models import GITHUB, Listing, Reachable, Repository
from keyhole.repositories.reach import is_selected, reached

KIND = "github-listing"
log = logging.getLogger("keyhole.repositories")
_OPEN = (Listing.State.QUEUED, Listing.State.RUNNING)
_SAVE_EVERY = 10
_KEPT = 20
"""Runs of a connection that are remembered."""
_HIDDEN = frozenset(
    {ProblemKind.NOT_FOUND_OR_NOT_SELECTED, ProblemKind.PERMISSION_MISSING, ProblemKind.SSO_REQUIRED}
)
"""Answers that say that this repository is not reached, and nothing of the others."""


def refresh(caller: Caller, connection_id: int) -> Listing:
    """Have GitHub asked what the connection reaches; the run that is under way, if there is one."""
    user = require(caller, "repository:connect")
    row = connections.get(caller, connection_id)
    with transaction.atomic():
        running = Listing.objects.filter(connection=row, state__in=_OPEN).first()
        if running is not None:
            return running
        listing = Listing.objects.create(connection=row, requested_by=user)
        transaction.on_commit(partial(_hand_over, listing.pk))
    return listing


def refresh_now(caller: Caller, connection_id: int) -> Listing:
    """As `refresh`, in this process and to its end: for a command line without a server. Errors are raised."""
    user = require(caller, "repository:connect")
    listing = Listing.objects.create(
        connection=connections.get(caller, connection_id), requested_by=user, state=Listing.State.RUNNING
    )
    try:
        _ask(listing)
        _apply(listing)
    except KeyholeError as problem:
        _end(listing.pk, Listing.State.FAILED, problem.message, problem.hint)
        raise
    listing.refresh_from_db()
    return listing


def latest(caller: Caller, connection_id: int) -> Listing | None:
    """The newest run, under way or ended; None when GitHub was never asked."""
    require(caller, "connection:read")
    return Listing.objects.filter(connection=connection_id).first()


def _hand_over(listing_id: int) -> None:
    try:
        engine.enqueue(KIND, listing_id)
    except Exception:
        # The row says `queued`, which is what counts: a worker finds it there, just some seconds later.
        log.exception("listing %d could not be handed to the workers at once", listing_id)


def _unfinished() -> Iterable[int]:
    return Listing.objects.filter(state__in=_OPEN).order_by("pk").values_list("pk", flat=True)


def _failed(row: int, reason: str) -> None:
    _end(row, Listing.State.FAILED, reason, "")


@job(KIND, unfinished=_unfinished, failed=_failed)
def run(row: int) -> None:
    """All of it. A row that has ended, or that is gone, makes every step do nothing."""
    ask(row)
    apply(row)


@step
def ask(row: int) -> None:
    """Asks GitHub for the list, and for those known here that are not on it."""
    listing = _running(row)
    if listing is None:
        return
    try:
        _ask(listing)
    except KeyholeError as problem:
        _end(row, Listing.State.FAILED, problem.message, problem.hint)


@step
def apply(row: int) -> None:
    """Follows renames and transfers, takes in what is new if that is wanted, and ends the run."""
    listing = _running(row)
    if listing is not None:
        _apply(listing)


def _running(row: int) -> Listing | None:
    Listing.objects.filter(pk=row, state=Listing.State.QUEUED).update(state=Listing.State.RUNNING)
    return Listing.objects.select_related("connection").filter(pk=row, state=Listing.State.RUNNING).first()


def _acting(listing: Listing) -> Caller:
    return Caller(listing.requested_by_id, f"listing {listing.pk}", Via.JOB)


def _ask(listing: Listing) -> None:
    connection, seen = listing.connection, 0
    with connections.using(_acting(listing), connection) as use:
        client = use.github()
        kind = (use.successor or connection).kind
        for found in reached(client, kind):
            if engine.stopping():
                raise Interrupted
            _store(listing, connection, found.remote, found.selected)
            seen += 1
            if seen % _SAVE_EVERY == 1:
                Listing.objects.filter(pk=listing.pk).update(seen=seen)
        for row in _unseen(listing):
            problem = _look_for(client, listing, row)
            if problem is None:
                continue
            if use.successor is not None and not row.unreachable:
                raise _reaches_less(row)
            github.note_unreachable(row, github.reason_of(problem))
    Listing.objects.filter(pk=listing.pk).update(seen=seen)


def _store(listing: Listing, connection: Connection, remote: RemoteRepository, selected: bool) -> None:
    Reachable.objects.update_or_create(
        connection=connection,
        remote_id=remote.id,
        defaults={
            "listing": listing,
            "owner_login": remote.owner_login,
            "owner_kind": remote.owner_kind,
            "name": remote.name,
            "private": remote.private,
            "archived": remote.archived,
            "default_branch": remote.default_branch[:255],
            "selected": selected,
            "seen_at": timezone.now(),
        },
    )


def _unseen(listing: Listing) -> list[Repository]:
    seen = Reachable.objects.filter(listing=listing).values("remote_id")
    rows = Repository.objects.filter(connection=listing.connection, provider=GITHUB, removed_at=None).exclude(
        remote_id__in=seen
    )
    return list(rows.select_related("owner", "connection"))


def _reaches_less(row: Repository) -> GitHubProblem:
    """What ends a rotation to a credential that cannot do the work of the old one; the old one then goes on."""
    return GitHubProblem(
        ProblemKind.NOT_FOUND_OR_NOT_SELECTED,
        message=f"The new credential does not reach {row.full_name}, which the old one does.",
        hint="Select it in the new token on GitHub, then rotate again; or disconnect the repository first.",
    )


def _look_for(client: GitHub, listing: Listing, row: Repository) -> GitHubProblem | None:
    """One that was taken in and is not on the list: it was renamed out of it or transferred, or here is why not."""
    if engine.stopping():
        raise Interrupted
    try:
        remote = by_id(client, row.remote_id or 0)
        _store(listing, listing.connection, remote, selected=is_selected(client, remote))
    except GitHubProblem as problem:
        if problem.kind not in _HIDDEN:
            raise
        return problem
    return None


def _apply(listing: Listing) -> None:
    caller, connection = _acting(listing), listing.connection
    with transaction.atomic():
        # A command and a worker may both be at work on one run: the first to get here ends it.
        Connection.objects.select_for_update().get(pk=connection.pk)
        if not Listing.objects.filter(pk=listing.pk, state=Listing.State.RUNNING).exists():
            return
        Reachable.objects.filter(connection=connection).exclude(listing=listing).delete()
        remotes = [github.remote_of(seen) for seen in Reachable.objects.filter(listing=listing)]
        here = {row.remote_id: row.full_name for row in github.all_of(connection)}
        wanted = [remote for remote in remotes if connection.take_all or remote.id in here]
        taken = github.take(caller, connection, wanted)
        renamed = [row for row in taken.known if here.get(row.remote_id) != row.full_name]
        lost = [row for row in _unseen(listing) if row.unreachable]
        for row in lost:
            row.refresh_from_db()
            if github.has_lost_its_name(row):
                github.gone(caller, row)
        Listing.objects.filter(pk=listing.pk).update(
            connected=len(taken.connected), renamed=len(renamed), lost=len(lost)
        )
        _end(listing.pk, Listing.State.DONE, "", "")
        kept = Listing.objects.filter(connection=connection).values_list("pk", flat=True)[:_KEPT]
        Listing.objects.filter(connection=connection).exclude(pk__in=list(kept)).delete()


def _end(row: int, state: Listing.State, reason: str, hint: str) -> None:
    Listing.objects.filter(pk=row, state__in=_OPEN).update(
        state=state, reason=reason[:500], hint=hint[:500], finished_at=timezone.now()
    )
