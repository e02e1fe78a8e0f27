"""SARIF 2.1.0 of any tool as the result of a scan.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Taken are rules, places and fingerprints.
Not taken are the messages of results and the snippets of code: tools that look for secrets write them there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from keyhole.core.escaping import escape
from keyhole.core.finding import Finding, ScanResult, worst_first
from keyhole.core.plural import counted
from keyhole.core.reach import IMPORTED
from keyhole.core.summary import capitalised
from keyhole.core.terms import Confidence, Kind, Severity, Status
from keyhole.scanners.assessed import issues_as_findings
from keyhole.scanners.assessment import Issue
from keyhole.scanners.hits import About, Digest
from keyhole.scans import sarif_own
from keyhole.scans.sarif_identity import Identities, Taken, fingerprints, rule_name
from keyhole.scans.sarif_nodes import Malformed, Node
from keyhole.scans.sarif_own import Known, Own
from keyhole.scans.sarif_places import NOWHERE, Places
from keyhole.scans.sarif_rules import Named, Rules

MOST_BYTES = 16 << 20
MOST_RESULTS = 10_000
_MOST_RUNS, _MOST_PLACES = 20, 1_000
_LONGEST_TITLE, _LONGEST_TEXT = 200, 2_000
_LONGEST_CATEGORY = 17
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.LOW}
_WORDS = {severity.value: severity for severity in Severity} | {"moderate": Severity.MEDIUM}
"""What some tools write where the number belongs."""
_PRECISIONS = {
    "very-high": Confidence.HIGH,
    "high": Confidence.HIGH,
    "medium": Confidence.MEDIUM,
    "low": Confidence.LOW,
}
_WITHIN = ("startColumn", "charOffset", "byteOffset")
_NO_FINDING = frozenset({"pass", "notApplicable", "informational"})
_KINDS = (
    (Kind.SECRET, frozenset({"secret", "secrets", "credential", "credentials"})),
    (
        Kind.VULNERABILITY,
        frozenset({"vulnerability", "vulnerabilities", "dependency", "dependencies", "sca", "cve"}),
    ),
    (
        Kind.INFRASTRUCTURE,
        frozenset({"iac", "infrastructure", "terraform", "kubernetes", "misconfiguration"}),
    ),
    (Kind.WORKFLOW, frozenset({"workflow", "workflows", "github-actions", "actions"})),
)


@dataclass(slots=True)
class _Told:
    """What the whole file says, besides its findings."""

    drivers: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    suppressed: int = 0
    absent: int = 0
    astray: int = 0
    commit: str = ""
    known: int = 0
    """Results that Keyhole wrote, about findings that are known."""


@dataclass(slots=True)
class _Tool:
    """What the file holds of one scanner."""

    runs: list[list[Taken]] = field(default_factory=list)
    ids: set[tuple[str, str]] = field(default_factory=set)
    """See `Rules.ids`."""
    places: int = 0

    def take(self, run: Node, told: _Told, root: str) -> None:
        """Adds what a run says."""
        rules = Rules(run)
        taken = list(_results(run, rules, told, root))
        self.runs.append(taken)
        self.ids.update(rules.ids)
        self.places += sum(len(each.places) for each in taken)
        told.astray += rules.astray


def read(
    raw: bytes, digest: Digest, commit: str, root: str = "", known: Known = sarif_own.nothing
) -> ScanResult:
    """The result that a SARIF file tells of. `commit` is where its paths are, unless it says so itself.

    `root` is the folder that the tool ran in, for files with absolute addresses. What Keyhole wrote itself is taken as
    it is `known`.

    Malformed, which is InvalidInput, names what is wrong and where; then nothing of the file counts.
    """
    log = _document(raw)
    if log.text("version") != "2.1.0":
        raise log.wrong("version", "is not 2.1.0")
    told = _Told()
    by_scanner: dict[str, _Tool] = {}
    for run in log.children("runs", _MOST_RUNS):
        by_scanner.setdefault(_scanner(run), _Tool()).take(run, told, root)
        if sum(each.places for each in by_scanner.values()) > MOST_RESULTS * 5:
            raise log.wrong(
                "runs", f"hold more than {MOST_RESULTS * 5:,} places, which is the most that is taken"
            )
    if not by_scanner:
        raise log.wrong("runs", "is empty, so no tool says anything")
    findings: list[Finding] = []
    owned: dict[str, Own] = {}
    for name, tool in by_scanner.items():
        issues: list[Issue] = []
        for one, places in Identities(tool.runs, tool.ids).issues():
            issues += places
            if one.own is not None:
                owned[f"{one.rule}:{digest(places[0].identity)}"] = one.own
        findings += issues_as_findings(name, issues, told.commit or commit, digest)
    findings, told.known = sarif_own.recognised(findings, owned, known)
    if len(findings) > MOST_RESULTS:
        raise log.wrong("runs", f"hold {len(findings):,} findings, and at most {MOST_RESULTS:,} are taken")
    return ScanResult(
        status=Status.INCOMPLETE if told.reasons else Status.COMPLETE,
        reasons=tuple(dict.fromkeys(told.reasons)),
        notes=tuple(_notes(told)),
        commit=told.commit or commit,
        scanners=tuple(by_scanner),
        objects=0,
        bytes_read=0,
        findings=worst_first(tuple(findings)),
        rules_version=hashlib.sha256("\n".join(told.versions).encode("utf-8", "replace")).hexdigest()[:12],
        duration=0.0,
        isolation=(),
    )


def _document(raw: bytes) -> Node:
    if len(raw) > MOST_BYTES:
        raise Malformed(
            f"The file has more than {MOST_BYTES >> 20} MiB, which is the most that is taken.",
            field="file",
            hint="Most tools can leave out snippets of code, which are not taken anyway.",
        )
    try:
        found = json.loads(raw)
    except RecursionError:
        raise Malformed("The file is nested too deeply.", field="file") from None
    except ValueError as problem:
        line = f" (line {problem.lineno})" if isinstance(problem, json.JSONDecodeError) else ""
        raise Malformed(f"The file is no JSON{line}.", field="file", hint="SARIF is JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise Malformed("The file is JSON, but no SARIF: it has to be one object.", field="file")
    return Node(found, "")


def _scanner(run: Node) -> str:
    driver = run.child("tool").child("driver")
    name = "-".join(re.findall(r"[a-z0-9]+", driver.text("name").lower()))[:40].strip("-")
    if not name:
        raise driver.wrong("name", "has no letter or digit to name the scanner by")
    # One tool may write several files, one for each language, say: none of them fixes what another one found.
    category = run.child("automationDetails").text("id", "").rpartition("/")[0].lower()
    words = "-".join(re.findall(r"[a-z0-9]+", category))
    if len(words) > _LONGEST_CATEGORY:
        words = f"{words[:10].strip('-')}-{hashlib.sha256(words.encode()).hexdigest()[:6]}"
    return "-".join(filter(None, (f"{IMPORTED}{name}", words)))


def _results(run: Node, rules: Rules, told: _Told, root: str) -> Iterator[Taken]:
    driver = run.child("tool").child("driver")
    name = _plain(driver.text("name"), 60)
    version = driver.text("semanticVersion", driver.text("version", ""))
    told.drivers.append(f"{name} {_plain(version, 40)}".strip())
    told.versions.append(f"{name} {version}")
    told.reasons += _unfinished(run, name)
    for source in run.children("versionControlProvenance", 100):
        revision = source.text("revisionId", "")
        if _COMMIT.fullmatch(revision):
            told.commit = told.commit or revision
    places = Places(run, root)
    for result in run.children("results", MOST_RESULTS):
        if result.text("kind", "fail") in _NO_FINDING:
            continue
        if result.text("baselineState", "new") == "absent":
            told.absent += 1
            continue
        told.suppressed += _is_suppressed(result)
        yield _taken(result, rules, places, name)


def _unfinished(run: Node, name: str) -> Iterator[str]:
    """Why what the run does not name may be there all the same."""
    for invocation in run.children("invocations", 1000):
        if invocation.value.get("executionSuccessful") is False:
            yield f"{name} says that it did not run to its end"
        kinds = ("toolExecutionNotifications", "toolConfigurationNotifications")
        if any(
            each.value.get("level") == "error"
            for kind in kinds
            for each in invocation.children(kind, 100_000)
        ):
            yield f"{name} says that it met errors"
    # An empty list says that nothing was found. None says that nobody looked (3.14.23), or that they are elsewhere.
    if run.value.get("results") is None:
        yield f"{name} has no list of results in the file, so nothing is known of what it looked at"
    elif run.child("externalPropertyFileReferences").value.get("results"):
        yield f"{name} has results in other files, which were not read"


def _is_suppressed(result: Node) -> bool:
    """Whether the tool leaves the result out: nobody has refused that, or has yet to say (3.35.3)."""
    states = {each.text("status", "accepted") for each in result.children("suppressions", _MOST_PLACES)}
    return states == {"accepted"}


def _taken(result: Node, rules: Rules, places: Places, tool: str) -> Taken:
    named = rules.of_result(result)
    whole, partial = fingerprints(result)
    where = list(_places(result, places))
    tags = named.told.child("properties").value.get("tags")
    return Taken(
        named=named,
        rule=rule_name(named.name),
        about=_about(tool, named, result, rules),
        places=[(path, line) for path, line, _ in where],
        spot=where[0][1:],
        message=result.child("message").text("text", "").encode("utf-8", "replace"),
        whole=whole,
        partial=partial,
        own=sarif_own.own(result, tags) if tool == sarif_own.DRIVER else None,
    )


def _places(result: Node, places: Places) -> Iterator[tuple[bytes, int, int]]:
    """Paths, lines, and the columns or offsets that tell places in a line apart."""
    found = False
    for location in result.children("locations", _MOST_PLACES):
        physical = location.child("physicalLocation")
        if "artifactLocation" not in physical.value:
            continue
        found = True
        region = physical.child("region")
        line = region.number("startLine", 1)
        if not 1 <= line < 1 << 31:
            raise physical.wrong("region.startLine", "is not a line, which are counted from 1")
        within = next((region.number(key) for key in _WITHIN if region.value.get(key) is not None), 0)
        yield places.path(physical.child("artifactLocation")), line, within
    if not found:
        yield NOWHERE, 1, 0


def _about(tool: str, named: Named, result: Node, rules: Rules) -> About:
    rule, called = named.told, _plain(named.name, 100)
    title = rule.child("shortDescription").text("text", "") or rule.text("name", "") or named.name
    why = rule.child("fullDescription").text("text", "")
    fix = rule.child("help").text("text", "")
    return About(
        title=_plain(capitalised(title), _LONGEST_TITLE),
        severity=_severity(named, result, rules),
        confidence=_PRECISIONS.get(rule.child("properties").text("precision", ""), Confidence.MEDIUM),
        why=_plain(why, _LONGEST_TEXT)
        or f"{tool} reports it by its rule {called}, and its file says no more.",
        fix=_plain(fix, _LONGEST_TEXT) or f"See what {tool} says about its rule {called}.",
        references=tuple(
            _plain(one, 500) for one in [rule.text("helpUri", "")] if one.startswith("https://")
        ),
        kind=_kind(rule),
    )


def _severity(named: Named, result: Node, rules: Rules) -> Severity:
    for properties in (result.child("properties"), named.told.child("properties")):
        given = properties.value.get("security-severity")
        if isinstance(given, str) and given.strip().lower() in _WORDS:
            return _WORDS[given.strip().lower()]
        try:
            score = float(given) if given and isinstance(given, str | int | float) else -1.0
        except (ValueError, OverflowError):
            raise properties.wrong("security-severity", "is no number") from None
        if 0 < score <= 10:
            bounds = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
            return next((severity for bound, severity in bounds if score >= bound), Severity.LOW)
    return _LEVELS[rules.level(result, named)]


def _kind(rule: Node) -> Kind:
    tags = rule.child("properties").value.get("tags")
    words = {str(tag).lower() for tag in tags} if isinstance(tags, list) else set()
    return next((kind for kind, known in _KINDS if words & known), Kind.CODE)


def _notes(told: _Told) -> Iterator[str]:
    yield f"Imported from a SARIF file of {', '.join(dict.fromkeys(told.drivers))}."
    if told.known:
        yield f"{counted(told.known, 'result')} that Keyhole wrote itself, about findings that are known here."
    if told.suppressed:
        yield f"{counted(told.suppressed, 'result')} that the tool suppressed counted all the same."
    if told.astray:
        yield f"{counted(told.astray, 'result')} of a part of the tool that the file does not have."
    if told.absent:
        yield f"{counted(told.absent, 'result')} that the tool says are gone left out."


def _plain(text: str, longest: int) -> str:
    words = " ".join(text.split())
    shown = words if len(words) <= longest else f"{words[: longest - 3].rstrip()}..."
    return escape(shown.encode("utf-8", "replace"))
