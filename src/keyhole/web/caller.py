"""Who is acting, for the services."""

from __future__ import annotations

from django.http import HttpRequest

from keyhole.core.caller import Caller, Via


def caller_of(request: HttpRequest) -> Caller:
    """The signed-in person, as services and the audit log know them."""
    user = request.user
    return Caller(user_id=user.pk, name=user.get_username(), via=Via.WEB, address=address_of(request))


def address_of(request: HttpRequest) -> str:
    """The client's address; the server has already taken a trusted proxy's word for it where it may."""
    return str(request.META.get("REMOTE_ADDR", ""))
