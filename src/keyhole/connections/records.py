"""What every change of a connection leaves behind, and how a credential is recognised without being kept."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from django.conf import settings

from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.connections.models import Connection
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput, NotFound
from keyhole.core.secret import Secret

_PURPOSE = b"keyhole connection\0"


def recognition(credential: Secret, web: str, installation_id: int | None = None) -> str:
    """A keyed digest: the same for the same credential to the same place, and of no use to anybody without the key.

    One private key of a GitHub App serves each of its installations, so the installation counts too.
    """
    key: Secret = settings.KEYHOLE_HMAC_SECRET
    told = f"{web}\0{installation_id or ''}\0{credential.reveal().strip()}"
    return hmac.new(key.reveal().encode(), _PURPOSE + told.encode(), hashlib.sha256).hexdigest()


def record(caller: Caller, action: str, row: Connection, **more: object) -> None:
    """Adds an audit record about a connection, in the transaction of the change itself."""
    append(
        Draft(
            action=action,
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={
                "connection": row.name,
                "connection_id": row.pk,
                "kind": row.kind,
                "github": row.web,
                "owner": row.owner_login,
                **more,
            },
        )
    )


def one_line(name: str, text: str, longest: int) -> str:
    """The text without spaces around it. InvalidInput, naming the field, if it is too long or holds what hides."""
    text = " ".join(text[: 4 * longest].split())
    if len(text) > longest:
        raise InvalidInput(f"The {name} may have at most {longest} characters.", field=name)
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in text):
        raise InvalidInput(f"The {name} has control or invisible characters.", field=name)
    return text


def locked(number: int) -> Connection:
    """The connection, for a change in the current transaction. NotFound when there is none, or it is removed."""
    rows = Connection.objects.select_for_update().filter(removed_at=None)
    row = rows.filter(pk=number).first() if 0 < number < 2**63 else None
    if row is None:
        raise no_such()
    return row


def no_such() -> NotFound:
    """The error that tells people so."""
    return NotFound("There is no such connection.", hint="`keyhole connection list` shows the connections.")
