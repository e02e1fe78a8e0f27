"""Every address of the browser's, from the pages themselves."""

from __future__ import annotations

from django.urls import path

from keyhole.web import errors
from keyhole.web.registry import pages, served

urlpatterns = [path(known.path, served(known), name=known.name) for known in pages()]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
