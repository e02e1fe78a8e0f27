"""Every address that Django answers: pages for people, the API for programs, webhooks. The gateway has its own."""

from __future__ import annotations

from django.urls import include, path

from keyhole.api.hooks import deliver
from keyhole.web import errors

urlpatterns = [
    path("api/keyhole/v1/", include("keyhole.api.app")),
    path("hooks/<str:hook>", deliver),
    path("", include("keyhole.web.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
