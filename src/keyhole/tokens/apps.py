"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """Fine-grained tokens."""

    name = "keyhole.tokens"
    label = "tokens"
