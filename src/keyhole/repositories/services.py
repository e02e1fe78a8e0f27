"""What people do with repositories: connect, import, look again, show to the public, remove."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import owner_for, require
from keyhole.audit.log import Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.names import fold, owner_name, repository_name
from keyhole.core.request import OwnerKind
from keyhole.providers import local
from keyhole.repositories.models import ConnectedFolder, FormerName, Repository


@dataclass(frozen=True, slots=True)
class Skipped:
    """A repository that was found but not connected."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What connecting or looking again came to."""

    connected: tuple[Repository, ...] = ()
    known: tuple[Repository, ...] = ()
    renamed: tuple[Repository, ...] = ()
    missing: tuple[Repository, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def connect_folder(caller: Caller, path: str | Path, default_owner: str | None = None) -> Report:
    """Connect every repository at or below a folder; they stay where they are, private until said otherwise.

    `OWNER/REPO` below the folder becomes owner and repository; what lies directly in it belongs to
    `default_owner`. Doing it again is harmless. InvalidInput when there is no such folder or no repository.
    """
    require(caller, "repository:connect")
    root = Path(path).expanduser().resolve()
    if not root.is_dir():
        raise InvalidInput(
            f"{root} is not a folder on this machine.",
            field="path",
            hint="Name the folder that holds your repositories, or one repository.",
        )
    login = owner_name(default_owner or settings.KEYHOLE_DEFAULT_OWNER)
    discovered = list(local.discover(root))
    if not discovered:
        raise InvalidInput(
            f"There is no Git repository in {root}.",
            field="path",
            hint="Looked at the folder itself and two levels below (REPO and OWNER/REPO).",
        )
    with transaction.atomic():
        ConnectedFolder.objects.get_or_create(
            path=str(root), defaults={"default_owner": login, "connected_at": timezone.now()}
        )
        return _take_in(caller, discovered, login)


def refresh(caller: Caller) -> Report:
    """Look at every connected folder again: new repositories join, renamed ones keep their id, gone ones show."""
    require(caller, "repository:connect")
    total = Report()
    with transaction.atomic():
        for folder in ConnectedFolder.objects.order_by("path"):
            if Path(folder.path).is_dir():
                part = _take_in(caller, list(local.discover(Path(folder.path))), folder.default_owner)
                total = Report(
                    total.connected + part.connected,
                    total.known + part.known,
                    total.renamed + part.renamed,
                    (),
                    total.skipped + part.skipped,
                )
        there = {row.pk for row in total.connected + total.known + total.renamed}
        missing = tuple(
            row
            for row in list_repositories(caller)
            if row.is_served and row.pk not in there and local.marker_of(row.git_dir) != row.marker
        )
    return Report(total.connected, total.known, total.renamed, missing, total.skipped)


def _take_in(caller: Caller, discovered: list[local.Discovered], default_owner: str) -> Report:
    connected: list[Repository] = []
    known: list[Repository] = []
    renamed: list[Repository] = []
    skipped: list[Skipped] = []
    for found in discovered:
        try:
            row = _known(found)
            if row is None:
                connected.append(_add(caller, found.owner or default_owner, found.name, found.git_dir))
            elif row.git_dir != found.git_dir:
                renamed.append(_move(caller, row, found.owner or default_owner, found))
            else:
                known.append(row)
        except (InvalidInput, Conflict) as problem:
            skipped.append(Skipped(found.git_dir, problem.message))
    return Report(tuple(connected), tuple(known), tuple(renamed), (), tuple(skipped))


def _known(found: local.Discovered) -> Repository | None:
    marker = local.marker_of(found.git_dir)
    row = (
        None
        if marker is None
        else Repository.objects.filter(provider="local", marker=marker, removed_at=None)
        .select_related("owner")
        .first()
    )
    if row is not None and row.git_dir != found.git_dir and local.marker_of(row.git_dir) == marker:
        return None  # a copy: the original is still in its place and keeps the identity
    return row


def _add(caller: Caller, login: str, name: str, git_dir: Path, *, imported: bool = False) -> Repository:
    owner = owner_for(owner_name(login), OwnerKind.ORGANIZATION)
    name = repository_name(name)
    _refuse_taken(owner.pk, name)
    if local.borrows(git_dir):
        raise InvalidInput(
            f"{git_dir} borrows objects from another folder, whose readers are not this repository's.",
            field="path",
            hint="Run `git repack -ad` in it and delete objects/info/alternates, or import it: an import is a copy.",
        )
    row = Repository.objects.create(
        owner=owner,
        name=name,
        name_folded=fold(name),
        location=str(git_dir),
        marker=local.mark(git_dir),
        imported=imported,
        connected_at=timezone.now(),
    )
    FormerName.objects.filter(owner=owner, name_folded=row.name_folded).delete()
    _record(caller, "repository:connect", row, location=str(git_dir))
    return row


def _move(caller: Caller, row: Repository, login: str, found: local.Discovered) -> Repository:
    before, owner = row.full_name, owner_for(owner_name(login), OwnerKind.ORGANIZATION)
    name = repository_name(found.name)
    if (owner.pk, fold(name)) != (row.owner_id, row.name_folded):
        _refuse_taken(owner.pk, name)
        FormerName.objects.filter(owner=owner, name_folded=fold(name)).delete()
        FormerName.objects.update_or_create(
            owner=row.owner, name_folded=row.name_folded, defaults={"repository": row}
        )
    row.owner, row.name, row.name_folded, row.location = owner, name, fold(name), str(found.git_dir)
    row.save(update_fields=["owner", "name", "name_folded", "location"])
    _record(caller, "repository:change", row, before=before, location=row.location)
    return row


def _refuse_taken(owner_id: int, name: str) -> None:
    taken = (
        Repository.objects.filter(owner_id=owner_id, name_folded=fold(name), removed_at=None)
        .select_related("owner")
        .first()
    )
    if taken is not None:
        raise Conflict(
            f"{taken.full_name} is already connected, from {place_of(taken)}.",
            hint="Rename one of the two, or disconnect the other repository first.",
        )


def import_repository(caller: Caller, source: str, full_name: str = "") -> Repository:
    """Copy a repository, from a path or an `https://` address, into Keyhole's own folder and connect the copy.

    `full_name` is `OWNER/REPO` or `REPO`; empty takes the last part of the source.
    """
    require(caller, "repository:connect")
    owner, _, name = (full_name or local.name_in(source)).rpartition("/")
    owner, name = owner_name(owner or settings.KEYHOLE_DEFAULT_OWNER), repository_name(name)
    owner_id = owner_for(owner, OwnerKind.ORGANIZATION).pk
    _refuse_taken(owner_id, name)
    target = Path(settings.KEYHOLE_REPOSITORIES) / owner / f"{name}.git"
    if target.exists():
        raise Conflict(
            f"{target} exists already.", hint="It was left by an earlier import; move it away first."
        )
    local.clone_into(
        source,
        target,
        allow_private=settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES,
        ca_file=settings.KEYHOLE_CA_FILE,
    )
    try:
        with transaction.atomic():
            return _add(caller, owner, name, target, imported=True)
    except BaseException:  # whatever went wrong, a copy that nobody knows of must not stay behind
        shutil.rmtree(target, ignore_errors=True)
        raise


def list_repositories(caller: Caller) -> list[Repository]:
    """Every connected repository, by full name."""
    require(caller, "repository:read")
    return list(
        Repository.objects.filter(removed_at=None)
        .select_related("owner", "connection")
        .order_by("owner__login_folded", "name_folded")
    )


def get(caller: Caller, number: int) -> Repository:
    """One connected repository; NotFound when there is none with this id."""
    require(caller, "repository:read")
    row = Repository.objects.filter(pk=number, removed_at=None).select_related("owner", "connection").first()
    if row is None:
        raise NotFound("There is no such repository.", hint="`keyhole repo list` shows the connected ones.")
    return row


def by_full_name(caller: Caller, full_name: str) -> Repository:
    """One connected repository by `OWNER/REPO`, or `REPO` of the default owner."""
    require(caller, "repository:read")
    owner, _, name = full_name.rpartition("/")
    row = (
        Repository.objects.filter(
            owner__login_folded=fold(owner or settings.KEYHOLE_DEFAULT_OWNER),
            name_folded=fold(name),
            removed_at=None,
        )
        .select_related("owner")
        .first()
    )
    if row is None:
        raise NotFound(
            f"No repository {full_name} is connected.", hint="`keyhole repo list` shows the connected ones."
        )
    return row


def by_any_name(caller: Caller, full_name: str) -> Repository:
    """As `by_full_name`, or else the one that had that name before: for what was written before it was renamed."""
    try:
        return by_full_name(caller, full_name)
    except NotFound:
        owner, _, name = full_name.rpartition("/")
        former = (
            FormerName.objects.filter(
                owner__login_folded=fold(owner or settings.KEYHOLE_DEFAULT_OWNER),
                name_folded=fold(name),
                repository__removed_at=None,
            )
            .select_related("repository__owner")
            .first()
        )
        if former is None:
            raise
    return former.repository


def place_of(row: Repository) -> str:
    """Where the repository lies, for people: a folder, or an address on GitHub."""
    return row.location if row.is_served else f"{row.marker.partition('#')[0]}/{row.full_name}"


def set_public(caller: Caller, number: int, public: bool) -> Repository:
    """Make a repository public (readable with any token of this Keyhole) or private again."""
    require(caller, "repository:change")
    with transaction.atomic():
        row = get(caller, number)
        if not row.is_served:
            raise Conflict(
                f"{row.full_name} lies on GitHub, and only GitHub decides who may read it there.",
                hint="Keyhole scans it, and serves it to nobody.",
            )
        row.public = public
        row.save(update_fields=["public"])
        _record(caller, "repository:change", row, public=public)
    return row


def disconnect(caller: Caller, number: int) -> Repository:
    """Remove a repository from Keyhole. Its folder stays; only an imported copy is deleted with it."""
    require(caller, "repository:change")
    with transaction.atomic():
        row = get(caller, number)
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        _record(caller, "repository:disconnect", row, location=row.location)
    if row.imported and row.git_dir.is_relative_to(Path(settings.KEYHOLE_REPOSITORIES)):
        shutil.rmtree(row.git_dir, ignore_errors=True)
    return row


def _record(caller: Caller, action: str, row: Repository, **more: object) -> None:
    append(
        Draft(
            action=action,
            outcome="allowed",
            actor=caller.as_actor(),
            subject={"repository": row.full_name, "repository_id": row.pk, **more},
        )
    )
