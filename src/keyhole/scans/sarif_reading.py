"""SARIF 2.1.0 of any tool as the result of a scan.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Taken are rules, places and fingerprints.
Not taken are the messages of results and the snippets of code: tools that look for secrets write them there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
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
from keyhole.scans.sarif_nodes import Malformed, Node
from keyhole.scans.sarif_own import Known, Own
from keyhole.scans.sarif_places import NOWHERE, Places

MOST_BYTES = 16 << 20
MOST_RESULTS = 10_000
_MOST_RUNS, _MOST_RULES, _MOST_PLACES = 20, 20_000, 1_000
_LONGEST_TITLE, _LONGEST_TEXT = 200, 2_000
_LONGEST_CATEGORY = 17
_MOST_PARTS = 20
"""Parts of a rule's name that are taken off to find the rule."""
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.LOW}
_PRECISIONS = {
    "very-high": Confidence.HIGH,
    "high": Confidence.HIGH,
    "medium": Confidence.MEDIUM,
    "low": Confidence.LOW,
}
_NOT_TOLD = "requires login"
"""What semgrep writes as the fingerprint of every result where nobody has signed in to its service."""
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
    commit: str = ""
    owned: dict[tuple[str, bytes], Own] = field(default_factory=dict)
    """Results that Keyhole wrote, by rule and identity."""
    known: int = 0


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
    by_scanner: dict[str, list[Issue]] = {}
    for run in log.children("runs", _MOST_RUNS):
        name = _scanner(run)
        by_scanner.setdefault(name, []).extend(_issues(run, told, root))
        if sum(map(len, by_scanner.values())) > MOST_RESULTS * 5:
            raise log.wrong(
                "runs", f"hold more than {MOST_RESULTS * 5:,} places, which is the most that is taken"
            )
    if not by_scanner:
        raise log.wrong("runs", "is empty, so no tool says anything")
    findings: list[Finding] = []
    for name, issues in by_scanner.items():
        findings += issues_as_findings(name, issues, told.commit or commit, digest)
    owned = {f"{rule}:{digest(identity)}": each for (rule, identity), each in told.owned.items()}
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


def _issues(run: Node, told: _Told, root: str) -> Iterator[Issue]:
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
    rules = _Rules(run, name)
    places = Places(run, root)
    seen: Counter[bytes] = Counter()
    for result in run.children("results", MOST_RESULTS) if run.value.get("results") is not None else ():
        if result.text("kind", "fail") in _NO_FINDING:
            continue
        if result.text("baselineState", "new") == "absent":
            told.absent += 1
            continue
        if result.value.get("suppressions"):
            told.suppressed += 1
        issues = list(_of_result(result, rules, places, seen))
        mine = sarif_own.own(result, rules.tags(result)) if name == sarif_own.DRIVER else None
        if mine is not None:
            told.owned[issues[0].rule, issues[0].identity] = mine
        yield from issues


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


def _of_result(result: Node, rules: _Rules, places: Places, seen: Counter[bytes]) -> Iterator[Issue]:
    rule, about = rules.about(result)
    where = list(_places(result, places))
    prints = _fingerprints(result, where[0][0])
    # Without fingerprints: file and message, and its turn among those that are the same.
    message = result.child("message").text("text", "").encode("utf-8", "replace")
    basis = b"\0".join((rule.encode(), prints or where[0][0], b"" if prints else message))
    turn = 0 if prints else seen[basis]
    seen[basis] += 1
    identity = basis + b"\0%d" % turn
    for path, line in where:
        yield Issue(rule, identity, path, line, about)


def _places(result: Node, places: Places) -> Iterator[tuple[bytes, int]]:
    found = False
    for location in result.children("locations", _MOST_PLACES):
        physical = location.child("physicalLocation")
        if "artifactLocation" not in physical.value:
            continue
        found = True
        line = physical.child("region").number("startLine", 1)
        if not 1 <= line < 1 << 31:
            raise physical.wrong("region.startLine", "is not a line, which are counted from 1")
        yield _path(physical.child("artifactLocation"), places), line
    if not found:
        yield NOWHERE, 1


def _path(location: Node, places: Places) -> bytes:
    return places.path(location) if "uri" in location.value else NOWHERE


