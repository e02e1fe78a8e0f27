"""A schedule in words, the same for the browser and the terminal."""

from __future__ import annotations

from keyhole.schedules import times
from keyhole.schedules.models import Schedule, When


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
