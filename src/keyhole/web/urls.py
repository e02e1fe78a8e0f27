"""Every address of the browser's, from the pages themselves. `keyhole.urls` puts them beside those of the API."""

from __future__ import annotations

from django.urls import path

from keyhole.web.registry import pages, served

urlpatterns = [path(known.path, served(known), name=known.name) for known in pages()]
