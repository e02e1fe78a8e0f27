"""Every address that Django answers: pages for people, the API for programs, webhooks. The gateway has its own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.urls import include, path

from keyhole.api import answers
from keyhole.api.hooks import deliver
from keyhole.web import errors

urlpatterns = [
    path("api/keyhole/v1/", include("keyhole.api.app")),
    path("hooks/<str:hook>", deliver),
    path("", include("keyhole.web.urls")),
]


def handler400(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """JSON for programs, a page for people."""
    return (answers if _is_api(request) else errors).bad_request(request, exception)


def handler500(request: HttpRequest) -> HttpResponseBase:
    """JSON for programs, a page for people."""
    return (answers if _is_api(request) else errors).server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(f"{answers.PREFIX}/")


handler403 = errors.permission_denied
handler404 = errors.not_found
