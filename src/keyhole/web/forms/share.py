"""The form "Share by link"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret
from keyhole.core.summary import counted
from keyhole.reports.shares import DEFAULT_DAYS
from keyhole.web.forms.numbers import whole_number

_CHOICES = (1, 7, 14, 30, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class ShareForm:
    """What was asked for."""

    days: int
    password: Secret | None

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> ShareForm:
        """What was sent. InvalidInput, naming the field."""
        password = sent.get("password", "")[:1025]
        if password != sent.get("again", "")[:1025]:
            raise InvalidInput("The two passwords are not the same.", field="again")
        return cls(whole_number(sent.get("days", "")), Secret(password) if password else None)


def lengths() -> list[tuple[int, str]]:
    """Days that a link may work for, and the words for it."""
    most: int = settings.KEYHOLE_MAX_SHARE_DAYS
    days = sorted({each for each in (*_CHOICES, most) if 0 < each <= most})
    return [(each, counted(each, "day")) for each in days]


def usual() -> int:
    """What is chosen at first."""
    return min(DEFAULT_DAYS, int(settings.KEYHOLE_MAX_SHARE_DAYS))
