"""The form of a scan policy: what holds for the whole scan once, and a row for each gate that counts findings.

A policy that says more than the form can show (two gates about licences, say) is edited as text instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from keyhole.core.errors import InvalidInput
from keyhole.core.gate_kinds import (
    AdvisoriesGate,
    CompleteGate,
    FindingsGate,
    Gate,
    LicencesGate,
    ScannersGate,
)
from keyhole.core.gates import Policy
from keyhole.core.terms import Confidence, Kind, Severity

MOST_ROWS = 60
"""More than a policy has gates, so that none is lost on the way through the form."""
KINDS = (
    (Kind.SECRET.value, "Secrets"),
    (Kind.VULNERABILITY.value, "Vulnerabilities"),
    (Kind.MALICIOUS.value, "Malicious packages"),
    (Kind.WORKFLOW.value, "Workflows"),
    (Kind.INFRASTRUCTURE.value, "Infrastructure"),
    (Kind.CODE.value, "Code"),
    (Kind.LICENCE.value, "Licences"),
    (Kind.OTHER.value, "Other"),
)
SEVERITIES = (
    ("", "No gate here"),
    (Severity.LOW.value, "Any severity"),
    (Severity.MEDIUM.value, "Medium or worse"),
    (Severity.HIGH.value, "High or worse"),
    (Severity.CRITICAL.value, "Critical"),
)
CONFIDENCES = (
    (Confidence.LOW.value, "However sure"),
    (Confidence.MEDIUM.value, "Medium or surer"),
    (Confidence.HIGH.value, "High only"),
)
_LABELS = {
    "severity": "Severity",
    "confidence": "Confidence",
    "most": "At most",
    "kinds": "Kinds",
    "epss": "EPSS from",
    "scanners": "Scanners",
    "because": "Why",
    "required": "Scanners that must have run",
    "max_age_days": "Advisories are at most this many days old",
    "unknown": "Packages whose licence is unknown",
    "allowed": "Only these",
    "denied": "None of these",
}
"""What the form calls the fields of gates."""
_FLAGS = ("new", "fixable", "kev")
_PLACE = re.compile(r"gates\[(\d+)\](?:\.(\w+))?")


@dataclass(frozen=True, slots=True)
class Row:
    """One gate that counts findings. Everything is as it was typed."""

    number: int
    severity: str = ""
    """Empty: there is no gate in this row."""
    confidence: str = Confidence.LOW.value
    kinds: tuple[str, ...] = ()
    scanners: str = ""
    """Ids, with spaces or commas between."""
    most: str = "0"
    epss: str = ""
    new: bool = False
    fixable: bool = False
    kev: bool = False
    no_dev: bool = False
    because: str = ""

    @classmethod
    def of(cls, number: int, gate: FindingsGate) -> Row:
        """The row that shows this gate."""
        return cls(
            number, gate.severity.value, gate.confidence.value, tuple(kind.value for kind in gate.kinds),
            " ".join(gate.scanners), str(gate.most), f"{gate.epss:g}" if gate.epss else "",
            gate.new, gate.fixable, gate.kev, not gate.dev, gate.because,
        )  # fmt: skip

    @classmethod
    def posted(cls, number: int, post: QueryDict) -> Row:
        """The row as it was sent."""

        def text(name: str) -> str:
            return post.get(f"{name}:{number}", "").strip()

        return cls(
            number, text("severity"), text("confidence"), tuple(post.getlist(f"kinds:{number}")),
            text("scanners"), text("most"), text("epss"),
            f"new:{number}" in post, f"fixable:{number}" in post, f"kev:{number}" in post,
            f"no_dev:{number}" in post, text("because"),
        )  # fmt: skip

    @property
    def key(self) -> str:
        """Its name among the places of the form."""
        return f"row{self.number}"

    @property
    def severity_key(self) -> str:
        """The name of its severity among the places of the form."""
        return f"{self.key}.severity"

    @property
    def filled(self) -> bool:
        """Whether anything stands in it, so that a gate is meant."""
        bare = replace(
            self, severity="", confidence=self.confidence or Confidence.LOW.value, most=self.most or "0"
        )
        return bool(self.severity) or bare != Row(self.number)

    @property
    def title(self) -> str:
        """What the form calls it."""
        return f"Gate {self.number + 1}"

    def data(self) -> dict[str, Any]:
        """The gate, for `policy_text.from_json`."""
        return {
            "gate": FindingsGate.id,
            "most": _number(self.most or "0"),
            "severity": self.severity,
            "confidence": self.confidence or Confidence.LOW.value,
            "kinds": list(self.kinds),
            "scanners": _words(self.scanners),
            **{flag: getattr(self, flag) for flag in _FLAGS},
            "epss": _number(self.epss or "0"),
            "dev": not self.no_dev,
            "because": self.because,
        }


@dataclass(frozen=True, slots=True)
class GateForm:
    """What stands in the form."""

    name: str = ""
    description: str = ""
    complete: bool = False
    required: tuple[str, ...] = ()
    max_age_days: str = ""
    unknown: str = ""
    """Empty: licences do not matter."""
    allowed: str = ""
    denied: str = ""
    licences_no_dev: bool = False
    because: Mapping[str, str] = field(default_factory=dict)
    """Why the gates above are there, by their ids."""
    rows: tuple[Row, ...] = ()

    @classmethod
    def of(cls, policy: Policy) -> GateForm | None:
        """The form that shows this policy; None if it says more than the form can."""
        once: dict[str, Gate] = {}
        rows: list[Row] = []
        for gate in policy.gates:
            if isinstance(gate, FindingsGate):
                rows.append(Row.of(len(rows), gate))
            elif gate.id in once:
                return None
            else:
                once[gate.id] = gate
        ages, named, terms = once.get("advisories"), once.get("scanners"), once.get("licences")
        licences = terms if isinstance(terms, LicencesGate) else None
        return cls(
            policy.name,
            policy.description,
            "complete" in once,
            named.required if isinstance(named, ScannersGate) else (),
            str(ages.max_age_days) if isinstance(ages, AdvisoriesGate) else "",
            licences.unknown if licences else "",
            "\n".join(licences.allowed) if licences else "",
            "\n".join(licences.denied) if licences else "",
            licences is not None and not licences.dev,
            {name: gate.because for name, gate in once.items()},
            (*rows, Row(len(rows))),
        )

    @classmethod
    def posted(cls, post: QueryDict) -> GateForm:
        """The form as it was sent; with one more row if that was asked for."""
        count = min(int(number), MOST_ROWS) if (number := post.get("rows", "0")).isdecimal() else 0
        rows = [Row.posted(number, post) for number in range(count)]
        if post.get("do") == "more" and count < MOST_ROWS:
            rows.append(Row(count))
        return cls(
            post.get("name", "").strip(),
            post.get("description", "").strip(),
            "complete" in post,
            tuple(post.getlist("required")),
            post.get("max_age_days", "").strip(),
            post.get("unknown", ""),
            post.get("allowed", ""),
            post.get("denied", ""),
            "licences_no_dev" in post,
            {
                name: post.get(f"because:{name}", "")
                for name in ("complete", "scanners", "advisories", "licences")
            },
            tuple(rows),
        )

    def slots(self) -> dict[str, dict[str, Any]]:
        """Each gate by where it stands in the form, in the order in which they are judged."""
        found: dict[str, dict[str, Any]] = {}
        if self.complete:
            found["complete"] = {"gate": CompleteGate.id}
        if self.required:
            found["scanners"] = {"gate": ScannersGate.id, "required": list(self.required)}
        if self.max_age_days:
            found["advisories"] = {"gate": AdvisoriesGate.id, "max_age_days": _number(self.max_age_days)}
        if self.unknown or self._names_licences:
            found["licences"] = {
                "gate": LicencesGate.id, "unknown": self.unknown, "allowed": _lines(self.allowed),
                "denied": _lines(self.denied), "dev": not self.licences_no_dev,
            }  # fmt: skip
        for name, gate in found.items():
            gate["because"] = self.because.get(name, "")
        return found | {row.key: row.data() for row in self.rows if row.filled}

    @property
    def _names_licences(self) -> bool:
        return bool(_lines(self.allowed) or _lines(self.denied) or self.licences_no_dev)

    def check(self) -> None:
        """InvalidInput, naming the field, where something was typed into a gate that was not switched on."""
        for place, gate in enumerate(self.slots().values(), start=1):
            for name, else_ in (("severity", "the rest of this gate"), ("unknown", "the fields below")):
                if gate.get(name) == "":
                    field = f"gates[{place}].{name}"
                    raise InvalidInput(
                        f"{field} is needed. Or empty {else_}: then there is no such gate.", field=field
                    )

    def data(self) -> dict[str, Any]:
        """The policy, for `policy_text.from_json`."""
        return {"name": self.name, "description": self.description, "gates": list(self.slots().values())}

    def place(self, field: str) -> str:
        """Where in the form a field is that `from_json` names; empty for what stands nowhere in it."""
        if field in ("name", "description"):
            return field
        found, slot = _PLACE.match(field), self._slot(field)
        if found is not None and found[2] in ("severity", "unknown"):
            return f"{slot}.{found[2]}" if slot else ""
        return slot

    def _slot(self, field: str) -> str:
        found = _PLACE.match(field)
        slots = list(self.slots())
        return slots[int(found[1]) - 1] if found is not None and 0 < int(found[1]) <= len(slots) else ""

    def said(self, field: str, message: str) -> str:
        """The message about a field that `from_json` names, with the gate and its field called as in the form."""
        found, place = _PLACE.match(field), self._slot(field)
        if found is None or not place:
            return message
        titles = {row.key: row.title for row in self.rows} | {"licences": "Licences of packages"}
        gate = titles.get(place, "The scan itself")
        if not message.startswith(field):
            return f"{gate}: {message}"
        what = message.removeprefix(field)
        return f"{gate}: “{_LABELS[found[2]]}”{what}" if found[2] in _LABELS else f"{gate}{what}"


def _number(text: str) -> Any:
    """The number, or the text as it is: what is no number is refused by name when the policy is read."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _lines(text: str) -> list[str]:
    return [line.strip() for part in text.splitlines() for line in part.split(",") if line.strip()]
