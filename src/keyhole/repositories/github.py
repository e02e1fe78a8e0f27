"""Repositories on GitHub: taken in by GitHub's immutable id, followed through renames and transfers.

A name is only what GitHub says the id is called now. When GitHub gives a name to another id, the repository that had
it here loses it: a repository that was deleted and made again is a new one, which no older token reaches.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import owner_for, require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.connections import services as connections
from keyhole.connections.models import Connection, State
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.core.names import fold, owner_name, repository_name
from keyhole.core.request import OwnerKind
from keyhole.repositories.models import GITHUB, FormerName, Reachable, Repository
from keyhole.repositories.services import place_of

_OUT_OF_USE = (State.SICK, State.EXPIRED, State.PAUSED, State.REMOVED)
FOLDER = "@github"
"""Below KEYHOLE_REPOSITORIES; no owner can have this name, so that no import can land in it."""


@dataclass(frozen=True, slots=True)
class Remote:
    """What GitHub says of a repository now."""

    id: int
    owner_login: str
    owner_kind: str
    """`User` or `Organization`."""
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A repository that was asked for and not taken in."""

    full_name: str
    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking in came to."""

    connected: tuple[Repository, ...] = ()
    known: tuple[Repository, ...] = ()
    skipped: tuple[NotTaken, ...] = ()


def all_of(connection: Connection) -> list[Repository]:
    """Every repository here of the connection's GitHub, whichever connection it came by."""
    rows = Repository.objects.filter(
        provider=GITHUB, marker__startswith=f"{connection.web}#", removed_at=None
    )
    return list(rows.select_related("owner", "connection"))


def marker_of(connection: Connection, remote_id: int) -> str:
    """What a repository on GitHub is known by here."""
    return f"{connection.web}#{remote_id}"


def mirror_of(connection: Connection, remote_id: int) -> Path:
    """Where its mirror lies, once it was fetched."""
    host = urlsplit(connection.web).netloc.replace(":", "+")
    return Path(settings.KEYHOLE_REPOSITORIES) / FOLDER / host / f"{remote_id}.git"


def reachable(caller: Caller, connection_id: int) -> list[tuple[Reachable, Repository | None]]:
    """What the connection reached when GitHub was asked last, each with the repository here, if it is taken in."""
    row = connections.get(caller, connection_id)
    here = {found.remote_id: found for found in all_of(row)}
    return [(seen, here.get(seen.remote_id)) for seen in Reachable.objects.filter(connection=row)]


def taken_in(caller: Caller, connection_id: int) -> list[Repository]:
    """The repositories that are reached through the connection: what can no longer be scanned without it."""
    require(caller, "repository:read")
    return list(
        Repository.objects.filter(connection=connection_id, removed_at=None)
        .select_related("owner")
        .order_by("owner__login_folded", "name_folded")
    )


def take_in(caller: Caller, connection_id: int, remote_ids: Collection[int] | None = None) -> Taken:
    """Connect the repositories with these ids of GitHub, out of those that the connection reaches; None is all.

    One that another connection brought, which does not work any more, is reached through this one from now on.
    InvalidInput when it does not reach one of them. Doing it again is harmless.
    """
    require(caller, "repository:connect")
    row = connections.get(caller, connection_id)
    if row.removed_at is not None:
        raise Conflict(f"The connection {row.name!r} is removed.", hint="Connect GitHub again.")
    seen = {found.remote_id: found for found in Reachable.objects.filter(connection=row)}
    wanted = set(seen) if remote_ids is None else set(remote_ids)
    if strange := wanted - set(seen):
        raise InvalidInput(
            f"The connection {row.name!r} does not reach the repository {min(strange)}.",
            field="repositories",
            hint="Look again at what it reaches; the selection may have changed on GitHub.",
        )
    with transaction.atomic():
        taken = take(caller, row, [remote_of(seen[number]) for number in sorted(wanted)])
        for known in taken.known:
            _reach_through(caller, row, known)
    return taken


def remote_of(seen: Reachable) -> Remote:
    """The stored answer as a value."""
    return Remote(seen.remote_id, seen.owner_login, seen.owner_kind, seen.name)


def take(caller: Caller, connection: Connection, remotes: Iterable[Remote]) -> Taken:
    """Connect these, and follow those that are known. Within a transaction."""
    connected, known, skipped = [], [], []
    for remote in remotes:
        try:
            row = find(connection, remote.id)
            if row is None:
                connected.append(_add(caller, connection, remote))
            else:
                known.append(follow(caller, connection, row, remote))
        except (InvalidInput, Conflict) as problem:
            skipped.append(NotTaken(f"{remote.owner_login}/{remote.name}", problem.message))
    return Taken(tuple(connected), tuple(known), tuple(skipped))


