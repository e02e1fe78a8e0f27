"""A schedule in words, the same for the browser and the terminal."""

from __future__ import annotations

from keyhole.schedules import times, tips
from keyhole.schedules.models import Schedule, When

_NAMED = 3
"""Names given of many repositories."""


def when(schedule: Schedule) -> str:
    """When it runs: `At 02:00 every day (Europe/Berlin)`."""
    if schedule.paused_at is not None:
        return "Paused"
    if schedule.when == When.ONCE:
        at = times.local(schedule.at, schedule.zone) if schedule.at else None
        return f"Once, {at:%Y-%m-%d %H:%M %Z}" if at else "Once"
    if schedule.when == When.TIMES:
        return f"{times.explain(schedule.cron)} ({schedule.zone})"
    looks = f", looking every {schedule.poll_minutes} min" if schedule.poll_minutes else ""
    return f"When something was pushed{looks}"


def warning(schedule: Schedule) -> str:
    """What is said of one that was made or changed, where its branch or tag is not there; empty if nothing is."""
    if not schedule.ref:
        return ""
    chosen = schedule.repositories.filter(removed_at=None).select_related("owner")
    without = [each.full_name for each in chosen if not tips.may_have(each, schedule.ref)]
    if not without:
        return ""
    more = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
    verb, there = ("has", "it has") if len(without) == 1 else ("have", "they have")
    return (
        f"{', '.join(without[:_NAMED])}{more} {verb} no branch or tag called {schedule.ref!r}, as far as is known "
        f"here. Nothing is scanned there until {there}."
    )
