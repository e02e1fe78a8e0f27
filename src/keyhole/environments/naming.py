"""Whether what a policy names exists, for policies in files and those that are kept; needs no database."""

from __future__ import annotations

from keyhole.core import gates
from keyhole.core.errors import InvalidInput
from keyhole.core.gate_kinds import FindingsGate, ScannersGate
from keyhole.scanners.interface import UnknownScanner
from keyhole.scanners.registry import IMPORTED, named


def check_scanners(policy: gates.Policy) -> None:
    """InvalidInput, naming the field, if a gate names a scanner that there is not: it would never stop anything.

    What is kept already is not checked when it is read: a scanner may be gone since. Nor can it be said which tools'
    results will be imported.
    """
    for place, gate in enumerate(policy.gates, start=1):
        match gate:
            case FindingsGate():
                field, names = "scanners", gate.scanners
            case ScannersGate():
                field, names = "required", gate.required
            case _:
                continue
        for name in names:
            if name.startswith(IMPORTED):
                continue
            try:
                named(name)
            except UnknownScanner as problem:
                raise InvalidInput(
                    problem.message, field=f"gates[{place}].{field}", hint=problem.hint
                ) from problem
