"""Every token that was generated for a tool is held by an integration: one that has none yet gets one of its name.

Tokens are generated in several places, and some are older than the register. So it is not asked of any of them:
whoever looks at the register finds, and makes, what is missing.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from keyhole.integrations.models import Integration, Membership
from keyhole.tokens.models import Purpose, Token

_NAME, _PURPOSE, _NOTES = 60, 200, 2000
_TRIES = 50


def adopt() -> int:
    """Give an integration to every token that should have one and has none; returns to how many."""
    alone = Token.objects.filter(membership=None, revoked_at=None).exclude(purpose=Purpose.SCAN)
    found = list(alone.select_related("user__owner").order_by("pk"))
    return sum(_adopt(token) for token in found)


def _adopt(token: Token) -> bool:
    first, _, rest = token.description.partition("\n")
    for number in range(1, _TRIES):
        try:
            with transaction.atomic():
                integration = Integration.objects.create(
                    name=_name(token, number),
                    owner=token.user,
                    purpose=first[:_PURPOSE],
                    notes=(first[_PURPOSE:] + rest).strip()[:_NOTES],
                    created_at=token.created_at,
                )
                Membership.objects.create(integration=integration, token=token, added_at=token.created_at)
        except IntegrityError:
            if Membership.objects.filter(token=token).exists():
                return False  # another process was faster
        else:
            return True
    return False  # so many of one name: found again the next time, and until then on the page of tokens


def _name(token: Token, number: int) -> str:
    if number == 1:
        return token.name
    ending = f" ({token.user.login})" if number == 2 else f" {number - 1}"
    return token.name[: _NAME - len(ending)] + ending
