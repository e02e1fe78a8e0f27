"""Every address that Django answers: the pages for people and the API for programs. The gateway has its own."""

from __future__ import annotations

from django.urls import include, path

from keyhole.web import errors

urlpatterns = [
    path("api/keyhole/v1/", include("keyhole.api.app")),
    path("", include("keyhole.web.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
