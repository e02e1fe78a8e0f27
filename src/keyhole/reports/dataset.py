"""What a report says, before it has a format: plain data, frozen, and the same whoever renders it.

One data set is one scan, or what a filter over findings came to. Making one looks things up; rendering one looks at
nothing else, so that a report that was shared stays what it was. It survives JSON exactly, and refuses text that
could hide something, as findings do.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from keyhole import __version__
from keyhole.core.escaping import escape, is_escaped
from keyhole.core.finding import AdvisoriesOf, Finding, ScanResult
from keyhole.core.library import Library
from keyhole.core.plural import counted
from keyhole.core.strict_json import decode, encode_fields
from keyhole.core.terms import Kind, Severity, Status
from keyhole.findings.merging import Merge, together

if TYPE_CHECKING:
    from keyhole.core.gates import Verdict

MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided about a finding."""

    word: str
    """`accepted`, `false_positive`, or `merged` for one that the report has as another one."""
    reason: str
    until: str
    """When it ends, RFC 3339; empty if it does not."""
    by: str


@dataclass(frozen=True, slots=True)
class Row:
    """One finding of the report."""

    finding: Finding
    repository: str
    """Full name of the repository that it is in, or a folder's."""
    status: str = ""
    """`new`, `open`, `fixed` or `reopened`, over all scans; empty where that is not followed."""
    decided: tuple[Decided, ...] = ()
    """What was decided about it: nothing, or one thing."""
    due: str = ""
    """Until when it is to be fixed, RFC 3339; empty if nothing says so."""

    @property
    def merged(self) -> bool:
        """Whether another finding of the report is shown for it; `decided` says why."""
        return any(each.word == MERGED for each in self.decided)

    @property
    def open(self) -> bool:
        """Whether it is something to do: neither fixed nor decided about."""
        return self.status != "fixed" and not self.decided


@dataclass(frozen=True, slots=True)
class Source:
    """One scan that the report is from: what was read, when, by which rules, and whether that was all of it."""

    number: int
    """Of the scan; 0 for one that is not kept."""
    name: str
    repository: str
    ref: str
    """Branch or tag; empty for the whole history."""
    commit: str
    status: Status
    reasons: tuple[str, ...]
    """Why it is incomplete."""
    notes: tuple[str, ...]
    scanners: tuple[str, ...]
    rules_version: str
    advisories_at: str
    """When the advisories that it compared with were synced, RFC 3339; empty if none were used."""
    objects: int
    bytes_read: int
    started: str
    """RFC 3339; empty if not known."""
    finished: str
    duration: float
    """Seconds."""
    isolation: tuple[str, ...]
    policy: str = ""
    """What a policy said, in words: that of its environment when it ended, or the one that the report was asked for
    with. Empty if none judged it."""
    product: str = ""
    """The repository as a package URL; empty for a folder that is not connected."""
    imported: bool = False
    """Whether its findings came in a file of another tool, so that nothing was read."""
    advisories: tuple[AdvisoriesOf, ...] = ()
    """See `ScanResult.advisories`."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A whole report."""

    title: str
    about: str
    """What it covers, in a sentence."""
    made_at: str
    """RFC 3339, UTC."""
    sources: tuple[Source, ...]
    rows: tuple[Row, ...]
    """Worst first."""
    libraries: tuple[Library, ...] = ()
    made_by: str = f"Keyhole {__version__}"
    filtered: bool = False
    """Whether it has only the findings that match a filter, so that none of them is not clean."""

    def __post_init__(self) -> None:
        texts = [self.title, self.about, self.made_at, self.made_by]
        for source in self.sources:
            texts += [
                source.name,
                source.repository,
                source.ref,
                source.policy,
                source.product,
                *source.reasons,
                *source.notes,
            ]
        for row in self.rows:
            texts += [row.repository, row.due]
            texts += [text for each in row.decided for text in (each.word, each.reason, each.until, each.by)]
        if not all(map(is_escaped, texts)):
            raise ValueError("report holds unescaped text")

    @property
    def subtitle(self) -> str:
        """What it covers, for below the title; empty where the title says that already."""
        return "" if self.about == f"{self.title}." else self.about

    @property
    def open(self) -> tuple[Row, ...]:
        """What there is to do."""
        return tuple(row for row in self.rows if row.open)

    @property
    def put_aside(self) -> tuple[Row, ...]:
        """What is fixed or was decided about."""
        return tuple(row for row in self.rows if not row.open)

    @property
    def by_severity(self) -> dict[str, int]:
        """Open findings for each severity, worst first, zeros included."""
        numbers = Counter(row.finding.severity for row in self.open)
        return {severity.value: numbers[severity] for severity in Severity}

    @property
    def by_kind(self) -> dict[str, int]:
        """Open findings for each kind that there is."""
        numbers = Counter(row.finding.kind for row in self.open)
        return {kind.value: numbers[kind] for kind in Kind if numbers[kind]}

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why not everything was seen; empty if it was."""
        one = len(self.sources) == 1
        return tuple(
            reason if one else f"{source.repository}: {reason}"
            for source in self.sources
            for reason in source.reasons
        )

    @property
    def policies(self) -> tuple[str, ...]:
        """What policies said, in words; empty if none judged anything."""
        judged = [source for source in self.sources if source.policy]
        one = len(self.sources) == 1
        return tuple(each.policy if one else f"{each.repository}: {each.policy}" for each in judged)

    def of_repository(self, name: str) -> Dataset:
        """The part that is about one repository."""
        return dataclasses.replace(
            self,
            sources=tuple(source for source in self.sources if source.repository == name),
            rows=tuple(row for row in self.rows if row.repository == name),
        )

    @property
    def repositories(self) -> tuple[str, ...]:
        """Names of the repositories that it is about, each once."""
        named = [source.repository for source in self.sources] + [row.repository for row in self.rows]
        return tuple(dict.fromkeys(named))

    def product(self, repository: str) -> str:
        """A repository of the report as a package URL."""
        told = (source.product for source in self.sources if source.repository == repository)
        return next(filter(None, told), "") or product_named(repository)

    @property
    def complete(self) -> bool:
        """Whether everything was seen. A report of no scan saw nothing."""
        return bool(self.sources) and all(source.status is Status.COMPLETE for source in self.sources)

    @property
    def imported(self) -> bool:
        """Whether all of it came in files of other tools: what these looked at, nobody here knows."""
        return bool(self.sources) and all(source.imported for source in self.sources)

    @property
    def clean(self) -> bool:
        """Whether everything was seen here, all of it is in the report, and nothing of it is open."""
        return self.complete and not self.open and not self.filtered and not self.imported

    @property
    def verdict(self) -> str:
        """It in a sentence or two. What was not all seen is never clean."""
        found = counted(len(self.open), "open finding")
        merged = sum(row.merged for row in self.put_aside)
        aside = len(self.put_aside) - merged
        beside = f", and {aside:,} fixed or decided about" if aside else ""
        beside += f", and {merged:,} shown with another one" if merged else ""
        if not self.sources:
            return "No scan has ended, so nothing is known."
        if not self.complete:
            return f"Not everything could be read. {found.capitalize()} in what was{beside}."
        if not self.open and self.filtered:
            return f"No open finding matches{beside}."
        if not self.open and self.imported:
            return f"No open finding in what was imported{beside}. Keyhole itself read nothing for it."
        if not self.open:
            part = (
                " but for what imported files are about"
                if any(each.imported for each in self.sources)
                else ""
            )
            return f"Nothing open, and everything was read{part}{beside}."
        return f"{found.capitalize()}{beside}."

    def as_result(self) -> ScanResult:
        """The report as one scan result, for formats that know nothing else."""
        first = self.sources[0] if len(self.sources) == 1 else None
        reasons = self.reasons if self.sources else (self.verdict,)
        return ScanResult(
            status=Status.COMPLETE if self.complete else Status.INCOMPLETE,
            reasons=reasons,
            notes=tuple(dict.fromkeys(note for source in self.sources for note in source.notes)),
            commit=first.commit if first else "",
            scanners=tuple(dict.fromkeys(name for source in self.sources for name in source.scanners)),
            objects=sum(source.objects for source in self.sources),
            bytes_read=sum(source.bytes_read for source in self.sources),
            findings=tuple(row.finding for row in self.rows),
            rules_version=", ".join(dict.fromkeys(source.rules_version for source in self.sources)),
            duration=sum(source.duration for source in self.sources),
            isolation=tuple(dict.fromkeys(each for source in self.sources for each in source.isolation)),
            libraries=self.libraries,
            advisories_at=min((source.advisories_at for source in self.sources), default=""),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`; `from_json` gives the same report back."""
        return encode_fields(self)

    @classmethod
    def from_json(cls, data: object) -> Dataset:
        """The report written by `to_json`. Raises ValueError for anything missing, unknown or mistyped."""
        return decode(cls, data)


