"""What every page for people carries."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from keyhole.accounts.session_store import note_seen

_Next = Callable[[HttpRequest], HttpResponseBase]


def private_pages(get_response: _Next) -> _Next:
    """Keep pages out of every cache, the browser's included: after sign-out, Back shows nothing."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return respond


def seen_sessions(get_response: _Next) -> _Next:
    """Note when and from where each signed-in browser was seen last, for its person's list of sessions."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            note_seen(
                request.session,
                str(request.META.get("REMOTE_ADDR", "")),
                str(request.META.get("HTTP_USER_AGENT", "")),
            )
        return get_response(request)

    return respond
