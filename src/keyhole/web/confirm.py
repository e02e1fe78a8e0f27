"""Asking for the password once more, before a change that a borrowed browser must not be able to make."""

from __future__ import annotations

from django.http import HttpRequest

from keyhole.accounts import passwords
from keyhole.accounts.models import User
from keyhole.core.errors import InvalidInput
from keyhole.web import throttle
from keyhole.web.caller import address_of, caller_of


def confirmed(request: HttpRequest) -> User:
    """The person, if the form's `password` is theirs. InvalidInput for that field if not, or after many wrong tries."""
    caller = caller_of(request)
    name = f"confirm {caller.user_id}"
    if throttle.too_many(address_of(request), name):
        raise InvalidInput(throttle.wait().message, field="password", hint=throttle.wait().hint)
    try:
        user = passwords.confirm(caller, request.POST.get("password", "")[:1024])
    except InvalidInput:
        throttle.failed(address_of(request), name)
        raise
    throttle.succeeded(address_of(request), name)
    return user
