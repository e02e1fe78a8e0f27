"""Looking up what a report says: the only part of making one that asks the database."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db.models import Max, QuerySet
from django.utils import timezone

from keyhole.core.escaping import escape
from keyhole.core.finding import Finding, ScanResult
from keyhole.findings import expiring
from keyhole.findings.judging import kept_verdict
from keyhole.findings.models import Problem
from keyhole.reports.dataset import MERGED, Dataset, Decided, Row, Source, in_words, source_of
from keyhole.reports.products import product_of
from keyhole.scanners.interface import Remembers, UnknownScanner
from keyhole.scanners.registry import named
from keyhole.scans.models import Scan, State
from keyhole.scans.refs import head_ref
from keyhole.scans.reports import outcome, result

WITH_RESULT = (State.COMPLETE, State.INCOMPLETE)
_AT_ONCE = 500
_LEFT = timedelta(days=100)
"""Longer than a quarter: what is scanned once in each counts until it is scanned again."""


def of_scan(scan: Scan) -> Dataset:
    """The report of a scan, with what has become of its findings since. Conflict if the scan came to nothing."""
    found = result(scan)
    expiring.catch_up()
    return _of(scan, found, tuple(_rows(scan, found)), rfc3339(timezone.now()))


def as_it_ended(scan: Scan) -> Dataset:
    """The report of a scan as it was when it ended: always the same. Conflict if the scan came to nothing."""
    found = result(scan)
    name = scan.repository.full_name
    titles = {each.id: each.title for each in found.findings}
    merged = scan.findings.exclude(shown_as="").order_by().values_list("key", "shown_as", "merge_reason")
    decided = {key: (_shown_with(reason, titles[into]),) for key, into, reason in merged}
    rows = tuple(Row(each, name, decided=decided.get(each.id, ())) for each in found.findings)
    report = _of(scan, found, rows, rfc3339(scan.finished_at))
    return replace(report, about=f"{report.about} As it ended, without what was decided since.")


def _of(scan: Scan, found: ScanResult, rows: tuple[Row, ...], at: str) -> Dataset:
    return Dataset(
        title=shown(scan.name),
        about=f"Code scan {scan.pk} of {scan.repository.full_name}, {_looked_at(scan)}.",
        made_at=at,
        sources=(_source(scan, found),),
        rows=rows,
        libraries=found.libraries,
    )


def _looked_at(scan: Scan) -> str:
    if scan.imported:
        return f"imported from a file for {shown(scan.ref_name)}" if scan.ref else "imported from a file"
    return f"the history of {shown(scan.ref_name)}" if scan.ref else "the whole history"


def _source(scan: Scan, found: ScanResult) -> Source:
    # Where the scan's process ended in the middle, its result does not know what it was to read.
    return source_of(
        replace(found, commit=found.commit or scan.commit),
        number=scan.pk,
        name=shown(scan.name),
        repository=scan.repository.full_name,
        ref=shown(scan.ref_name),
        started=rfc3339(scan.started_at),
        finished=rfc3339(scan.finished_at),
        policy=_policy(scan),
        product=product_of(scan.repository),
        imported=scan.imported,
    )


def _policy(scan: Scan) -> str:
    verdict = kept_verdict(scan)
    return "" if verdict is None else in_words(verdict, scan.state == State.COMPLETE)


def _rows(scan: Scan, found: ScanResult) -> Iterable[Row]:
    keys = [each.id for each in found.findings]
    known: dict[str, Problem] = {}
    for start in range(0, len(keys), _AT_ONCE):  # SQLite takes only so many values at once
        rows = Problem.objects.filter(
            repository=scan.repository_id, key__in=keys[start : start + _AT_ONCE]
        ).select_related("decision__made_by", "merged_into__decision__made_by")
        known |= {row.key: row for row in rows}
    name, here = scan.repository.full_name, frozenset(keys)
    for each in found.findings:
        problem = known.get(each.id)
        yield _row(each, name, problem, here) if problem else Row(each, name)


def _row(finding: Finding, repository: str, problem: Problem, keys: Container[str]) -> Row:
    return Row(
        finding,
        repository,
        status=problem.status,
        decided=_decided(problem, keys),
        due=rfc3339(problem.due_at),
    )


def _decided(problem: Problem, keys: Container[str]) -> tuple[Decided, ...]:
    """What was decided about it, or that the report has it under another finding."""
    main = problem.merged_into
    if main is not None and main.key in keys:
        return (_shown_with(problem.merge_reason, main.title),)
    decision = problem.decision or (main.decision if main is not None else None)
    if decision is None or (decision.expires_at is not None and decision.expires_at <= timezone.now()):
        return ()  # it may have expired since this report was begun
    return (
        Decided(
            str(decision.kind),
            shown(decision.reason),
            rfc3339(decision.expires_at),
            shown(decision.made_by.email),
        ),
    )


def _shown_with(reason: str, title: str) -> Decided:
    return Decided(MERGED, shown(f"{reason}. It stands there as {title}."), "", "")


def of_problems(
    problems: Iterable[Problem], repositories: Collection[int], *, title: str, about: str
) -> Dataset:
    """The report of findings of these repositories, or of all; what it rests on are the newest scans of each."""
    found = list(problems)
    keys: dict[int, set[str]] = {}
    for each in found:
        keys.setdefault(each.repository_id, set()).add(each.key)
    rows = tuple(
        _row(each.as_core(), each.repository.full_name, each, keys[each.repository_id]) for each in found
    )
    return Dataset(
        title=shown(title),
        about=shown(about),
        made_at=rfc3339(timezone.now()),
        sources=tuple(_newest(repositories)),
        rows=rows,
        filtered=True,
    )


def _newest(repositories: Collection[int]) -> Iterable[Source]:
    """Also of those in which nothing was found: that, too, is only known of what was scanned."""
    scans = Scan.objects.filter(state__in=WITH_RESULT, repository__removed_at=None)
    if repositories:
        scans = scans.filter(repository__in=repositories)
    for number in scans.order_by("repository").values_list("repository", flat=True).distinct():
        for scan in _last_of_each_scanner(_in_use(_telling(number))):
            yield _source(scan, outcome(scan))


def _in_use(scans: QuerySet[Scan]) -> QuerySet[Scan]:
    """Without those that did not see everything, so long before the newest that whoever scans has left it at that."""
    newest = scans.defer("log", "evidence").first()
    if newest is None or newest.finished_at is None:
        return scans
    return scans.exclude(state=State.INCOMPLETE, finished_at__lt=newest.finished_at - _LEFT)


def _last_of_each_scanner(scans: QuerySet[Scan]) -> Iterable[Scan]:
    """The newest scans that tell of all scanners together, newest first: none sees what another one did not."""
    groups = scans.order_by().values("scanners", "ref", "state").annotate(newest=Max("pk"))
    newest = sorted(groups.values_list("newest", "scanners", "ref", "state"), reverse=True)
    cut = _cut_short(newest)
    told: set[tuple[str, bool]] = set()
    for number, scanners, ref, _ in newest:
        tells = {(name, whole) for name in scanners for whole in (False, not ref or name not in cut)}
        if not told.issuperset(tells):
            told |= tells
            yield scans.get(pk=number)


def _cut_short(newest: Iterable[tuple[int, list[str], str, str]]) -> set[str]:
    """The scanners of history whose newest scan of everything did not see everything: one of a branch, which reads the
    history of that branch alone, does not make up for it.
    """
    states: dict[str, str] = {}
    for _, scanners, ref, state in newest:
        for name in scanners if not ref else ():
            states.setdefault(name, state)
    return {name for name, state in states.items() if state == State.INCOMPLETE and _reads_history(name)}


def _reads_history(scanner: str) -> bool:
    try:
        return isinstance(named(scanner), Remembers)
    except UnknownScanner:  # of an imported file, or one that there was
        return False


def _telling(repository: int) -> QuerySet[Scan]:
    """The scans with a result that tell how the repository is, newest first: those of a branch beside, as of a push, do
    not, unless there are no others.
    """
    scans = Scan.objects.select_related("repository__owner").order_by("-pk")
    scans = scans.filter(repository=repository, state__in=WITH_RESULT)
    beside = scans.exclude(ref="").defer("log", "evidence").first()
    if beside is None:  # git is asked for no more repositories than it has to be
        return scans
    main = scans.filter(ref__in=("", head_ref(beside.repository.git_dir)))
    return main if main.exists() else scans


def newest_scan(repository: int, ref: str = "") -> Scan | None:
    """The newest scan of the repository, and of the branch or tag if one is given, that came to a result.

    Without one, a branch that HEAD does not name counts only where nothing else was scanned. So does what was imported:
    it says what one tool found, and is complete without anybody having looked for anything else.
    """
    if ref:
        named = Scan.objects.select_related("repository__owner").order_by("-pk")
        named = named.filter(repository=repository, state__in=WITH_RESULT)
        scans = named.filter(ref__in=(ref, f"refs/heads/{ref}", f"refs/tags/{ref}"))
    else:
        scans = _telling(repository)
    return scans.filter(evidence__imported__isnull=True).first() or scans.first()


def shown(text: str) -> str:
    """What a person wrote, as a report may hold it."""
    return escape(text.encode("utf-8", "surrogatepass"))


def rfc3339(moment: datetime | None) -> str:
    """The moment in UTC, to the second; empty for none."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""
