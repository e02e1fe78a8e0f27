"""Events out of the audit log: what other rooms put on record, and somebody may want to be told.

The log is the one thing that every room writes to, also those that know nothing of notifications. It is followed by a
durable job: whenever there is a record of a watched kind after the last one that was looked at, a worker looks at it.
The place in the log moves in the transaction that stores what is to be sent, so that nothing is told twice or left out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from keyhole.audit.log import ALLOWED, DENIED
from keyhole.audit.models import Entry
from keyhole.core.caller import Caller, Via
from keyhole.core.plural import counted
from keyhole.jobs import job, step
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.models import Followed, Occurrence
from keyhole.notifications.publishing import SENDER, publish
from keyhole.vault import services as vault

log = logging.getLogger("keyhole.notifications")

KIND = "notification-follow"
_AT_ONCE = 200
_LEVELS = ("critical", "high", "medium", "low")
_VAULT = "vault:reveal"
_ONCE_IN = timedelta(hours=12)
"""How often a vault that stays sealed is told of."""

Telling = Callable[[Entry, Mapping[str, Any]], Event | None]


def _member_changed(_entry: Entry, about: Mapping[str, Any]) -> Event | None:
    who = about.get("member", "Somebody")
    if "role" in about:
        title = f"{who} is {about['role']} now, and was {about.get('before', 'something else')}"
    elif "active" in about:
        title = f"{who} may sign in again" if about["active"] else f"{who} may do nothing here any more"
    else:
        title = f"Something about {who} was changed"
    return Event(
        "member.changed", Severity.WARNING, title, url=f"/settings/members/{about.get('user_id', '')}"
    )


def _member_joined(_entry: Entry, about: Mapping[str, Any]) -> Event | None:
    if "invitation" in about:
        how = "took the invitation"
    elif "issuer" in about:
        how = "joined by the OpenID provider"
    else:
        return None  # the first account, which nobody invited and nobody could be told of
    title = f"{about.get('login', 'Somebody')} {how} and is {about.get('role', 'a member')} here"
    return Event("member.joined", Severity.INFO, title, url="/settings/members")


def _policy_changed(entry: Entry, about: Mapping[str, Any]) -> Event | None:
    facts = {name.replace("_", " ").capitalize(): str(value) for name, value in about.items()}
    title = f"{_who(entry)} changed the policy"
    return Event("policy.changed", Severity.WARNING, title, url="/settings/policy", facts=facts)


def _token_revoked(entry: Entry, about: Mapping[str, Any]) -> Event | None:
    if _by_job(entry):
        return None  # a scan ends its own token; that is no news
    return _of_token(
        "token.revoked", f"{_who(entry)} revoked the token {_token(about)}", about, about.get("why")
    )


def _token_rotated(entry: Entry, about: Mapping[str, Any]) -> Event | None:
    if about.get("cancelled"):
        return None
    return _of_token("token.rotated", f"{_who(entry)} rotated the token {_token(about)}", about)


def _token_made(entry: Entry, about: Mapping[str, Any]) -> Event | None:
    if not about.get("waits_for_approval"):
        return None
    title = f"{_who(entry)} asks for the token {_token(about)}"
    text = "It allows nothing before somebody approves it."
    return Event("token.approval_requested", Severity.WARNING, title, text, "/settings/approvals")


def _token_decided(entry: Entry, about: Mapping[str, Any]) -> Event | None:
    decision = "approved" if about.get("decision") == "approved" else "denied"
    return _of_token(
        "token.approval_decided",
        f"{_who(entry)} {decision} the token {_token(about)}",
        about,
        about.get("why"),
    )


def _of_token(kind: str, title: str, about: Mapping[str, Any], why: object = "") -> Event:
    url = f"/settings/personal-access-tokens/{about.get('subject_token_id', '')}"
    return Event(kind, Severity.INFO, title, url=url, facts={"Reason": str(why)} if why else {})


def _connection_rotated(_entry: Entry, about: Mapping[str, Any]) -> Event | None:
    name, url = about.get("connection", ""), f"/connections/{about.get('connection_id', '')}"
    match about.get("step"):
        case "finish":
            return Event(
                "connection.rotated", Severity.INFO, f"The connection {name} uses its new credential", url=url
            )
        case "failed":
            title = f"The new credential of {name} does not work; the old one is still used"
            return Event("connection.rotated", Severity.WARNING, title, str(about.get("reason", "")), url)
        case _:
            return None


def _scan_finished(_entry: Entry, about: Mapping[str, Any]) -> Event | None:
    name, url = about.get("repository", ""), f"/scans/{about.get('scan_id', '')}"
    reason, counters = str(about.get("reason", "")), about.get("counters") or {}
    state, new = about.get("state"), counters.get("new", counters.get("findings", 0))
    if state == "stopped":
        return None
    if state == "failed":
        return Event("scan.failed", Severity.WARNING, f"The scan of {name} failed", reason, url)
    if new:
        return _found(new, name, reason, url, counters)
    if state == "incomplete":
        return Event(
            "scan.failed", Severity.WARNING, f"The scan of {name} could not see everything", reason, url
        )
    return Event("scan.completed", Severity.INFO, f"The scan of {name} found nothing new", url=url)


def _found(number: int, name: str, reason: str, url: str, counters: Mapping[str, Any]) -> Event:
    """How bad it is goes by what is new: what is open for long was told of before."""
    new = counters.get("new_by_severity", counters)
    severity = Severity.WARNING if new.get("high") else Severity.INFO
    severity = Severity.CRITICAL if new.get("critical") else severity
    facts = {f"{word.capitalize()}, new": str(new[word]) for word in _LEVELS if new.get(word)}
    if number != counters.get("findings", number):
        facts["In all"] = str(counters["findings"])
    return Event("scan.findings", severity, f"{counted(number, 'new finding')} in {name}", reason, url, facts)


def _vault_refused(entry: Entry, _about: Mapping[str, Any]) -> Event | None:
    # What is sent of it needs the vault, too, mostly: its own refusals must not be told in turn.
    if (
        _who(entry) == SENDER
        or Occurrence.objects.filter(kind="vault.sealed", at__gt=entry.at - _ONCE_IN).exists()
    ):
        return None
    state = vault.state()
    if not state.sealed:
        return None
    return Event(
        "vault.sealed", Severity.CRITICAL, "The vault is sealed", f"{state.reason} {state.hint}", "/"
    )


WATCHED: Mapping[str, Telling] = {
    "account:create": _member_joined,
    "approval:decide": _token_decided,
    "connection:rotate": _connection_rotated,
    "member:change": _member_changed,
    "policy:change": _policy_changed,
    "scan:finish": _scan_finished,
    "token:create": _token_made,
    "token:revoke": _token_revoked,
    "token:rotate": _token_rotated,
    _VAULT: _vault_refused,
}
"""Actions of the audit log, and what is told of each."""


def _watched() -> QuerySet[Entry]:
    """Records of acts that are told of; of the vault, the refusals, for it is asked all the time."""
    acts = [action for action in WATCHED if action != _VAULT]
    return Entry.objects.filter(Q(action__in=acts, outcome=ALLOWED) | Q(action=_VAULT, outcome=DENIED))


def _unfinished() -> Iterable[int]:
    """The last record that is to be looked at. A number of its own each time, as each is a job of its own."""
    begun = Followed.objects.values_list("seq", flat=True).first()
    if begun is None:  # what happened before there were notifications is told to nobody
        latest = Entry.objects.aggregate(latest=Max("seq"))["latest"] or 0
        Followed.objects.get_or_create(only=True, defaults={"seq": latest})
        return []
    latest = _watched().filter(seq__gt=begun).aggregate(latest=Max("seq"))["latest"]
    return [] if latest is None else [latest]


def _failed(row: int, reason: str) -> None:
    log.error("the audit log could not be followed to %d: %s", row, reason)


@job(KIND, unfinished=_unfinished, failed=_failed)
def run(row: int) -> None:
    """Looks at everything up to a record."""
    look(row)


@step
def look(row: int) -> None:
    """Publishes what the records tell, some hundred at a time."""
    while _some(row):
        pass


def _some(last: int) -> bool:
    with transaction.atomic():
        place = Followed.objects.select_for_update().first()
        if place is None:
            return False
        entries = list(_watched().filter(seq__gt=place.seq, seq__lte=last).order_by("seq")[:_AT_ONCE])
        for entry in entries:
            event = told(entry)
            if event is not None:
                publish(Caller(None, str(entry.actor.get("name", "")), Via.JOB), event)
        if entries:
            place.seq = entries[-1].seq
            place.save(update_fields=["seq"])
    return len(entries) == _AT_ONCE


def told(entry: Entry) -> Event | None:
    """What is told of a record; None when it is no news."""
    about = entry.subject if isinstance(entry.subject, dict) else {}
    try:
        return WATCHED[entry.action](entry, about)
    except (AttributeError, KeyError, TypeError, ValueError):
        log.exception("record %d of %s has a shape that is not understood", entry.seq, entry.action)
        return None


def _who(entry: Entry) -> str:
    return str(entry.actor.get("name") or "Somebody")


def _by_job(entry: Entry) -> bool:
    return bool(entry.actor.get("via") == Via.JOB.value)


def _token(about: Mapping[str, Any]) -> str:
    return str(about.get("token", ""))
