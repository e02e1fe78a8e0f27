"""Whether what a policy names exists, for policies in files and those that are kept; needs no database."""

from __future__ import annotations

from keyhole.core import gates
from keyhole.core.errors import InvalidInput
from keyhole.core.gate_kinds import FindingsGate, ScannersGate
from keyhole.core.reach import IMPORTED
from keyhole.core.terms import Kind
from keyhole.scanners.interface import UnknownScanner
from keyhole.scanners.registry import named


def check_scanners(policy: gates.Policy) -> None:
    """InvalidInput, naming the field, if a gate names a scanner that there is not, or kinds that its scanners do not
    find: no scan could ever pass it. Nor may it ask about packages of what is about none: no scan could ever breach it.

    What is kept already is not checked when it is read: a scanner may be gone since. Nor can it be said which tools'
    results will be imported.
    """
    for place, gate in enumerate(policy.gates, start=1):
        match gate:
            case FindingsGate():
                _check_packages(gate, f"gates[{place}]")
                field, names = "scanners", gate.scanners
            case ScannersGate():
                field, names = "required", gate.required
            case _:
                continue
        ours = [name for name in names if not name.startswith(IMPORTED)]
        try:
            found = {kind for name in ours for kind in named(name).kinds}
        except UnknownScanner as problem:
            raise InvalidInput(
                problem.message, field=f"gates[{place}].{field}", hint=problem.hint
            ) from problem
        if isinstance(gate, FindingsGate) and ours and len(ours) == len(names):
            for kind in gate.kinds:
                if kind not in found:
                    raise InvalidInput(
                        f"gates[{place}].kinds has {kind}, which {' and '.join(ours)} cannot find.",
                        field=f"gates[{place}].kinds",
                        hint="Name a scanner that does, or none, which means all.",
                    )


def _check_packages(gate: FindingsGate, at: str) -> None:
    asked = {"fixable": gate.fixable, "kev": gate.kev, "epss": gate.epss > 0}
    field = next((name for name, given in asked.items() if given), "")
    for kind in gate.kinds if field else ():
        if kind not in (Kind.VULNERABILITY, Kind.MALICIOUS):
            raise InvalidInput(
                f"{at}.{field} asks about packages, and {at}.kinds has {kind}, which is about none.",
                field=f"{at}.kinds",
                hint="Make a gate of its own for that kind.",
            )
