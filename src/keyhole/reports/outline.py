"""The order in which reports for people tell things: one group for each matter, with every place that has it.

Thousands of findings are mostly few matters: what it is, why it matters and what to do stands there once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keyhole.core.finding import Location
from keyhole.core.plural import counted
from keyhole.core.terms import Kind, Severity
from keyhole.reports.dataset import Decided, Row, Source

KINDS = {
    Kind.SECRET: "Secrets",
    Kind.VULNERABILITY: "Vulnerable packages",
    Kind.MALICIOUS: "Malicious packages",
    Kind.WORKFLOW: "Workflows",
    Kind.INFRASTRUCTURE: "Infrastructure",
    Kind.CODE: "Insecure code",
    Kind.LICENCE: "Licences",
    Kind.OTHER: "Other",
}
"""Each kind as a heading."""


@dataclass(frozen=True, slots=True)
class Group:
    """One matter."""

    title: str
    severity: Severity
    kind: Kind
    scanner: str
    rule: str
    why: str
    fix: str
    references: tuple[str, ...]
    rows: tuple[Row, ...]


def groups(rows: Iterable[Row]) -> list[Group]:
    """The matters, in the order of their first row."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        about = row.finding
        key = (about.severity.value, about.scanner, about.rule, about.title, about.why, about.fix)
        found.setdefault(key, []).append(row)
    return [_group(tuple(each)) for each in found.values()]


def _group(rows: tuple[Row, ...]) -> Group:
    first = rows[0].finding
    return Group(
        title=first.title,
        severity=first.severity,
        kind=first.kind,
        scanner=first.scanner,
        rule=first.rule,
        why=first.why,
        fix=first.fix,
        references=first.references,
        rows=rows,
    )


def where(location: Location) -> str:
    """The place, as people write it."""
    return f"{location.where} ({location.note})" if location.note else location.where


def remarks(row: Row) -> list[str]:
    """What else is to be said of one finding, each in a few words."""
    about = row.finding
    said = [row.status] if row.status in ("new", "reopened", "fixed") else []
    said += [f"ends in …{about.last4}"] if about.last4 else []
    more = about.occurrences - 1
    said += [f"{more:,} more {'place' if more == 1 else 'places'}"] if more else []
    for package in about.package:
        said += [package.how] if package.how else []
        said += ["only for development"] if package.dev else []
        said += [f"fixed in {package.fixed}"] if package.fixed else []
        said += ["known to be exploited"] if package.kev else []
        said += [f"EPSS {100 * package.epss:.1f} %"] if package.epss >= 0 else []
    said += [f"due {row.due[:10]}"] if row.due and row.open else []
    return said + [decision(each) for each in row.decided]


def decision(decided: Decided) -> str:
    """A decision in a sentence."""
    word = decided.word.replace("_", " ")
    until = f" until {decided.until[:10]}" if decided.until else ""
    by = f" by {decided.by}" if decided.by else ""
    return f"{word}{until}{by}: {decided.reason}"


def facts(source: Source) -> list[tuple[str, str]]:
    """Label and value of what there is to say about a scan."""
    read = f"{counted(source.objects, 'object')}, {source.bytes_read / 1e6:,.1f} MB"
    said = [
        ("Scan", f"{source.number}, {source.name}" if source.number else ""),
        ("Repository", source.repository),
        ("Branch or tag", source.ref or ("" if source.imported else "Whole history")),
        ("Commit", source.commit),
        ("Ended", moment(source.finished)),
        ("Took", f"{source.duration:,.1f} s"),
        ("Read", "Nothing: its findings came in a file" if source.imported else read),
        ("Policy", source.policy),
        ("Scanners", ", ".join(source.scanners)),
        ("Rules", source.rules_version),
        ("Advisories of", moment(source.advisories_at)),
        ("Held in by", ", ".join(source.isolation)),
        ("Also", " ".join(source.notes)),
    ]
    return [(label, value) for label, value in said if value]


def moment(text: str) -> str:
    """A moment as people read it, to the minute; empty stays empty."""
    return f"{text[:10]} {text[11:16]} UTC" if text else ""
