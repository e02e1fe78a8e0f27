"""Templates to answers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """The template, filled in. Pages are never stored by browsers or proxies: they say who may reach what."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response
