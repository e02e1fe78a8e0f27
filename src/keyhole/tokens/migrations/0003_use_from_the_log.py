"""What tokens did in the last thirty days, from the audit log: without it, everything would seem to have been unused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import migrations
from django.utils import timezone

WINDOW = timedelta(days=31)
AT_ONCE = 1000


def count(apps: Any, schema_editor: Any) -> None:
    """Add up the days, and note what was seen first and last."""
    Entry = apps.get_model("audit", "Entry")
    Token = apps.get_model("tokens", "Token")
    UsageDay = apps.get_model("tokens", "UsageDay")
    Seen = apps.get_model("tokens", "Seen")
    known = set(Token.objects.values_list("pk", flat=True))
    days: Counter[tuple[int, date, str]] = Counter()
    first: dict[tuple[int, str, str], datetime] = {}
    last: dict[tuple[int, str, str], datetime] = {}
    rows = Entry.objects.filter(token_id__in=known, at__gte=timezone.now() - WINDOW).order_by("seq")
    for token, outcome, at, actor, subject in rows.values_list(
        "token_id", "outcome", "at", "actor", "subject"
    ).iterator(chunk_size=AT_ONCE):
        days[token, at.astimezone(UTC).date(), outcome] += 1
        for kind, what in things(outcome, actor, subject):
            first.setdefault((token, kind, what), at)
            last[token, kind, what] = at
    # Run again after an interruption, it adds nothing twice: what is there already stays.
    UsageDay.objects.bulk_create(
        (
            UsageDay(
                token_id=token,
                day=day,
                requests=days[token, day, "allowed"],
                denials=days[token, day, "denied"],
            )
            for token, day in sorted({(token, day) for token, day, _ in days})
        ),
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )
    Seen.objects.bulk_create(
        (
            Seen(token_id=token, kind=kind, what=what, first_at=first[token, kind, what], last_at=at)
            for (token, kind, what), at in last.items()
        ),
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )


def things(outcome: str, actor: Mapping[str, Any], subject: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and what of each thing that one record shows."""
    if outcome != "allowed":
        return
    if subject.get("operation"):
        yield "operation", str(subject["operation"])[:200]
    for name, word in (subject.get("used") or {}).items():
        yield "permission", f"{name}:{word}"[:200]
    for number in subject.get("repository_ids") or []:
        yield "repository", str(number)[:200]
    for kind, what in (("address", actor.get("address")), ("agent", subject.get("agent"))):
        if what:
            yield kind, str(what)[:200]


class Migration(migrations.Migration):
    dependencies = [("tokens", "0002_rotation_pausing_usage"), ("audit", "0001_initial")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
