"""Links to reports: whoever has one reads the report as it was when the link was made, without an account, until it
expires.

The link's token has 256 random bits, is shown once and kept as its SHA-256 alone. A link that never was, has expired,
was revoked, or came back with a backup is one and the same to whoever opens it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit import revoked
from keyhole.audit.log import ALLOWED, DENIED, Draft, append
from keyhole.audit.models import Entry
from keyhole.core.caller import Caller, Via
from keyhole.core.clients import network
from keyhole.core.errors import InvalidInput, NotFound, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.reports.dataset import Dataset
from keyhole.reports.models import Share
from keyhole.scans.models import Scan

DEFAULT_DAYS = 14
LEAST_PASSWORD = 8
"""Characters. Without the link nobody gets to guess it at all."""
MOST_REFUSALS = 20
"""Refusals of one client at one link that are put on record within the window."""
REFUSALS_WINDOW = 60 * 60
"""Seconds."""
_LONGEST_PASSWORD = 1024
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Made:
    """A new link. The token is shown once, to whoever made it."""

    share: Share
    token: Secret

    @property
    def link(self) -> Secret:
        """The address to hand on."""
        return Secret(f"{settings.KEYHOLE_URL}/shared/{self.token.reveal()}")


def create(
    caller: Caller,
    report: Dataset,
    *,
    scan: int | None = None,
    days: int = DEFAULT_DAYS,
    password: Secret | None = None,
) -> Made:
    """Share a report as it is now. InvalidInput names `days` or `password`; PermissionDenied where links are off."""
    user = require(caller, "report:share")
    check_days(days)
    token = Secret(secrets.token_urlsafe(32))
    now = timezone.now()
    with transaction.atomic():
        share = Share.objects.create(
            title=report.title[:_LONGEST_TITLE],
            scan=Scan.objects.filter(pk=scan).first() if scan else None,
            digest=_digest(token),
            password=_hashed(password),
            data=Share.frozen(report),
            created_by=user,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        append(_draft("report:share", caller, share, expires_at=share.expires_at.isoformat()))
    return Made(share, token)


def check_days(days: int) -> None:
    """InvalidInput unless a link may work for so many days; PermissionDenied where links are off."""
    most: int = settings.KEYHOLE_MAX_SHARE_DAYS
    if most == 0:
        raise PermissionDenied(
            "Links to reports are switched off here.",
            hint="KEYHOLE_MAX_SHARE_DAYS says for how long they may work.",
        )
    if not 1 <= days <= most:
        raise InvalidInput(f"A link works for 1 to {most} days.", field="days")


def _hashed(password: Secret | None) -> str:
    if password is None:
        return ""
    length = len(password.reveal())
    if length < LEAST_PASSWORD:
        raise InvalidInput(f"A password has at least {LEAST_PASSWORD} characters.", field="password")
    if length > _LONGEST_PASSWORD:
        raise InvalidInput(f"A password has at most {_LONGEST_PASSWORD:,} characters.", field="password")
    return make_password(password.reveal())


def list_shares(caller: Caller) -> QuerySet[Share]:
    """Every link there was, newest first; without the reports."""
    require(caller, "report:read")
    return Share.objects.select_related("created_by", "scan").defer("data")


def get(caller: Caller, number: int) -> Share:
    """One link. NotFound."""
    found = list_shares(caller).filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise NotFound("There is no such link.", hint="`keyhole share list` lists them.")
    return found


def revoke(caller: Caller, number: int) -> Share:
    """End a link now, for good; the report behind it is forgotten."""
    require(caller, "report:share")
    share = get(caller, number)
    with transaction.atomic():
        now = timezone.now()
        if Share.objects.filter(pk=number, revoked_at=None).update(revoked_at=now, data=Share.NOTHING):
            revoked.note(bytes(share.digest))
            append(_draft("report:unshare", caller, share))
    return get(caller, number)


def find(token: Secret) -> Share | None:
    """The link with this token, if it works now."""
    digest = _digest(token)
    found = Share.objects.select_related("created_by").filter(digest=digest).first()
    if found is None or not works(found) or digest in revoked.noted() or _restored_since(found.created_at):
        return None
    return found


def works(share: Share, now: datetime | None = None) -> bool:
    """Whether its time has not come and nobody revoked it."""
    return share.revoked_at is None and share.ends_at > (now or timezone.now())


def _restored_since(moment: datetime) -> bool:
    """Whether a backup was restored after that moment: then nobody knows what was revoked since it was made."""
    return Entry.objects.filter(action="backup:restore", at__gte=moment).exists()


def handle(share: Share) -> str:
    """Its name in addresses: of no use without the token."""
    return bytes(share.digest).hex()[:16]


def password_is(share: Share, given: Secret) -> bool:
    """Whether it is the link's password."""
    return check_password(given.reveal()[:_LONGEST_PASSWORD], share.password)


def opened(share: Share, address: str, what: str) -> None:
    """Puts on record, before it happens, that the report is shown or taken away: `page`, or a format."""
    with transaction.atomic():
        Share.objects.filter(pk=share.pk).update(opened=F("opened") + 1, opened_at=timezone.now())
        append(_draft("report:open", _visitor(address), share, what=what))


def refused(token: Secret, address: str, why: str = "") -> None:
    """Puts on record that a link was refused: for a wrong password, or since it has ended.

    Tokens that never were are not on record: anybody could fill the log with them. Nor is who comes again and again.
    """
    share = Share.objects.filter(digest=_digest(token)).defer("data").first()
    if share is not None and _worth_a_record(share, address):
        reason = why or ("it was revoked" if share.revoked_at else "it has expired, or a backup was restored")
        append(_draft("report:open", _visitor(address), share, outcome=DENIED, why=reason))


def ended() -> QuerySet[Share]:
    """Links that never work again and whose reports are still there.

    Not those that only a setting keeps from working: it may be changed back.
    """
    over = Q(expires_at__lte=timezone.now()) | Q(revoked_at__isnull=False)
    return Share.objects.filter(over).exclude(data=Share.NOTHING)


def _worth_a_record(share: Share, address: str) -> bool:
    """Whether this client was not refused so often of late that one record more would say nothing new."""
    counter = f"share-refused:{share.pk}:{network(address)}"
    cache.add(counter, 0, REFUSALS_WINDOW)
    return int(cache.incr(counter)) <= MOST_REFUSALS


def _digest(token: Secret) -> bytes:
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogatepass")).digest()


def _visitor(address: str) -> Caller:
    return Caller(None, "somebody with a link", Via.WEB, address)


def _draft(action: str, caller: Caller, share: Share, *, outcome: str = ALLOWED, **more: object) -> Draft:
    subject = {
        "share_id": share.pk,
        "report": share.title,
        "scan_id": share.scan_id,
        "password": bool(share.password),
        **more,
    }
    return Draft(action, outcome, caller.as_actor(), subject)
