"""Who is recorded as author and committer when a client says so, or does not."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from keyhole.gateway.rest.bodies import Fields
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitwrite.objects import Signed
from keyhole.gateway.rest.problems import invalid, missing

_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def signed(ctx: Context, fields: Fields, name: str, default: Signed | None = None) -> Signed:
    """The identity in the field `name`, or the default: the token's user, now."""
    part = fields.part(name)
    if part is None:
        return default or Signed(ctx.bearer.user_owner.login, ctx.bearer.user_email, timezone.now())
    who, email = part.optional_text("name"), part.optional_text("email")
    if not who or not email:
        raise missing(name.capitalize(), "email" if who else "name")
    return Signed(who, email, _moment(part.optional_text("date"), name))


def _moment(text: str, name: str) -> datetime:
    if not text:
        return timezone.now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(name.capitalize(), "date") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if not _EARLIEST <= moment < _LATEST:  # beyond these, tools disagree about what a commit's time is
        raise invalid(name.capitalize(), "date")
    return moment
