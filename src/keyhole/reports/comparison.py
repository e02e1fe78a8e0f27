"""Two scans beside each other: what one has that the other has not, and what else differs that could be why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from keyhole.core.finding import Finding
from keyhole.core.library import Library
from keyhole.core.plural import counted
from keyhole.core.strict_json import encode_fields
from keyhole.core.terms import Severity, Status
from keyhole.reports.dataset import Dataset, Source

_RANK = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Changed:
    """A finding that both have, with another severity."""

    before: Finding
    after: Finding


@dataclass(frozen=True, slots=True)
class LibraryChange:
    """A package that is at other versions, or in one of the two only."""

    ecosystem: str
    name: str
    before: tuple[str, ...]
    """Versions in the first scan; empty if it was not there."""
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something about how the two were done that differs."""

    label: str
    before: str
    after: str
    why: str
    """What a difference in findings may come from because of it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of it."""

    before: Source
    after: Source
    new: tuple[Finding, ...]
    """What only the second has, worst first."""
    gone: tuple[Finding, ...]
    """What only the first has, worst first."""
    same: tuple[Finding, ...]
    """What both have, at the same severity."""
    changed: tuple[Changed, ...]
    libraries: tuple[LibraryChange, ...]
    differences: tuple[Difference, ...]

    @property
    def fixed_is_known(self) -> bool:
        """Whether what is gone is fixed: the second is later, and saw everything that the first could have seen."""
        return (
            not self.backwards
            and self.after.status is Status.COMPLETE
            and self.before.repository == self.after.repository
            and self.before.ref == self.after.ref
            and set(self.before.scanners) <= set(self.after.scanners)
        )

    @property
    def backwards(self) -> bool:
        """Whether the second is the older one: what only the first has was not there yet, or had not been seen."""
        return self.before.number > self.after.number

    @property
    def gone_word(self) -> str:
        """What to call findings that only the first has."""
        return "fixed" if self.fixed_is_known else "not seen"

    @property
    def sentence(self) -> str:
        """What came out, in one sentence."""
        parts = [
            f"{len(self.new):,} new",
            f"{len(self.gone):,} {self.gone_word}",
            f"{len(self.same):,} the same",
        ]
        parts += [f"{len(self.changed):,} of another severity"] if self.changed else []
        parts += [counted(len(self.libraries), "library") + " changed"] if self.libraries else []
        return ", ".join(parts) + "."

    def to_json(self) -> dict[str, Any]:
        """Plain data for programs."""
        return {
            "before": encode_fields(self.before),
            "after": encode_fields(self.after),
            "sentence": self.sentence,
            "fixed_is_known": self.fixed_is_known,
            "new": [each.to_json() for each in self.new],
            "gone": [each.to_json() for each in self.gone],
            "same": [each.id for each in self.same],
            "changed": [
                {
                    "before": each.before.severity.value,
                    "after": each.after.severity.value,
                    "finding": each.after.to_json(),
                }
                for each in self.changed
            ],
            "libraries": [encode_fields(each) for each in self.libraries],
            "differences": [encode_fields(each) for each in self.differences],
        }


def compare(first: Dataset, second: Dataset) -> Comparison:
    """The two reports, each of one scan, beside each other."""
    before = {row.finding.id: row.finding for row in first.rows}
    after = {row.finding.id: row.finding for row in second.rows}
    # What is shown with another one is not listed, but is no news either when it is shown for itself one day.
    listed = [row.finding.id for row in second.rows if not row.merged]
    both = [key for key in listed if key in before]
    return Comparison(
        before=first.sources[0],
        after=second.sources[0],
        new=_worst_first(after[key] for key in listed if key not in before),
        gone=_worst_first(
            row.finding for row in first.rows if not row.merged and row.finding.id not in after
        ),
        same=_worst_first(after[key] for key in both if before[key].severity is after[key].severity),
        changed=tuple(
            Changed(before[key], after[key])
            for key in both
            if before[key].severity is not after[key].severity
        ),
        libraries=tuple(_libraries(first, second)),
        differences=tuple(_differences(first.sources[0], second.sources[0])),
    )


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(
        sorted(
            findings, key=lambda each: (_RANK[each.severity], each.locations[0].path, each.locations[0].line)
        )
    )


def _libraries(first: Dataset, second: Dataset) -> Iterable[LibraryChange]:
    """None if the scanner of packages looked at only one of them: nothing was removed then, it was not looked for."""
    if not all(
        "dependencies" in each.scanners and _told(each) for each in (first.sources[0], second.sources[0])
    ):
        return
    before, after = _versions(first.libraries), _versions(second.libraries)
    for ecosystem, name in sorted(before.keys() | after.keys()):
        old, new = before.get((ecosystem, name), frozenset()), after.get((ecosystem, name), frozenset())
        if old != new:
            yield LibraryChange(ecosystem, name, tuple(sorted(old)), tuple(sorted(new)))


def _versions(libraries: Iterable[Library]) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for each in libraries:
        found.setdefault((each.ecosystem, each.name), set()).add(each.version or "no version")
    return {key: frozenset(versions) for key, versions in found.items()}


def _differences(before: Source, after: Source) -> Iterable[Difference]:
    rows = (
        ("Repository", before.repository, after.repository, "They are scans of different repositories."),
        (
            "Branch or tag",
            before.ref or "whole history",
            after.ref or "whole history",
            "One may have read history that the other has not.",
        ),
        ("Commit", before.commit, after.commit, "The code is another."),
        (
            "Scanners",
            ", ".join(sorted(before.scanners)),
            ", ".join(sorted(after.scanners)),
            "What only one of them looked for, only that one can have found.",
        ),
        (
            "Rules",
            before.rules_version,
            after.rules_version,
            "A finding may be new because a rule is, and gone because a rule got better.",
        ),
        (
            "Advisories of",
            *_advisories(before, after),
            "What is known of packages changed meanwhile, also without any change in the code.",
        ),
        (
            "Seen",
            _seen(before),
            _seen(after),
            "What one of them did not see may be there all the same.",
        ),
    )
    for label, old, new, why in rows:
        if old != new:
            yield Difference(label, old, new, why)


def _advisories(before: Source, after: Source) -> tuple[str, str]:
    """The state of those that are not the same; of each ecosystem that both used, or else of the oldest."""
    if not (_told(before) and _told(after)):
        return "", ""
    old, new = ({one.ecosystem: one.at for one in each.advisories} for each in (before, after))
    if not (old and new):
        return before.advisories_at or "none", after.advisories_at or "none"
    differ = [name for name in old if name in new and old[name] != new[name]]
    return _listed(old, differ), _listed(new, differ)


def _listed(known: Mapping[str, str], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {known[name]}" for name in names)


def _told(source: Source) -> bool:
    """Whether the scan's process told anything before it ended: else it is not known what it would have said."""
    return source.status is Status.COMPLETE or bool(source.objects or source.isolation)


def _seen(source: Source) -> str:
    return (
        "everything" if source.status is Status.COMPLETE else f"not everything: {'; '.join(source.reasons)}"
    )
