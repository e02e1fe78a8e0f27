"""Code that breaks rules of your own, found by semgrep.

What: all files of the newest commit that are text are read by semgrep with the rules that KEYHOLE_SEMGREP_RULES names.
Keyhole brings none along, and none are fetched.

Why: what is dangerous in your code, you know best.

Fix: see each finding; what it says comes from the rule. Comments that ask semgrep to overlook something (nosemgrep) are
not followed, and neither rules nor settings of the repository are read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.programs.answers import items, mapping, number, parsed, rule_name, text
from keyhole.scanners.programs.configured import configured
from keyhole.scanners.programs.located import Program
from keyhole.scanners.programs.naming import plain_path
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import Answer, File, Malformed, ProgramScanner, Remark

_SEVERITIES = {
    "CRITICAL": Severity.CRITICAL,
    "ERROR": Severity.HIGH,
    "HIGH": Severity.HIGH,
    "WARNING": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
}
_CONFIDENCES = {"HIGH": Confidence.HIGH, "LOW": Confidence.LOW}
_OVERLOOK = re.compile(rb"nosem(?=grep)", re.IGNORECASE)
_HEAD = 8_000


class Semgrep(ProgramScanner):
    """The scanner, before it is made ready."""

    id = "semgrep"
    title = "Rules of your own (semgrep)"
    kind = Kind.CODE
    program = Program(
        "semgrep",
        "semgrep",
        "It lives in an environment of its own: `python3 -m venv /opt/semgrep && "
        "/opt/semgrep/bin/pip install semgrep`, then KEYHOLE_PROGRAMS=/opt/semgrep/bin.",
    )
    what = "text file"
    memory_bytes = 3 << 30  # it reserves more than one gigabyte before it begins
    overlooks = (b"nosemgrep",)
    settings = {".semgrepignore": b""}  # noqa: RUF012 - Mapping in the base; its own list leaves out vendored code
    environment = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}  # noqa: RUF012 - Mapping in the base

    def missing(self) -> str:
        """How to install it, or that it has no rules."""
        rules = configured().semgrep_rules
        if how := super().missing():
            return how
        return (
            ""
            if rules and rules.exists()
            else "KEYHOLE_SEMGREP_RULES names the file or folder of your rules."
        )

    def rules_version(self) -> str:
        """Version of the program, and a digest of the rules."""
        digest = hashlib.sha256()
        for path in _rule_files(configured().semgrep_rules):
            digest.update(path.read_bytes() + b"\0")
        return f"{super().rules_version()} {digest.hexdigest()[:12]}"

    def readable(self) -> Iterable[Path]:
        """The rules."""
        rules = configured().semgrep_rules
        return (rules.resolve(),) if rules else ()

    def wants(self, path: bytes) -> bool:
        """Everything: which files a rule is for the rule says."""
        return True

    def cares(self, path: bytes, content: bytes) -> bool:
        """Text only."""
        return b"\0" not in content[:_HEAD]

    def name(self, number: int, path: bytes) -> str:
        """Where it is in the repository, since rules may be for some folders only."""
        return plain_path(number, path)

    def content(self, raw: bytes) -> bytes:
        """Without what asks to overlook something."""
        return _OVERLOOK.sub(b"no_em", raw)

    def arguments(self, folder: Path) -> list[str]:
        """The rules that are set and no others, every file, nothing sent or fetched."""
        rules = configured().semgrep_rules
        return [
            *("scan", "--config", str(rules.resolve()) if rules else "", "--json", "--quiet"),
            *("--metrics=off", "--disable-version-check", "--disable-nosem", "--no-git-ignore"),
            *("--jobs", "1", "--timeout", "10", "--max-target-bytes", "0", "--no-rewrite-rule-ids", "."),
        ]

    def read(self, ran: Ran, files: Mapping[str, File]) -> Answer:
        """Its findings; what it could not parse for a rule is a gap."""
        if ran.code not in {0, 1}:
            raise Malformed("which says that it failed, perhaps because of a rule")
        said = parsed(ran.output)
        answer = Answer()
        for error in items(said.get("errors")):
            name = str(error.get("path", "")).removeprefix("./")
            if name in files:
                answer.unread[name] = "semgrep could not make sense of all of it"
            else:
                answer.gaps.append("semgrep reported an error that belongs to no file")
        scanned = {str(name).removeprefix("./") for name in items(mapping(said, "paths").get("scanned"))}
        if not scanned and files:
            answer.gaps.append("semgrep looked at no file: the rules may be for no language that is here")
        answer.remarks += [_remark(found) for found in items(said.get("results"))]
        return answer


def _rule_files(rules: Path | None) -> list[Path]:
    if rules is None or not rules.exists():
        return []
    return [rules] if rules.is_file() else sorted(each for each in rules.rglob("*.y*ml") if each.is_file())


def _remark(found: Any) -> Remark:
    name = text(found, "path").removeprefix("./")
    extra = mapping(found, "extra")
    given = extra.get("metadata")
    metadata: dict[str, Any] = given if isinstance(given, dict) else {}
    rule = text(found, "check_id").rpartition(".")[2]
    references = metadata.get("references")
    return Remark(
        name=name,
        line=number(found, "start", "line"),
        last=number(found, "end", "line"),
        rule=rule_name(rule),
        title=str(metadata.get("title") or rule.replace("-", " ").replace("_", " ")),
        severity=_SEVERITIES.get(text(extra, "severity"), Severity.LOW),
        confidence=_CONFIDENCES.get(str(metadata.get("confidence", "")).upper(), Confidence.MEDIUM),
        # Not its message: semgrep puts pieces of the code into it, and a piece may be a password.
        why=str(metadata.get("why") or f"It breaks your rule {rule}, whose file says why."),
        fix=str(metadata.get("fix") or f"See your rule {rule}."),
        references=tuple(map(str, references)) if isinstance(references, list) else (),
        detail=str(number(found, "start", "col")),
    )


SCANNER = Semgrep()
