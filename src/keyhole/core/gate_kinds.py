"""The kinds of gate a policy is made of: each a dataclass whose fields are what can be written in a policy.

A gate looks at the whole of a scan and says what is wrong, or nothing. It errs on the strict side: what is not known
(the age of advisories, how likely a vulnerability is exploited, whether a finding is new, or anything that no scanner
of the scan looks for) fails the gate that asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from keyhole.core import licences
from keyhole.core.facts import Facts, Failed, Subject
from keyhole.core.finding import Finding
from keyhole.core.library import Library
from keyhole.core.reach import not_looked_for, scan_too, scanned_by
from keyhole.core.terms import Confidence, Kind, Severity

MOST_NAMED = 200
"""How many findings or packages a breach names; `number` counts them all."""

_SEVERITIES = list(Severity)
_CONFIDENCES = list(Confidence)
_PLURALS = {
    Kind.SECRET: "secrets",
    Kind.VULNERABILITY: "vulnerabilities",
    Kind.MALICIOUS: "malicious packages",
    Kind.WORKFLOW: "workflow defects",
    Kind.INFRASTRUCTURE: "infrastructure defects",
    Kind.CODE: "defects of code",
    Kind.LICENCE: "licence findings",
    Kind.OTHER: "other findings",
}


@dataclass(frozen=True, slots=True)
class FindingsGate:
    """At most so many findings that fit everything said here; those that say the same count once."""

    id: ClassVar[str] = "findings"

    most: int = 0
    """How many may be there."""
    severity: Severity = Severity.LOW
    """Only those of this severity or worse."""
    confidence: Confidence = Confidence.LOW
    """Only those of this confidence or surer."""
    kinds: tuple[Kind, ...] = ()
    """Only these kinds; empty is all."""
    scanners: tuple[str, ...] = ()
    """Only those of these scanners; empty is all."""
    new: bool = False
    """Only those that are new; see `Facts.new`."""
    fixable: bool = False
    """Only those of packages of which a version without the matter is known."""
    kev: bool = False
    """Only those that CISA knows to be exploited; where its list was never synced, all of packages count."""
    epss: float = 0.0
    """Only those exploited within 30 days with at least this probability (0 to 1); if it is unknown, they count."""
    dev: bool = True
    """Whether packages that are only needed for developing count."""
    because: str = ""
    """Why the gate is there, for whoever breaches it."""

    @property
    def demand(self) -> str:
        """What it demands."""
        amount = f"At most {self.most:,}" if self.most else "No"
        what = " or ".join(_PLURALS[kind] for kind in self.kinds) or "findings"
        return f"{amount} {''.join(self._before())}{what}{''.join(self._after())}"

    def _before(self) -> list[str]:
        return ["new " if self.new else "", "fixable " if self.fixable else ""]

    def _after(self) -> Iterable[str]:
        if self.severity is not Severity.LOW:
            worse = "" if self.severity is Severity.CRITICAL else " or worse"
            yield f" of severity {self.severity}{worse}"
        if self.confidence is not Confidence.LOW:
            surer = "" if self.confidence is Confidence.HIGH else " or surer"
            yield f" of confidence {self.confidence}{surer}"
        if self.kev:
            yield " known to be exploited (KEV)"
        if self.epss > 0:
            yield f" likely to be exploited (EPSS {self.epss:g} or more, or unknown)"
        if self.scanners:
            yield f" by {' or '.join(self.scanners)}"
        if not self.dev:
            yield ", development packages aside"

    def judge(self, subject: Subject) -> Failed | None:
        """What is wrong; None if it passes."""
        facts = subject.facts
        fitting = _once((found for found in subject.findings if self._fits(found, facts)), facts)
        unseen = self._unseen(facts)
        if len(fitting) <= self.most:
            return unseen
        if unseen is None and self.kev and not facts.kev_at:
            unseen = Failed(
                "The scan had no list of what is exploited (KEV), so any of them may be.",
                "Or sync that list (keyhole advisories sync, with KEYHOLE_KEV_URL), then scan again.",
            )
        first = fitting[0]
        where = first.locations[0].where
        more = f", and {len(fitting) - 1:,} more" if len(fitting) > 1 else ""
        why = f"{counted(len(fitting), 'such finding')}: {first.title} in {where}{more}."
        fix = f"{_sentence(first.fix)}Or accept it, with a reason and a date."
        return Failed(
            why if unseen is None else f"{why} {unseen.why}",
            fix if unseen is None else f"{fix} {unseen.fix}",
            len(fitting),
            findings=tuple(found.id for found in fitting[:MOST_NAMED]),
        )

    def _unseen(self, facts: Facts) -> Failed | None:
        """What it asks for that nothing in the scan could have found; without kinds or scanners it asks for nothing."""
        absent = [name for name in self.scanners if name not in facts.scanners]
        if absent:
            return _not_scanned_by(absent, facts)
        among = {
            name: each for name, each in facts.reach.items() if not self.scanners or name in self.scanners
        }
        unsought = not_looked_for(self.asked, among, facts.scanners)
        if not unsought:
            return None
        nobodys = " and ".join(_PLURALS[kind] for kind, finders in unsought.items() if not finders)
        fix = scan_too(facts.scanners, unsought.values())
        if nobodys:
            fix += f" No scanner{' of the gate' if self.scanners else ''} finds {nobodys}: take them out of the gate."
        what = " or ".join(_PLURALS[kind] for kind in unsought)
        return Failed(f"Nothing looked for {what}: {scanned_by(facts.scanners)}.", fix.strip())

    @property
    def asked(self) -> tuple[Kind, ...]:
        """The kinds that something has to look for; empty for whatever the scan looks for."""
        return self.kinds or ((Kind.VULNERABILITY,) if self._about_packages else ())

    @property
    def _about_packages(self) -> bool:
        return self.fixable or self.kev or self.epss > 0

    def _fits(self, found: Finding, facts: Facts) -> bool:
        if self.kinds and found.kind not in self.kinds:
            return False
        if self.scanners and found.scanner not in self.scanners:
            return False
        if _SEVERITIES.index(found.severity) > _SEVERITIES.index(self.severity):
            return False
        if _CONFIDENCES.index(found.confidence) > _CONFIDENCES.index(self.confidence):
            return False
        if self.new and facts.new is not None and found.id not in facts.new:
            return False
        return self._fits_package(found, facts)

    def _fits_package(self, found: Finding, facts: Facts) -> bool:
        package = found.package[0] if found.package else None
        if package is None:
            # A vulnerability that was imported: how it is exploited is unknown, and no version is known to end it.
            unknown = found.kind is Kind.VULNERABILITY and not self.fixable
            return unknown or not self._about_packages
        if package.dev and not self.dev:
            return False
        if self.fixable and not package.fixed:
            return False
        if self.kev and facts.kev_at and not package.kev:
            return False
        return not 0 <= package.epss < self.epss


@dataclass(frozen=True, slots=True)
class LicencesGate:
    """Every package has a licence that is accepted."""

    id: ClassVar[str] = "licences"

    unknown: str
    """`allow` or `deny`: what becomes of packages whose licence is not said, or not understood."""
    allowed: tuple[str, ...] = ()
    """Only these licences, by their SPDX names, or beginnings of names and `*`; empty is all but the denied."""
    denied: tuple[str, ...] = ()
    """None of these licences."""
    dev: bool = True
    """Whether packages that are only needed for developing are looked at."""
    because: str = ""
    """Why the gate is there, for whoever breaches it."""

    @property
    def demand(self) -> str:
        """What it demands."""
        parts = [f"only {', '.join(self.allowed)}"] if self.allowed else []
        parts += [f"none of {', '.join(self.denied)}"] if self.denied else []
        parts += ["none that is unknown"] if self.unknown == "deny" else []
        return f"Licences: {'; '.join(parts)}{'' if self.dev else ' (development packages aside)'}"

    def judge(self, subject: Subject) -> Failed | None:
        """What is wrong; None if it passes."""
        listing = [name for name, each in subject.facts.reach.items() if each.packages]
        if not any(name in listing for name in subject.facts.scanners):
            return Failed(
                f"Nothing listed the packages: {scanned_by(subject.facts.scanners)}.",
                scan_too(subject.facts.scanners, [listing]),
            )
        wrong: dict[str, str] = {}
        stated: dict[tuple[str, ...], tuple[str, ...]] = {}
        for library in subject.libraries:
            stated[_one(library)] = stated.get(_one(library), ()) + library.licences
        for library in subject.libraries:
            # A manifest names no licence; the lock file beside it may.
            said = library.licences or stated[_one(library)]
            problem = "" if library.dev and not self.dev else self._problem(said)
            if problem:
                wrong.setdefault(f"{library.name} {library.version}".strip(), problem)
        if not wrong:
            return None
        first, problem = next(iter(wrong.items()))
        more = f", and {counted(len(wrong) - 1, 'more package')}" if len(wrong) > 1 else ""
        return Failed(
            f"{first}: {problem}{more}.",
            "Replace the package by one under another licence, or have the licence allowed by the policy.",
            len(wrong),
            packages=tuple(wrong)[:MOST_NAMED],
        )

    def _problem(self, given: tuple[str, ...]) -> str:
        said = licences.read(given)
        stopped = [
            name for text in said.expressions for name in licences.refused(text, self.allowed, self.denied)
        ]
        if stopped:
            return f"its licence is {', '.join(dict.fromkeys(stopped))}"
        if self.unknown == "deny" and not said.known:
            return (
                f"its licence {said.unknown[0][:100]!r} is unknown" if said.unknown else "no licence is said"
            )
        return ""


def _one(library: Library) -> tuple[str, ...]:
    """What two places that name the same package at the same version have in common."""
    return (library.purl,) if library.purl else (library.ecosystem, library.name, library.version)


@dataclass(frozen=True, slots=True)
class AdvisoriesGate:
    """What packages were compared with is not older than this."""

    id: ClassVar[str] = "advisories"

    max_age_days: int
    """Days since the advisories were last synced."""
    because: str = ""
    """Why the gate is there, for whoever breaches it."""

    @property
    def demand(self) -> str:
        """What it demands."""
        return f"Advisories not older than {counted(self.max_age_days, 'day')}"

    def judge(self, subject: Subject) -> Failed | None:
        """What is wrong; None if it passes."""
        if not subject.facts.advisories_at:
            return Failed(
                "The scan compared no package with advisories.",
                "Sync the advisories (keyhole advisories sync), then scan with the scanner dependencies, too.",
            )
        at = _moment(subject.facts.advisories_at)
        if at is None or subject.now - at > timedelta(days=self.max_age_days):
            age = "of an unknown age" if at is None else f"{counted((subject.now - at).days, 'day')} old"
            return Failed(
                f"They are {age}.", "Sync the advisories (keyhole advisories sync), then scan again."
            )
        return None


@dataclass(frozen=True, slots=True)
class CompleteGate:
    """The scan saw everything."""

    id: ClassVar[str] = "complete"

    because: str = ""
    """Why the gate is there, for whoever breaches it."""

    @property
    def demand(self) -> str:
        """What it demands."""
        return "A scan that saw everything"

    def judge(self, subject: Subject) -> Failed | None:
        """What is wrong; None if it passes."""
        if subject.facts.complete:
            return None
        reasons = "; ".join(subject.facts.reasons) or "no reason is known"
        return Failed(
            f"It did not: {reasons}.", "Mend what kept it from reading everything, then scan again."
        )


@dataclass(frozen=True, slots=True)
class ScannersGate:
    """These scanners ran."""

    id: ClassVar[str] = "scanners"

    required: tuple[str, ...]
    """Ids of scanners."""
    because: str = ""
    """Why the gate is there, for whoever breaches it."""

    @property
    def demand(self) -> str:
        """What it demands."""
        return f"Scanned by {' and '.join(self.required)}"

    def judge(self, subject: Subject) -> Failed | None:
        """What is wrong; None if it passes."""
        missing = [name for name in self.required if name not in subject.facts.scanners]
        if not missing:
            return None
        return _not_scanned_by(missing, subject.facts)


Gate = FindingsGate | LicencesGate | AdvisoriesGate | CompleteGate | ScannersGate
GATES: dict[str, type[Gate]] = {
    gate.id: gate for gate in (FindingsGate, LicencesGate, AdvisoriesGate, CompleteGate, ScannersGate)
}
"""Every kind of gate by id."""


def _not_scanned_by(names: list[str], facts: Facts) -> Failed:
    fix = scan_too(facts.scanners, [(name,) for name in names])
    return Failed(f"It was not scanned by {' and '.join(names)}.", fix)


def _once(findings: Iterable[Finding], facts: Facts) -> list[Finding]:
    """Of those that say the same the one that is shown; the first where that is not among them."""
    kept: dict[str, Finding] = {}
    for found in findings:
        if found.id == facts.same(found) or facts.same(found) not in kept:
            kept[facts.same(found)] = found
    return list(kept.values())


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}. " if text else ""


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
