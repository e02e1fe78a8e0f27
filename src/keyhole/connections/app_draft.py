"""Connecting a GitHub App in two steps: its key is given once, then one of its installations is chosen.

Between the two the key lies in the vault and not in the page: a form that carried it would put it into the browser's
memory and, with a wrong turn, into its history.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.connections.models import APP, AppDraft, Connection
from keyhole.connections.services import ConnectionSpec, connect
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import InvalidInput, NotFound
from keyhole.core.secret import Secret
from keyhole.jobs import job
from keyhole.providers import outgoing
from keyhole.providers.github.app import App, Installation
from keyhole.providers.github.instance import instance_at
from keyhole.vault import services as vault

LIFE = timedelta(minutes=15)
"""After that an unfinished draft is of no use any more, and its key is forgotten."""
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AppSpec:
    """What is known of an App before one of its installations is chosen."""

    address: str
    """Of the GitHub; empty is github.com."""
    app_id: str
    """As typed."""
    key: Secret
    """The private key, PEM."""


def begin(caller: Caller, spec: AppSpec) -> AppDraft:
    """Keep an App's key until an installation is chosen, after GitHub has taken it.

    InvalidInput, naming the field; GitHubProblem when GitHub does not take the key.
    """
    user = require(caller, "connection:create")
    app_id = spec.app_id.strip()
    if not (app_id.isascii() and app_id.isdigit() and len(app_id) <= 15 and int(app_id)):
        raise InvalidInput(
            "The App id is a number.",
            field="app_id",
            hint="It stands at the top of the App's settings on GitHub.",
        )
    instance = instance_at(spec.address, outgoing.configured())
    App(instance, app_id, spec.key, outgoing.configured()).describe()
    forget_old(caller)
    with transaction.atomic():
        row = AppDraft.objects.create(
            user=user,
            instance_kind=instance.kind.value,
            web=instance.web,
            api=instance.api,
            version=instance.version,
            app_id=int(app_id),
        )
        vault.keep(caller, row.place, spec.key)
    return row


def installations(caller: Caller, number: int) -> tuple[AppDraft, list[Installation]]:
    """The draft and where its App is installed. NotFound when it is too old, or somebody else's."""
    row = _mine(caller, number)
    return row, _app(caller, row).installations()


def finish(caller: Caller, number: int, installation_id: int, name: str = "") -> Connection:
    """Connect the chosen installation; the draft is forgotten. InvalidInput when the App is not installed there."""
    row, there = installations(caller, number)
    chosen = next((each for each in there if each.id == installation_id), None)
    if chosen is None:
        raise InvalidInput("Choose one of the installations.", field="installation")
    spec = ConnectionSpec(
        name=name,
        instance=row.instance,
        credential=vault.reveal(caller, row.place),
        kind=APP,
        owner_login=chosen.account_login,
        report={"permissions": dict(chosen.permissions), "all_repositories": chosen.all_repositories},
        login=_app(caller, row).describe(),
        app_id=row.app_id,
        installation_id=chosen.id,
    )
    with transaction.atomic():
        connection = connect(caller, spec)
        _forget(caller, row)
    return connection


def forget_old(caller: Caller) -> None:
    """Forget the drafts that nobody finished."""
    for row in AppDraft.objects.filter(created_at__lt=timezone.now() - LIFE):
        with transaction.atomic():
            _forget(caller, row)


def _over() -> Iterable[int]:
    return AppDraft.objects.filter(created_at__lt=timezone.now() - LIFE).values_list("pk", flat=True)


def _not_ended(row: int, reason: str) -> None:
    _logger.error("the key of the unfinished App %d is still kept: %s", row, reason)


@job("app-draft-end", unfinished=_over, failed=_not_ended)
def end(row: int) -> None:
    """Forgets one draft that nobody finished."""
    draft = AppDraft.objects.filter(pk=row).first()
    if draft is not None:
        with transaction.atomic():
            _forget(Caller(None, "unfinished Apps", Via.JOB), draft)


def _forget(caller: Caller, row: AppDraft) -> None:
    vault.forget(caller, row.place)
    row.delete()


def _mine(caller: Caller, number: int) -> AppDraft:
    user = require(caller, "connection:create")
    row = AppDraft.objects.filter(pk=number, user=user, created_at__gte=timezone.now() - LIFE).first()
    if row is None:
        raise NotFound("This App's key is not kept any more.", hint="Begin again: give its id and key.")
    return row


def _app(caller: Caller, row: AppDraft) -> App:
    return App(row.instance, str(row.app_id), vault.reveal(caller, row.place), outgoing.configured())
