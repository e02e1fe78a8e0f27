"""Compares the packages of all lock files with the advisories, and says what could not be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from keyhole.core.escaping import escape
from keyhole.core.finding import Confidence, Kind, Severity
from keyhole.core.summary import counted
from keyhole.scanners.dependencies.formats import reader_of
from keyhole.scanners.dependencies.index import Index, Unusable
from keyhole.scanners.dependencies.match import Match, Unordered, matches
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed, Package
from keyhole.scanners.interface import About, Assessment, Issue

MOST_PACKAGES = 1_000_000
_NAMED = 3
"""Names given as examples of many."""
_LONGEST_SUMMARY = 120
_MALICIOUS = "MAL-"

_FETCH = "keyhole advisories sync fetches them"


class Packages:
    """The scanner, made ready."""

    def __init__(self, advisories: Path | None) -> None:
        self._index: Index | None = None
        self._why = "there are no advisories yet"
        try:
            self._index = Index(advisories) if advisories is not None else None
        except Unusable as problem:
            self._why = str(problem)
        self._known = self._index.coverage() if self._index is not None else {}

    def wants(self, path: bytes) -> bool:
        """Whether it is a file that names packages."""
        return reader_of(path) is not None

    def assess(self, files: Iterable[tuple[bytes, bytes]]) -> Assessment:
        """Every package of every file."""
        found: list[tuple[bytes, Package]] = []
        gaps: list[str] = []
        count = 0
        for path, content in files:
            count += 1
            try:
                found += [(path, package) for package in _read(path, content)]
            except Malformed as problem:
                gaps.append(f"{escape(path)} was not assessed: {problem}")
            if len(found) > MOST_PACKAGES:
                gaps.append(f"more than {MOST_PACKAGES:,} packages; the others were not assessed")
                break
        if not found:
            return Assessment(
                (),
                tuple(gaps),
                (f"{counted(count, 'file')} that could name packages, and no package in them.",),
            )
        if self._index is None:
            return Assessment((), (*gaps, f"{_packages(len(found))} not assessed: {self._why}; {_FETCH}"), ())
        return self._assessed(self._index, found, count, gaps)

    def _assessed(
        self, index: Index, found: list[tuple[bytes, Package]], count: int, gaps: list[str]
    ) -> Assessment:
        unknown: Counter[str] = Counter()
        settled = {_key(package) for _, package in found if package.version}
        managed = 0
        loose: list[Package] = []
        issues: list[Issue] = []
        for path, package in found:
            if package.ecosystem not in self._known:
                unknown[package.ecosystem] += 1
            elif package.managed and not package.version and _key(package) in settled:
                managed += 1
            elif not package.version:
                loose.append(package)
            else:
                try:
                    issues += [_issue(path, match) for match in matches(index, package)]
                except Unordered:
                    loose.append(package)
        gaps += [
            f"{_packages(number, f' of {name}')} not assessed: there are no advisories for {name}"
            for name, number in sorted(unknown.items())
        ]
        if loose:
            gaps.append(f"{_packages(len(loose), ' without one exact version')} not assessed: {_some(loose)}")
        compared = len(found) - len(loose) - managed - sum(unknown.values())
        read = f"{counted(compared, 'package')} of {counted(count, 'file')}"
        note = f"{read} compared with advisories of {index.at[:10]}."
        return Assessment(tuple(issues), tuple(gaps), (note,))


def _packages(number: int, which: str = "") -> str:
    return f"{counted(number, 'package')}{which} {'was' if number == 1 else 'were'}"


def _read(path: bytes, content: bytes) -> list[Package]:
    read = reader_of(path)
    return list(read(content)) if read is not None else []


def _key(package: Package) -> tuple[str, str]:
    return package.ecosystem, normal(package.ecosystem, package.name)


def _some(packages: list[Package]) -> str:
    names = sorted({escape(package.name.encode("utf-8", "replace"))[:80] for package in packages})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _issue(path: bytes, match: Match) -> Issue:
    malicious = any(one.startswith(_MALICIOUS) for one in match.ids)
    package = "\0".join(_key(match.package))
    identity = f"{package}\0{_lasting(match.ids)}".encode("utf-8", "replace")
    rule = "malicious-package" if malicious else "vulnerable-package"
    return Issue(rule, identity, path, match.package.line, _about(match, malicious))


def _about(match: Match, malicious: bool) -> About:
    first, package = match.entries[0], match.package
    summary = first.summary or "The advisory has no summary"
    ids = ", ".join(match.ids)
    references = [url for entry in match.entries for url in entry.references if url.startswith("https://")]
    return About(
        title=_plain(f"{package.name}: {_shortened(summary)}"),
        severity=_severity(match, malicious),
        confidence=Confidence.HIGH,
        why=_plain(f"{package.name} {package.version} of {package.ecosystem} is affected by {ids}."),
        fix=_plain(_fix(match, malicious)),
        references=tuple(dict.fromkeys(map(_plain, references)))[:10],
        kind=Kind.MALICIOUS if malicious else Kind.VULNERABILITY,
    )


def _severity(match: Match, malicious: bool) -> Severity:
    if malicious:
        return Severity.CRITICAL
    given = [Severity(entry.severity) for entry in match.entries if entry.severity]
    # Without a word from anybody: not so low that nobody looks.
    return min(given, key=list(Severity).index) if given else Severity.MEDIUM


def _fix(match: Match, malicious: bool) -> str:
    name = match.package.name
    if malicious:
        return f"Remove {name} at once, and take whatever ran it as known to the attacker: rotate what it could reach."
    if match.fixed:
        return f"Upgrade {name} to {match.fixed} or later."
    return f"No version of {name} is known to fix this. See the references for what helps until there is one."


def _lasting(ids: tuple[str, ...]) -> str:
    """The id that the matter keeps when others join: a CVE where there is one."""
    return min(ids, key=lambda one: (not one.startswith("CVE-"), not one.startswith("GHSA-"), one))


def _shortened(summary: str) -> str:
    first = summary.partition(". ")[0].removesuffix(".")
    return first if len(first) <= _LONGEST_SUMMARY else f"{first[: _LONGEST_SUMMARY - 3].rstrip()}..."


def _plain(text: str) -> str:
    return escape(" ".join(text.split()).encode("utf-8", "replace"))
