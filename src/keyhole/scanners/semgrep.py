"""Code that breaks rules of your own, found by semgrep.

What: all files of the newest commit that are text are read by semgrep with the rules that KEYHOLE_SEMGREP_RULES names.
Keyhole brings none along, and none are fetched.

Why: what is dangerous in your code, you know best.

Fix: see each finding; what it says comes from the rule. Comments that ask semgrep to overlook something (nosemgrep) are
not followed, and neither rules nor settings of the repository are read.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.programs.answers import items, mapping, number, parsed, rule_name, text
from keyhole.scanners.programs.configured import Configured, configured
from keyhole.scanners.programs.encodings import as_utf_8, is_wide
from keyhole.scanners.programs.located import Program, home_of, locate
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
_TABLE = "lib/python3*/site-packages/semgrep/semgrep_interfaces/lang.json"
"""Where semgrep says how the names of files end that are in a language of its own."""
_OVERLOOK = re.compile(rb"nosem(?=grep)", re.IGNORECASE)
_NAMED = re.compile("[a-z0-9]", re.IGNORECASE)
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
    leaves_out = "not looked at by semgrep: no text has NUL bytes, and no language such names"
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
        """Text, and what is in a language by its name: one NUL byte makes no image of it."""
        if b"\0" not in content[:_HEAD] or is_wide(content) or _is_utf_8(content):
            return True
        endings = _endings(configured())
        return not endings or path.endswith(endings)

    def alike(self, path: bytes, other: bytes) -> bool:
        """If their names end alike, which says what language it is."""
        return _ending(path) == _ending(other)

    def misses(self, path: bytes) -> bool:
        """What a link may lead to inside of the commit is looked at there."""
        return False

    def name(self, number: int, path: bytes) -> str:
        """Where it is in the repository, since rules may be for some folders only."""
        return plain_path(number, path)

    def content(self, raw: bytes) -> bytes:
        """As UTF-8, without what asks to overlook something."""
        return _OVERLOOK.sub(b"no_em", as_utf_8(raw))

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
        found = items(said.get("results"))
        ids = {text(each, "check_id") for each in found}
        several = _of_several(configured().semgrep_rules) if any("." in each for each in ids) else frozenset()
        answer.remarks += [_remark(each, several) for each in found]
        return answer


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ending(path: bytes) -> bytes:
    return path.rpartition(b"/")[2].rpartition(b".")[2]


@functools.cache
def _endings(_configured: Configured) -> tuple[bytes, ...]:
    """How the names of files end that are in a language, as the semgrep that is there says; none if it does not say."""
    found = locate(SCANNER.program)
    tables = [table for home in home_of(found.path) for table in home.glob(_TABLE)] if found else []
    try:
        languages = [each for table in tables for each in json.loads(table.read_bytes())]
        return tuple({ending.encode() for each in languages for ending in each["exts"] if ending})
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ()


def _rule_files(rules: Path | None) -> list[Path]:
    if rules is None or not rules.exists():
        return []
    return [rules] if rules.is_file() else sorted(each for each in rules.rglob("*.y*ml") if each.is_file())


def _of_several(rules: Path | None) -> frozenset[str]:
    """The last parts of ids that several rules have in common, as findings write them."""
    import yaml  # noqa: PLC0415 - only ids with several parts need it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    ids: set[str] = set()
    for path in _rule_files(rules):
        try:
            told = yaml.load(path.read_bytes(), loader)  # noqa: S506 - a safe one
            ids |= {str(each["id"]) for each in told["rules"]}
        except (OSError, yaml.YAMLError, ValueError, LookupError, TypeError):
            continue  # no rules are in it
    lasts = Counter(rule_name(_last(each)) for each in ids if _NAMED.search(_last(each)))
    return frozenset(name for name, number in lasts.items() if number > 1)


def _last(check: str) -> str:
    return check.rpartition(".")[2]


def _rule(check: str, several: Collection[str]) -> str:
    """The last part of its id, which may begin with folders; all of it where that says nothing."""
    return check if rule_name(_last(check)) in several else _last(check)


def _remark(found: Any, several: Collection[str]) -> Remark:
    name = text(found, "path").removeprefix("./")
    extra = mapping(found, "extra")
    given = extra.get("metadata")
    metadata: dict[str, Any] = given if isinstance(given, dict) else {}
    rule = _rule(text(found, "check_id"), several)
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
