"""Trying a policy on scans of the past before it is switched on: what would have passed, and what changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.core import gates
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.core.gates import Verdict
from keyhole.environments import services as environments
from keyhole.environments.models import Environment
from keyhole.findings.judging import verdict_on
from keyhole.scans import services as scans
from keyhole.scans.models import Scan, State

MOST_SCANS = 200
MOST_EACH = 20
_WITH_RESULT = (State.COMPLETE, State.INCOMPLETE)


@dataclass(frozen=True, slots=True)
class Tried:
    """One scan of the past."""

    scan: Scan
    verdict: Verdict
    """By the policy that is tried."""
    present: Verdict | None
    """By the one that is compared with; None if nothing judges it."""

    @property
    def change(self) -> str:
        """`breaks`: passes now and would not; `mends`: the other way round; empty if it stays the same."""
        passes_now = self.present is None or self.present.passed
        if passes_now == self.verdict.passed:
            return ""
        return "breaks" if passes_now else "mends"


@dataclass(frozen=True, slots=True)
class Trial:
    """What trying came to."""

    rows: tuple[Tried, ...]
    """Newest scan first."""
    left_out: int
    """Scans that were not looked at, since there were more than `MOST_SCANS`."""

    @property
    def passed(self) -> int:
        """How many would pass."""
        return sum(row.verdict.passed for row in self.rows)

    @property
    def breaks(self) -> int:
        """How many nothing stops now, and would not pass: those that nothing judges now are among them."""
        return sum(row.change == "breaks" for row in self.rows)

    @property
    def mends(self) -> int:
        """How many do not pass now and would."""
        return sum(row.change == "mends" for row in self.rows)


def try_policy(
    caller: Caller, policy: gates.Policy, *, last: int = 3, environment_id: int | None = None
) -> Trial:
    """Judges the last scans of each repository by a policy that need not be kept, and changes nothing.

    Each is compared with what judges it now: the policy of its own environment. With `environment_id`, every scan is
    taken as one of that environment. Advisories have the age that they had then; decisions hold as they do now.
    """
    require(caller, "environment:read")
    if not 1 <= last <= MOST_EACH:
        raise InvalidInput(f"From 1 to {MOST_EACH} scans of each repository.", field="last")
    environment = None if environment_id is None else environments.get(caller, environment_id)
    chosen, left_out = _last_of_each(caller, last)
    return Trial(tuple(_tried(scan, policy, environment) for scan in chosen), left_out)


def _tried(scan: Scan, policy: gates.Policy, environment: Environment | None) -> Tried:
    at = scan.finished_at or timezone.now()
    measure = environment or scan.environment
    present = measure.policy if measure is not None and measure.removed_at is None else None
    return Tried(
        scan,
        verdict_on(scan, policy, at),
        None if present is None else verdict_on(scan, present.latest.as_core(), at),
    )


def _last_of_each(caller: Caller, last: int) -> tuple[list[Scan], int]:
    """The newest scans with a result of each repository, and how many more there would have been."""
    rows = scans.list_scans(caller).filter(state__in=_WITH_RESULT).order_by("-pk")
    seen: Counter[int] = Counter()
    chosen = []
    for number, repository in rows.values_list("pk", "repository"):
        seen[repository] += 1
        if seen[repository] <= last:
            chosen.append(number)
    found = rows.select_related("repository__owner", "environment__policy").filter(pk__in=chosen[:MOST_SCANS])
    return list(found), len(chosen[MOST_SCANS:])
