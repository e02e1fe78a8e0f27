"""What signing in takes here: roles whose people may do nothing before they have a second factor."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from keyhole.accounts.models import SignInPolicy
from keyhole.accounts.services import require, roles_with_second_factor
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.actions import Role
from keyhole.core.caller import Caller


def second_factor_roles(caller: Caller) -> frozenset[Role]:
    """The roles whose people need a second factor."""
    require(caller, "policy:read")
    return roles_with_second_factor()


def require_second_factor(caller: Caller, roles: Iterable[Role]) -> frozenset[Role]:
    """Ask people of these roles, and of no others, for a second factor from now on; returns the roles.

    Whoever has none yet can still sign in, and then do one thing: set one up.
    """
    require(caller, "policy:change")
    wanted = frozenset(roles)
    with transaction.atomic():
        before = roles_with_second_factor()
        if wanted != before:
            SignInPolicy.objects.update_or_create(
                only=True, defaults={"second_factor_roles": sorted(role.value for role in wanted)}
            )
            append(
                Draft(
                    action="policy:change",
                    outcome=ALLOWED,
                    actor=caller.as_actor(),
                    subject={
                        "second_factor": sorted(role.value for role in wanted),
                        "before": sorted(role.value for role in before),
                    },
                )
            )
    return wanted
