"""What every page for people carries."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_Next = Callable[[HttpRequest], HttpResponseBase]


def private_pages(get_response: _Next) -> _Next:
    """Keep pages out of every cache, the browser's included: after sign-out, Back shows nothing."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return respond