def find(connection: Connection, remote_id: int) -> Repository | None:
    """The repository here with this id of that GitHub, whichever connection it came by."""
    return (
        Repository.objects.filter(provider=GITHUB, marker=marker_of(connection, remote_id), removed_at=None)
        .select_related("owner", "connection")
        .first()
    )


def _add(caller: Caller, connection: Connection, remote: Remote) -> Repository:
    owner = owner_for(owner_name(remote.owner_login), OwnerKind(remote.owner_kind))
    name = repository_name(remote.name)
    _make_room(caller, connection, owner.pk, name, remote.id)
    row = Repository.objects.create(
        owner=owner,
        name=name,
        name_folded=fold(name),
        description=remote.description[:350],
        provider=GITHUB,
        location=str(mirror_of(connection, remote.id)),
        marker=marker_of(connection, remote.id),
        imported=True,
        connected_at=timezone.now(),
        connection=connection,
        remote_id=remote.id,
    )
    FormerName.objects.filter(owner=owner, name_folded=row.name_folded).delete()
    record(caller, "repository:connect", row, connection=connection.name, github_id=remote.id)
    return row


def follow(caller: Caller, connection: Connection, row: Repository, remote: Remote) -> Repository:
    """Give the repository the owner and name that GitHub says it has now, and note that it is reached.

    The id stays, so that tokens, scans and findings do; tokens of the owner before no longer reach it. Conflict when
    a repository of another place has the name here.
    """
    owner = owner_for(owner_name(remote.owner_login), OwnerKind(remote.owner_kind))
    name, before = repository_name(remote.name), row.full_name
    moved = (owner.pk, fold(name)) != (row.owner_id, row.name_folded)
    if moved:
        _make_room(caller, connection, owner.pk, name, remote.id)
        FormerName.objects.filter(owner=owner, name_folded=fold(name)).delete()
        if not has_lost_its_name(row):
            FormerName.objects.update_or_create(
                owner=row.owner, name_folded=row.name_folded, defaults={"repository": row}
            )
    row.owner, row.name, row.name_folded, row.unreachable = owner, name, fold(name), ""
    row.save(update_fields=["owner", "name", "name_folded", "unreachable"])
    if moved:
        record(caller, "repository:change", row, before=before, github_id=remote.id)
    return row


def _reach_through(caller: Caller, connection: Connection, row: Repository) -> None:
    if row.connection is not None and row.connection.state not in _OUT_OF_USE:
        return
    row.connection = connection
    row.save(update_fields=["connection"])
    record(caller, "repository:change", row, connection=connection.name)


def _make_room(caller: Caller, connection: Connection, owner_id: int, name: str, remote_id: int) -> None:
    """Takes the name from the repository that has it, if that is one of the same GitHub: it cannot have it any more."""
    holder = (
        Repository.objects.filter(owner_id=owner_id, name_folded=fold(name), removed_at=None)
        .select_related("owner")
        .first()
    )
    # By the marker: another GitHub has a repository of this number, too.
    if holder is None or holder.marker == marker_of(connection, remote_id):
        return
    if holder.provider != GITHUB or not holder.marker.startswith(f"{connection.web}#"):
        raise Conflict(
            f"{holder.full_name} is already connected, from {place_of(holder)}.",
            hint="Names are unique in Keyhole: rename or disconnect the other one first.",
        )
    holder.name_folded = f"~{holder.pk}"
    holder.unreachable = (
        f"Its name belongs to another repository on GitHub now (id {remote_id}): it was renamed, or deleted and the "
        "name used again."
    )
    holder.save(update_fields=["name_folded", "unreachable"])
    record(caller, "repository:change", holder, name_lost_to=remote_id)


def has_lost_its_name(row: Repository) -> bool:
    """Whether another repository of GitHub has its name, and it is not known what it is called now."""
    return row.name_folded.startswith("~")


def gone(caller: Caller, row: Repository) -> None:
    """Remove a repository whose name belongs to another one and whose id GitHub does not show. Within a transaction."""
    row.removed_at = timezone.now()
    row.save(update_fields=["removed_at"])
    record(caller, "repository:disconnect", row, why=row.unreachable)
    transaction.on_commit(partial(shutil.rmtree, row.git_dir, ignore_errors=True))


def note_unreachable(row: Repository, reason: str) -> None:
    """Remember why the repository was not reached; `follow` clears it."""
    Repository.objects.filter(pk=row.pk).update(unreachable=reason[:500])


def reason_of(problem: KeyholeError) -> str:
    """Message and hint as one text, for a place that holds one."""
    return f"{problem.message} {problem.hint}".strip()[:500]


def record(caller: Caller, action: str, row: Repository, **more: object) -> None:
    """Adds an audit record about a repository, in the transaction of the change."""
    append(
        Draft(
            action=action,
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={"repository": row.full_name, "repository_id": row.pk, **more},
        )
    )
