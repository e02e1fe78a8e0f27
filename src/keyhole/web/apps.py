"""Tells Django that this room exists; it has templates and static files, and no tables."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The web room."""

    name = "keyhole.web"
    label = "web"