def _fingerprints(result: Node, path: bytes) -> bytes:
    """What the tool says makes it the same in every run; partial ones only together with the file."""
    named, partial = result.child("fingerprints").value, result.child("partialFingerprints").value
    whole = {key: told for key, told in named.items() if told != _NOT_TOLD}
    chosen = whole or partial
    if not chosen:
        return b""
    if not all(isinstance(each, str) for each in chosen.values()):
        raise result.wrong("partialFingerprints", "holds something else than texts")
    told = "\0".join(f"{key}={chosen[key]}" for key in sorted(chosen)).encode("utf-8", "replace")
    return told if whole else b"\0".join((path, told))


class _Rules:
    """The rules that a run knows, and what a result says about which of them it is."""

    def __init__(self, run: Node, tool: str) -> None:
        self._tool = tool
        components = [run.child("tool").child("driver"), *run.child("tool").children("extensions", 1000)]
        self._lists = [list(each.children("rules", _MOST_RULES)) for each in components]
        self._by_id = {rule.text("id"): rule for rules in self._lists for rule in rules}

    def about(self, result: Node) -> tuple[str, About]:
        """The rule's name as findings write it, and what to say about the result."""
        given = result.child("rule")
        name = result.text("ruleId", given.text("id", ""))
        rule = self._named(name) or self._numbered(result, given) or Node({}, "rule")
        name = name or rule.text("id", "")
        if not name:
            raise result.wrong("ruleId", "is missing, and no ruleIndex says it")
        return _rule_name(name), _about(self._tool, name, rule, result)

    def tags(self, result: Node) -> object:
        """The tags of the result's rule, whatever they are; None if it has no rule."""
        given = result.child("rule")
        rule = self._named(result.text("ruleId", given.text("id", ""))) or self._numbered(result, given)
        return rule.child("properties").value.get("tags") if rule is not None else None

    def _named(self, name: str) -> Node | None:
        for _ in range(_MOST_PARTS):
            if name in self._by_id:
                return self._by_id[name]
            name = name.rpartition("/")[0]  # a rule may have parts, which only results name (3.52.4)
        return None

    def _numbered(self, result: Node, given: Node) -> Node | None:
        index = result.number("ruleIndex", given.number("index", -1))
        component = given.child("toolComponent").number("index", -1) + 1
        rules = self._lists[component] if 0 <= component < len(self._lists) else []
        return rules[index] if 0 <= index < len(rules) else None


def _rule_name(raw: str) -> str:
    name = "-".join(re.findall(r"[a-z0-9]+", raw.lower()))[:90].strip("-")
    return name or f"rule-{hashlib.sha256(raw.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _about(tool: str, name: str, rule: Node, result: Node) -> About:
    called = _plain(name, 100)
    title = rule.child("shortDescription").text("text", "") or rule.text("name", "") or name
    why = rule.child("fullDescription").text("text", "")
    fix = rule.child("help").text("text", "")
    return About(
        title=_plain(capitalised(title), _LONGEST_TITLE),
        severity=_severity(rule, result),
        confidence=_PRECISIONS.get(rule.child("properties").text("precision", ""), Confidence.MEDIUM),
        why=_plain(why, _LONGEST_TEXT)
        or f"{tool} reports it by its rule {called}, and its file says no more.",
        fix=_plain(fix, _LONGEST_TEXT) or f"See what {tool} says about its rule {called}.",
        references=tuple(
            _plain(one, 500) for one in [rule.text("helpUri", "")] if one.startswith("https://")
        ),
        kind=_kind(rule),
    )


def _severity(rule: Node, result: Node) -> Severity:
    for properties in (result.child("properties"), rule.child("properties")):
        given = properties.value.get("security-severity")
        try:
            score = float(given) if isinstance(given, str | int | float) else -1.0
        except (ValueError, OverflowError):
            raise properties.wrong("security-severity", "is no number") from None
        if 0 < score <= 10:
            bounds = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
            return next((severity for bound, severity in bounds if score >= bound), Severity.LOW)
    level = result.text("level", rule.child("defaultConfiguration").text("level", "warning"))
    if level not in _LEVELS:
        raise result.wrong("level", f"is none of {', '.join(_LEVELS)}")
    return _LEVELS[level]


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
    if told.absent:
        yield f"{counted(told.absent, 'result')} that the tool says are gone left out."


def _plain(text: str, longest: int) -> str:
    words = " ".join(text.split())
    shown = words if len(words) <= longest else f"{words[: longest - 3].rstrip()}..."
    return escape(shown.encode("utf-8", "replace"))
