"""Policies: what must hold for a scan to pass, gate by gate, and judging a scan by them.

Pure and total: whatever the findings are, there is a verdict. More findings never mend a breach, and findings that
somebody has accepted never count. The kinds of gate are in `gate_kinds`; `policy_text` reads policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keyhole.core.facts import Facts, Subject
from keyhole.core.finding import Finding
from keyhole.core.gate_kinds import (
    MOST_NAMED,
    AdvisoriesGate,
    FindingsGate,
    Gate,
    LicencesGate,
    ScannersGate,
)
from keyhole.core.library import Library
from keyhole.core.reach import Reach, not_looked_for
from keyhole.core.strict_json import encode_fields
from keyhole.core.terms import Severity

__all__ = ["MOST_NAMED", "Breach", "Facts", "Policy", "Verdict", "judge", "needed"]

_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True)
class Breach:
    """One gate that a scan does not pass."""

    gate: str
    """What kind of gate."""
    place: int
    """Which one of its policy, from 1."""
    demand: str
    """What it demands, in words."""
    why: str
    """What is the case instead."""
    fix: str
    """What to do."""
    number: int = 0
    """How many findings or packages are to blame; 0 where it is about neither."""
    findings: tuple[str, ...] = ()
    """Ids of those findings, at most MOST_NAMED, worst first."""
    packages: tuple[str, ...] = ()
    """`name version` of those packages, at most MOST_NAMED."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What judging a scan by a policy came to."""

    policy: str
    """Name of the policy."""
    breaches: tuple[Breach, ...]
    counted: int
    """Findings that counted; those that say the same count once."""
    accepted: int
    """Findings that did not count, since somebody has decided about them."""

    @property
    def passed(self) -> bool:
        """Whether every gate was passed."""
        return not self.breaches

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`."""
        return {"passed": self.passed, **encode_fields(self)}


@dataclass(frozen=True, slots=True)
class Policy:
    """What must hold for a scan to pass."""

    name: str
    gates: tuple[Gate, ...]
    description: str = ""

    @property
    def scanners(self) -> frozenset[str]:
        """Ids of the scanners that its gates name."""
        named = [gate.scanners for gate in self.gates if isinstance(gate, FindingsGate)]
        named += [gate.required for gate in self.gates if isinstance(gate, ScannersGate)]
        return frozenset(name for names in named for name in names)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`; `policy_text.from_json` gives the same policy back."""
        gates = [{"gate": gate.id, **encode_fields(gate)} for gate in self.gates]
        return {"name": self.name, "description": self.description, "gates": gates}


def needed(policy: Policy, reach: Mapping[str, Reach]) -> list[tuple[str, ...]]:
    """The scanners without which no scan passes: one of each. Of what is imported nothing is said."""
    groups: dict[tuple[str, ...], None] = {}
    for gate in policy.gates:
        match gate:
            case FindingsGate(scanners=(_, *_)):
                groups |= {(name,): None for name in gate.scanners}
            case FindingsGate():
                groups |= {tuple(names): None for names in not_looked_for(gate.asked, reach, ()).values()}
            case ScannersGate():
                groups |= {(name,): None for name in gate.required}
            case LicencesGate() | AdvisoriesGate():
                groups[tuple(name for name, each in reach.items() if each.packages)] = None
    ours = [names for names in groups if names and all(name in reach for name in names)]
    surely = {names[0] for names in ours if len(names) == 1}
    return [names for names in ours if len(names) == 1 or not surely & set(names)]


def judge(
    policy: Policy, findings: Iterable[Finding], libraries: Iterable[Library], facts: Facts, now: datetime
) -> Verdict:
    """The verdict on a scan. `now` has a time zone."""
    everything = sorted(findings, key=lambda found: _SEVERITIES.index(found.severity))
    counting = tuple(found for found in everything if found.id not in facts.accepted)
    subject = Subject(counting, tuple(libraries), facts, now)
    breaches = []
    for place, gate in enumerate(policy.gates, start=1):
        failed = gate.judge(subject)
        if failed is not None:
            why = f"{failed.why} {gate.because}".strip()
            breaches.append(
                Breach(
                    gate.id,
                    place,
                    gate.demand,
                    why,
                    failed.fix,
                    failed.number,
                    failed.findings,
                    failed.packages,
                )
            )
    counted = len({facts.same(found) for found in counting})
    return Verdict(policy.name, tuple(breaches), counted, len(everything) - len(counting))