def product_named(name: str) -> str:
    """The package URL of a repository that is known by its name alone."""
    return f"pkg:generic/{quote(name, safe='/', errors='replace')}"


def of_result(result: ScanResult, *, name: str, ref: str = "", finished: str) -> Dataset:
    """The report of a scan that is not kept, of the folder `name`; `finished` is when it ended, RFC 3339.

    What says the same as another finding is put aside, by the rules of a server and with its reason.
    """
    source = source_of(result, number=0, name=name, repository=name, ref=ref, started="", finished=finished)
    merged = together(result.findings)
    return Dataset(
        title=name,
        about=f"A scan of {name}, {f'the history of {ref}' if ref else 'the whole history'}.",
        made_at=finished,
        sources=(source,),
        rows=tuple(
            Row(finding, name, decided=_shown_with(result.findings, merged.get(number)))
            for number, finding in enumerate(result.findings)
        ),
        libraries=result.libraries,
    )


def judged(report: Dataset, verdict: Verdict | None) -> Dataset:
    """The report of a scan with this verdict, in place of the one that it has; None is none."""
    sources = tuple(
        dataclasses.replace(
            source, policy="" if verdict is None else in_words(verdict, source.status is Status.COMPLETE)
        )
        for source in report.sources
    )
    return dataclasses.replace(report, sources=sources)


def in_words(verdict: Verdict, complete: bool) -> str:
    """What a report says of a verdict: the policy, whether it was passed, and what of it was not."""
    if verdict.passed:
        said = f"Passed {verdict.policy}{'' if complete else ', as far as the scan saw'}"
    else:
        said = f"Breached {verdict.policy}: {'; '.join(each.demand for each in verdict.breaches)}"
    return escape(said.encode("utf-8", "surrogatepass"))


def _shown_with(findings: Sequence[Finding], merge: Merge | None) -> tuple[Decided, ...]:
    if merge is None:
        return ()
    return (Decided(MERGED, f"{merge.reason}. It stands there as {findings[merge.into].title}.", "", ""),)


def source_of(result: ScanResult, **about: Any) -> Source:
    """The source that a result makes, with what the result does not know."""
    names = {field.name for field in dataclasses.fields(Source)}
    known = {field.name for field in dataclasses.fields(ScanResult)}
    return Source(**about, **{name: getattr(result, name) for name in names & known})
