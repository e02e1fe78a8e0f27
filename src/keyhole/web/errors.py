"""Errors as pages: the one place of the browser's side that translates the error tree."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from keyhole.core.errors import KeyholeError
from keyhole.web.paths import local_path
from keyhole.web.render import show

_log = logging.getLogger(__name__)

_TITLES = {
    400: "That request was not understood",
    401: "Sign in first",
    403: "You may not do this",
    404: "There is no such page",
    405: "That is not how this page works",
    409: "That does not fit what is there",
    422: "That is not acceptable",
    503: "Keyhole cannot act safely now",
}


def answer(request: HttpRequest, problem: KeyholeError) -> HttpResponse:
    """The page for an error that a view did not put beside a field."""
    return _page(
        request, problem.status, problem.message, problem.hint, explain=getattr(problem, "explain", "")
    )


def method_not_allowed(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    """405, for a form address opened as a page and the like."""
    response = _page(
        request,
        405,
        "This address takes a form, and is not a page of its own.",
        "Go back to the page that you came from.",
    )
    response["Allow"] = ", ".join(methods)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, from Django itself."""
    return _page(
        request,
        400,
        "Keyhole did not understand what the browser sent.",
        "Go back, reload the page and try again.",
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, from Django itself."""
    return _page(request, 403, "Your account may not do this.", "Ask an administrator of this Keyhole.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no page has this address."""
    return _page(
        request,
        404,
        "No page has this address, or what it showed is gone.",
        "Tools talk to Keyhole at /api/v3 and at /OWNER/REPO.git; people start at the overview.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500. Looks nothing up: whatever failed may fail again."""
    return HttpResponse(render_to_string("web/500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that did not come from a page of this Keyhole, or from one that is too old."""
    _log.warning("a form was refused: %s", reason)
    return _page(
        request,
        403,
        "The form did not prove that it came from this Keyhole, so nothing was done.",
        "Most often the page was open since before you signed in: go back, reload it and send it again. "
        "Cookies must be allowed.",
        title="This form was refused",
    )


def _page(
    request: HttpRequest, status: int, message: str, hint: str, *, title: str = "", explain: str = ""
) -> HttpResponse:
    return show(
        request,
        "web/error.html",
        status=status,
        title=title or _TITLES.get(status, "Something went wrong"),
        code=status,
        message=message,
        hint=hint,
        explain=explain,
        back=_back(request),
    )


def _back(request: HttpRequest) -> str:
    """The page of this Keyhole that led here, so that nobody has to look for it again; empty if that is not known."""
    try:
        sent = urlsplit(request.META.get("HTTP_REFERER", ""))
    except ValueError:
        return ""
    path = local_path(f"{sent.path}?{sent.query}" if sent.query else sent.path)
    # Not `get_host`: it raises where the host is what is wrong.
    if sent.netloc != request.META.get("HTTP_HOST", "") or path in ("/", request.get_full_path()):
        return ""
    return path
