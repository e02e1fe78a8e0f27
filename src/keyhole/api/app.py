"""The API put together: every endpoint behind `authenticate`, the document at /api/keyhole/v1/openapi.json."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from keyhole import __version__
from keyhole.api import answers, endpoints
from keyhole.api.auth import authenticate
from keyhole.api.described import with_errors
from keyhole.api.parameters import refuse_strange


class _Api(NinjaAPI):
    def get_openapi_schema(self, **asked: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**asked)
        with_errors(document)
        return document


def _build() -> NinjaAPI:
    api = _Api(
        title="Keyhole",
        version=__version__,
        description="Manage tokens and read scans, integrations and the audit log of this Keyhole. "
        "Send an API token (Settings -> API tokens) as `Authorization: Bearer TOKEN`.",
        auth=authenticate,
        docs_url=None,  # the page would fetch its scripts from elsewhere
        openapi_url="openapi.json",
        urls_namespace="keyhole-api",
    )
    answers.translate(api)
    for module in sorted(pkgutil.iter_modules(endpoints.__path__), key=lambda found: found.name):
        found = import_module(f"{endpoints.__name__}.{module.name}")
        refuse_strange(found.router)
        api.add_router(f"/{module.name}", found.router, tags=[module.name])
    return api


def _patterns() -> list[URLPattern]:
    found = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in found:
        # LoginRequiredMiddleware asks for sessions; `authenticate` asks for API tokens, and nothing passes it by.
        view: Any = pattern.callback
        pattern.callback = login_not_required(answers.in_shape(view))
    return found


app_name = "keyhole-api"
api = _build()
urlpatterns = [
    *_patterns(),
    path("", login_not_required(answers.nothing_here)),
    path("<path:rest>", login_not_required(answers.nothing_here)),
]
