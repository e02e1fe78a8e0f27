"""Views of the findings that people keep: one's own, and those that others share."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.escaping import is_escaped
from keyhole.core.names import alike
from keyhole.findings.models import SavedView

MOST = 50
"""Views that one person keeps."""
_LONGEST_NAME = 60
_LONGEST_QUERY = 2000


def views(caller: Caller) -> QuerySet[SavedView]:
    """One's own and the shared ones, by name."""
    user = require(caller, "finding:read")
    return SavedView.objects.select_related("owner").filter(Q(owner=user) | Q(shared=True))


def save_view(caller: Caller, name: str, query: str, *, shared: bool) -> SavedView:
    """Keep a filter, given as the query of the page's address, under a name. InvalidInput; Conflict if it is taken."""
    user = require(caller, "finding:read")
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME or not is_escaped(name):
        raise InvalidInput(
            f"The name of a view has 1 to {_LONGEST_NAME} characters, none of them invisible.", field="name"
        )
    if len(query) > _LONGEST_QUERY or not is_escaped(query):
        raise InvalidInput("This filter is too long to be kept.", field="query")
    if SavedView.objects.filter(owner=user).count() >= MOST:
        raise Conflict(f"You keep {MOST} views already.", hint="Remove one that you do not need.")
    try:
        with transaction.atomic():
            if known := alike(name, SavedView.objects.filter(owner=user).values_list("name", flat=True)):
                raise _taken(known)
            return SavedView.objects.create(
                owner=user, name=name, query=query, shared=shared, created_at=timezone.now()
            )
    except IntegrityError as taken:
        raise _taken(name) from taken


def _taken(name: str) -> Conflict:
    return Conflict(f"You have a view called {name}.", hint="Remove it first, or choose another name.")


def remove_view(caller: Caller, number: int) -> None:
    """Remove a view of one's own. NotFound."""
    user = require(caller, "finding:read")
    if not SavedView.objects.filter(pk=number, owner=user).delete()[0]:
        raise NotFound("You have no such view.")
