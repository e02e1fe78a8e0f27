"""Webhooks: how GitHub, or the hook of a repository here, tells that something was pushed.

GitHub signs each delivery with a secret that both sides know:
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. The post-receive hook of a repository
here, to which people push past this Keyhole, tells it in the same form, by the repository's name. Nothing of a delivery
is looked at before its signature fits, and what it says is no more than a hint: the repository itself is looked at
before anything is scanned, so a delivery that comes twice, late, or with made-up commits does no harm.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from keyhole.core.caller import Caller, Via
from keyhole.core.clients import network
from keyhole.core.errors import InvalidInput, NotFound
from keyhole.core.secret import Secret
from keyhole.repositories.models import LOCAL, Repository
from keyhole.schedules import occurrences
from keyhole.schedules.models import Cause, Schedule, When
from keyhole.vault import services as vault
from keyhole.vault.envelope import Place

LARGEST = 5 << 20
"""Bytes of a delivery that are read. GitHub sends up to 25 MB, but not for a push."""
MOST_WRONG = 10
"""Wrong signatures of one client for one webhook within `WINDOW`; then its deliveries are not looked at."""
WINDOW = 15 * 60
"""Seconds after which wrong signatures are forgotten."""
_LONGEST_NAME = 500
_HOOK = re.compile(r"[0-9a-f]{32}")
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that was just made."""

    path: str
    """Where deliveries go, under this Keyhole's address."""
    secret: Secret


def make(caller: Caller, schedule: Schedule) -> Hook:
    """A new address and a new secret. In the caller's transaction."""
    secret = Secret(secrets.token_urlsafe(32))
    vault.keep(caller, _place(schedule), secret)
    schedule.hook = secrets.token_hex(16)
    schedule.save(update_fields=["hook"])
    return Hook(path(schedule), secret)


def path(schedule: Schedule) -> str:
    """Address of its webhook; only for one that has it."""
    return f"/hooks/{schedule.hook}"


def post_receive(address: str, repository: Repository) -> str:
    """A post-receive hook for a repository here, which tells that address. The secret lies beside it in a file.

    Python reads it from there: openssl would take it as an argument, which every process of the machine can read.
    """
    body = json.dumps({"repository": {"full_name": repository.full_name}})
    return f"""#!/bin/sh
body={shlex.quote(body)}
signature=$(printf %s "$body" | python3 -I -c '
import hashlib, hmac, pathlib, sys
secret = pathlib.Path(sys.argv[1]).read_bytes().strip()
print(hmac.new(secret, sys.stdin.buffer.read(), hashlib.sha256).hexdigest())
' "$(dirname "$0")/keyhole-secret") || exit 0
curl -fsS -m 10 -o /dev/null -H "Content-Type: application/json" -H "X-GitHub-Event: push" \\
  -H "X-Hub-Signature-256: sha256=$signature" --data "$body" {shlex.quote(address)} || true
"""


def forget(caller: Caller, schedule: Schedule) -> None:
    """Take the webhook away, if there is one."""
    if schedule.hook:
        vault.forget(caller, _place(schedule))
        schedule.hook = ""
        schedule.save(update_fields=["hook"])


def delivered(hook: str, signature: str, event: str, body: bytes, address: str = "") -> str:
    """Take a delivery from a client's address; returns what comes of it, for GitHub's log of deliveries.

    NotFound for an unknown webhook and for a wrong signature alike: nobody learns which there are. Sealed if the
    secret cannot be had now, upon which GitHub's owner can send it again.
    """
    named = bool(_HOOK.fullmatch(hook))
    schedule = Schedule.objects.filter(hook=hook, removed_at=None).first() if named else None
    if schedule is None or not _proven(schedule, signature, body, address):
        raise NotFound("There is no such webhook, or the signature does not fit its secret.")
    if event == "ping":
        return "The webhook works."
    if event != "push":
        return "Not a push, so there is nothing to do."
    return _pushed(schedule, _pushed_repository(body), timezone.now())


def _pushed(schedule: Schedule, which: Q, now: datetime) -> str:
    if schedule.when != When.PUSH:
        return "The schedule runs at times now, so there is nothing to do."
    if not schedule.live:
        return "The schedule is paused, so there is nothing to do."
    repository = schedule.repositories.filter(which, removed_at=None).first()
    if repository is None:
        return "The schedule is not about this repository."
    occurrences.bring(schedule, Cause.PUSH, now + occurrences.GATHER, repository.pk)
    return "It is looked at in a moment."


def _proven(schedule: Schedule, signature: str, body: bytes, address: str) -> bool:
    """Whether the signature fits. Each look at the secret is on record, and the log is not anybody's to fill."""
    counter = f"webhook:{schedule.pk}:{network(address)}"
    if not _SIGNATURE.fullmatch(signature) or cache.get(counter, 0) >= MOST_WRONG:
        return False
    if _signed(schedule, signature, body):
        return True
    cache.add(counter, 0, WINDOW)
    cache.incr(counter)
    return False


def _signed(schedule: Schedule, signature: str, body: bytes) -> bool:
    job = Caller(schedule.created_by_id, f"webhook of schedule {schedule.pk}", Via.JOB)
    try:
        secret = vault.reveal(job, _place(schedule))
    except NotFound:  # it was lost, perhaps with a backup: nothing can fit
        return False
    expected = "sha256=" + hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def _pushed_repository(body: bytes) -> Q:
    """GitHub's by its id, which stays what it is called; one here by its name, if no id is told."""
    try:
        told: Any = json.loads(body)["repository"]
        number, name = told.get("id"), told.get("full_name")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        number = name = None
    if type(number) is int and 0 < number < 2**63:
        return Q(marker__endswith=f"#{number}")
    if number is None and isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and "\0" not in name:
        owner, _, rest = name.lower().partition("/")
        # Also by the name that it had: a hook moves with the folder, and its text stays as it was.
        return Q(provider=LOCAL) & (
            Q(owner__login_folded=owner, name_folded=rest)
            | Q(former_names__owner__login_folded=owner, former_names__name_folded=rest)
        )
    raise InvalidInput(
        "The delivery does not say which repository was pushed to.",
        hint="Set the webhook's content type to application/json.",
    )


def _place(schedule: Schedule) -> Place:
    return Place("schedule", schedule.pk, "hook_secret")
