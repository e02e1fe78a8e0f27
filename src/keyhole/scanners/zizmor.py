"""Weaknesses of GitHub Actions workflows, found by zizmor.

What: the workflows, actions and Dependabot settings of the newest commit are read by zizmor, offline.

Why: a workflow runs with tokens and secrets, and much of what it is given is written by strangers.

Fix: see each finding; most are a line or two. Comments that ask zizmor to overlook something are not followed, and its
settings in the repository are not read: people decide in Keyhole what is accepted, where others can see it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyhole.core.summary import capitalised
from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.programs.advice import Advice, advice
from keyhole.scanners.programs.answers import items, mapping, number, parsed, rule_name, text
from keyhole.scanners.programs.located import Program
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import Answer, File, Malformed, ProgramScanner, Remark

# A workflow may be named like an action, but none is one where workflows are.
_SORTS = (
    (re.compile(rb"\.github/workflows/[^/]+\.ya?ml"), ".github/workflows/workflow.yml"),
    (re.compile(rb"(.*/)?action\.ya?ml", re.DOTALL), "action.yml"),
    (re.compile(rb"\.github/dependabot\.ya?ml"), ".github/dependabot.yml"),
)
_COMPLETED = re.compile(rb"completed (?:\./)?(\S+)")
_SEVERITIES = {"High": Severity.HIGH, "Medium": Severity.MEDIUM}
_CONFIDENCES = {"High": Confidence.HIGH, "Medium": Confidence.MEDIUM}


class Zizmor(ProgramScanner):
    """The scanner, before it is made ready."""

    id = "zizmor"
    title = "GitHub Actions workflows (zizmor)"
    kind = Kind.WORKFLOW
    program = Program("zizmor", "zizmor", "pip install 'keyhole[code]' installs zizmor.")
    what = "workflow file"
    engine = "4"
    overlooks = (b"zizmor: ignore",)

    def wants(self, path: bytes) -> bool:
        """Workflows and Dependabot's settings where GitHub looks for them; actions anywhere."""
        return bool(_sort(path))

    def name(self, number: int, path: bytes) -> str:
        """Each in a folder of its own, under the name by which zizmor knows what it is."""
        return f"{number}/{_sort(path)}"

    def alike(self, path: bytes, other: bytes) -> bool:
        """If they are of one sort."""
        return _sort(path) == _sort(other)

    def content(self, raw: bytes) -> bytes:
        """With other signs for what is no UTF-8: one such file, and zizmor looks at none."""
        return raw.decode("utf-8", "replace").encode()

    def arguments(self, folder: Path) -> list[str]:
        """Offline, without any settings, and reporting what comments would hide."""
        isolated = ["--offline", "--no-config", "--no-ignores", "--collect", "all"]
        return [*isolated, "--format", "json-v1", "--no-progress", "--color", "never", "--no-exit-codes", "."]

    def read(self, ran: Ran, files: Mapping[str, File]) -> Answer:
        """Its findings; a file that it does not say it completed was not looked at."""
        if ran.code != 0:
            raise Malformed("which says that it failed")
        completed = {found.decode("ascii", "replace") for found in _COMPLETED.findall(ran.errors)}
        said = advice("zizmor")
        return Answer(
            remarks=_remarks(items(parsed(ran.output)), said),
            unread=dict.fromkeys(
                [name for name in files if name not in completed], "it is no valid file of its sort"
            ),
        )


def _sort(path: bytes) -> str:
    """The name by which zizmor knows what it is; empty if it is nothing for it."""
    return next((name for pattern, name in _SORTS if pattern.fullmatch(path)), "")


def _remarks(found: list[Any], said: Mapping[str, Advice]) -> list[Remark]:
    """Each once: what an alias stands for is found again on every way that leads to it, in one place of the file."""
    remarks: list[Remark] = []
    ways: dict[tuple[Remark, str], str] = {}
    for each in found:
        place = _place(each)
        symbolic = mapping(place, "symbolic")
        remark, way = _remark(each, place, said), repr(symbolic.get("route"))
        if ways.setdefault((remark, repr(symbolic.get("annotation"))), way) == way:
            remarks.append(remark)
    return remarks


def _place(found: Any) -> Any:
    places = items(found.get("locations"))
    place = next((one for one in places if text(one, "symbolic", "kind") == "Primary"), None)
    if place is None:
        raise Malformed("with a finding that is nowhere")
    return place


def _remark(found: Any, place: Any, said: Mapping[str, Advice]) -> Remark:
    rule, title = text(found, "ident"), text(found, "desc")
    about = said.get(rule, Advice())
    offered = [text(each, "title") for each in items(found.get("fixes"))]
    return Remark(
        name=text(place, "symbolic", "key", "Local", "verbatim_path").removeprefix("./"),
        line=number(place, "concrete", "location", "start_point", "row") + 1,
        rule=rule_name(rule),
        title=capitalised(title),
        severity=_SEVERITIES.get(text(found, "determinations", "severity"), Severity.LOW),
        confidence=_CONFIDENCES.get(text(found, "determinations", "confidence"), Confidence.LOW),
        why=about.why
        or f"{capitalised(title)}: zizmor's page about the rule says how it is used against you.",
        fix=about.fix or (f"{capitalised(offered[0])}." if offered else "See zizmor's page about the rule."),
        references=(text(found, "url"),),
        detail=str(number(place, "concrete", "location", "start_point", "column")),
    )


SCANNER = Zizmor()
