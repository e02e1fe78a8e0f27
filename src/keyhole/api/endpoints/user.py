"""GET /user: whose API token this is."""

from __future__ import annotations

from ninja import Router

from keyhole.accounts.services import allows
from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import Account

router = Router()


@router.get("", response=Account, summary="Whose API token this is, and what it can do now")
def user(request: ApiRequest) -> Account:
    """Actions are those of the token that the person's role includes at this moment."""
    caller = request.caller
    owner = request.api_token.user
    return Account(
        login=owner.login,
        role=owner.role.value,
        actions=sorted(name for name in caller.actions or () if allows(caller, owner, name)),
        expires_at=request.api_token.expires_at,
    )
