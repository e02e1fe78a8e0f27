"""What Keyhole itself says about the rules of programs: how bad, how sure, why it matters, what to do."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from keyhole.core.terms import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Advice:
    """About one rule; what is empty the program says better."""

    why: str = ""
    fix: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None


@functools.cache
def advice(name: str) -> Mapping[str, Advice]:
    """All that the file of this name says, by rule; each entry may stand for several, as `s301 s302`."""
    found: dict[str, Advice] = {}
    for rules, said in tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8")).items():
        one = Advice(
            why=said.get("why", ""),
            fix=said.get("fix", ""),
            severity=Severity(said["severity"]) if "severity" in said else None,
            confidence=Confidence(said["confidence"]) if "confidence" in said else None,
        )
        found |= dict.fromkeys(rules.split(), one)
    return MappingProxyType(found)
