"""Moments and lengths of time in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from keyhole.core.plural import counted

_UNITS = (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3_600), ("minute", 60))


def relative(moment: datetime, now: datetime) -> str:
    """`4 minutes ago`, `in 29 days`, `just now`."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) < 45:
        return "just now" if seconds <= 0 else "in a moment"
    length = _length(abs(seconds))
    return f"in {length}" if seconds > 0 else f"{length} ago"


def _length(seconds: float) -> str:
    for unit, size in _UNITS:
        if unit == "month" and seconds < 90 * 86_400:
            continue  # expirations are chosen in days: "in 30 days" is what people look for
        if seconds >= size - 15:  # a token made a moment ago for an hour expires in 1 hour, not in 59 minutes
            whole = round(seconds / size) if unit == "day" else int((seconds + 15) // size)
            return counted(max(1, whole), unit)
    return counted(round(seconds), "second")


def duration(length: timedelta | None) -> str:
    """`6.1 s`, `2 min 5 s`, `1 h 12 min`."""
    if length is None:
        return ""
    seconds = length.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
