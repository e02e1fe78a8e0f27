"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and owners."""

    name = "keyhole.accounts"
    label = "accounts"
