"""Finding repositories for the data plane: no caller is judged here, the request is judged with what is found."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from keyhole.core.grant import Access, Grant
from keyhole.core.names import fold
from keyhole.providers import local
from keyhole.repositories.models import FormerName, Repository


@dataclass(frozen=True, slots=True)
class Found:
    """A repository, and whether it was asked for by a name that it no longer has."""

    repository: Repository
    moved: bool


def find(owner: str, name: str) -> Found | None:
    """The repository with this name now, or else the one that had it before.

    None when there is none or when what lies at its place is another repository by now.
    """
    folded = {"owner__login_folded": fold(owner), "name_folded": fold(name)}
    current = _live().filter(**folded).first()
    if current is not None:
        return Found(current, moved=False) if is_there(current) else None
    former = (
        FormerName.objects.filter(repository__removed_at=None, **folded)
        .select_related("repository__owner")
        .first()
    )
    if former is not None and is_there(former.repository):
        return Found(former.repository, moved=True)
    return None


def by_id(number: int) -> Repository | None:
    """The connected repository with this id, if it is still in its place."""
    found = _live().filter(pk=number).first() if 0 < number < 2**63 else None
    return found if found is not None and is_there(found) else None


def is_there(repository: Repository) -> bool:
    """Whether the same repository, by its marker, still lies where it was connected.

    Asked on every request: a folder that was deleted and made again must not inherit its predecessor's tokens, and
    one that has begun to borrow objects from another repository must not show them. What is not in a folder is known
    by GitHub's id, which is asked for before each fetch; nothing of it is served here.
    """
    if not repository.is_served:
        return True
    return (
        local.git_dir_of(repository.git_dir) is not None
        and local.marker_of(repository.git_dir) == repository.marker
        and not local.borrows(repository.git_dir)
    )


def selected_by(grant: Grant) -> list[Repository]:
    """The repositories that the grant's permissions are about, by full name."""
    return [found for found in _ordered(_selected(grant)) if grant.selects(found.as_core())]


def visible_to(grant: Grant) -> list[Repository]:
    """Every repository that exists as far as the grant can tell: the selected and the public ones."""
    return [found for found in _ordered(_selected(grant) | Q(public=True)) if grant.sees(found.as_core())]


def _selected(grant: Grant) -> Q:
    match grant.access:
        case Access.SELECTED:
            return Q(pk__in=grant.repository_ids, owner_id=grant.owner.id)
        case Access.ALL:
            return Q(owner_id=grant.owner.id)
        case Access.PUBLIC:
            return Q(pk__in=())


def _ordered(condition: Q) -> QuerySet[Repository]:
    return _live().filter(condition).order_by("owner__login_folded", "name_folded")


def _live() -> QuerySet[Repository]:
    return Repository.objects.filter(removed_at=None).select_related("owner")
