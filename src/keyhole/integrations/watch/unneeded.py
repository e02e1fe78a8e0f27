"""Telling people of rights that were granted and that nothing used in thirty days: once, and again when more are."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from keyhole.connections.models import State
from keyhole.connections.services import list_connections
from keyhole.core.caller import Caller
from keyhole.core.plural import counted
from keyhole.integrations.drift import Drift, drift_of
from keyhole.integrations.holdings import Health, holdings
from keyhole.integrations.models import About, Membership, Task, Unneeded
from keyhole.integrations.watch import schedule
from keyhole.integrations.watch.probes import watcher
from keyhole.integrations.watch.rights import Rights, rights_of
from keyhole.integrations.watch.telling import tell
from keyhole.notifications.events import Event, Severity

_NOTHING = "everything"
"""What a token does not need with which nothing was done at all."""


def tell_due(number: int) -> None:
    """Carry out one task: tell what is new, and make the next task. Harmless when it is done."""
    task = Task.objects.filter(pk=number, done_at=None).first()
    if task is None:
        return
    said = tell_all(watcher())
    with transaction.atomic():
        schedule.end(task, f"{counted(said, 'notice')} sent.")


def tell_all(caller: Caller) -> int:
    """Tell of every token and connection that has more unneeded rights than it was told of; returns how many."""
    said = 0
    for found in drift_of(held for held in holdings(caller) if held.health is not Health.PAUSED):
        said += _once(caller, About.TOKEN, found.token.pk, _of_token(found), _token_event(found))
    for row in list_connections(caller):
        if row.state is not State.PAUSED:
            rights = rights_of(caller, row)
            what = [f"{each.name}: {each.granted.word}" for each in rights.idle if each.granted]
            said += _once(caller, About.CONNECTION, row.pk, what, _connection_event(rights, what))
    return said


def _once(caller: Caller, about: About, subject: int, what: Iterable[str], event: Event) -> bool:
    now = sorted(what)
    with transaction.atomic():
        row, _ = Unneeded.objects.select_for_update().get_or_create(about=about, subject=subject)
        new = not {*now} <= {*row.what}
        if now != row.what:
            row.what = now
            row.save(update_fields=["what"])
        if new:
            tell(caller, event)
    return new


def _of_token(found: Drift) -> list[str]:
    if not found.any:
        return []
    if found.idle:
        return [_NOTHING]
    return [f"{each.name}: {each.held.word}" for each in found.excess] + list(found.repositories)


def _token_event(found: Drift) -> Event:
    token = found.token
    holder = Membership.objects.filter(token=token).values_list("integration_id", flat=True).first()
    url = f"/integrations/{holder}" if holder else f"/settings/personal-access-tokens/{token.pk}"
    unused = ", ".join(f"{each.title}: {each.held.word}" for each in found.excess)
    if found.idle:
        title = f"Nothing was done with the token {token.name} in 30 days"
        text = "If nothing needs it any more, revoke it."
    else:
        title = f"The token {token.name} may more than it used in 30 days"
        text = "Its page fills in a narrower token for what was used."
    facts = {"Token": token.name}
    facts |= {"Not used": unused} if unused and not found.idle else {}
    facts |= {"Repositories not used": ", ".join(found.repositories)} if found.repositories else {}
    return Event("token.unused", Severity.INFO, title, text, url, facts)


def _connection_event(rights: Rights, what: list[str]) -> Event:
    row = rights.connection
    return Event(
        "connection.drift",
        Severity.INFO,
        f"The credential of {row.name} may more than Keyhole used in 30 days",
        "Its page leads to a plan for what was used."
        if rights.query
        else "Nothing but lists of repositories was read with it. If it is not needed any more, remove it.",
        f"/connections/{row.pk}",
        {"Connection": row.name, "Not used": ", ".join(what)},
    )
