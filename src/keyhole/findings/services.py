"""What people do with findings: look for them, look at one, decide about some, and take a decision back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.findings import covering, expiring, replacing, tallies
from keyhole.findings.deciding import DecisionSpec, Target, kind_of, reason_of, target_of, until_of
from keyhole.findings.filtering import ProblemFilter, matching, ordered
from keyhole.findings.models import Covered, Decision, DecisionId, Event, Happened, Problem, Scope
from keyhole.scanners.registry import all_scanners

__all__ = [
    "DecisionSpec",
    "Preview",
    "ProblemFilter",
    "check_scanners",
    "covered_by",
    "decide",
    "decisions",
    "get",
    "get_decision",
    "hidden_by",
    "list_problems",
    "preview",
    "replacements",
    "the_only_ones",
    "withdraw",
]

_BATCH = 500
_SHOWN = Q(problems__repository__removed_at=None)


def list_problems(caller: Caller, wanted: ProblemFilter) -> QuerySet[Problem]:
    """Findings that match, in the order asked for, with their repositories."""
    require(caller, "finding:read")
    expiring.catch_up()
    return ordered(matching(wanted), wanted.order).select_related("repository__owner")


def check_scanners(caller: Caller, names: Iterable[str]) -> None:
    """InvalidInput, naming the field `scanner`, for one that there is not and that nothing was ever found by."""
    require(caller, "finding:read")
    for name in names:
        if name not in all_scanners() and not Problem.objects.filter(scanner=name[:64]).exists():
            raise InvalidInput(
                f"There is no scanner {name[:40]!r}, and no finding of one.",
                field="scanner",
                hint=f"There are: {', '.join(all_scanners())}.",
            )


def get(caller: Caller, number: int) -> Problem:
    """One finding with all that is known of it. NotFound."""
    require(caller, "finding:read")
    expiring.catch_up()
    found = (
        Problem.objects.select_related(
            "repository__owner", "detail", "decision__made_by", "merged_into", "first_scan", "last_scan"
        )
        .filter(pk=number)
        .first()
    )
    if found is None:
        raise NotFound("There is no such finding.", hint="`keyhole findings list` lists them.")
    return found


def by_key(caller: Caller, repository_id: int, keys: Collection[str]) -> dict[str, Problem]:
    """The findings of a repository with these ids of `core.Finding`, by id."""
    require(caller, "finding:read")
    expiring.catch_up()
    rows = Problem.objects.filter(repository=repository_id)
    found: dict[str, Problem] = {}
    given = sorted(keys)
    for start in range(0, len(given), _BATCH):
        found.update({row.key: row for row in rows.filter(key__in=given[start : start + _BATCH])})
    return found


def history(caller: Caller, problem: Problem) -> QuerySet[Event]:
    """What happened to a finding since it was first seen, oldest first."""
    require(caller, "finding:read")
    return problem.events.select_related("scan", "decision__made_by", "by")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would hide."""

    target: Target
    hides: QuerySet[Problem]
    """Findings that are open now and would not be any more, and those of `replaces`, worst first."""
    repositories: tuple[tuple[str, int], ...]
    """In which repositories they are, and how many."""
    others: int
    """Findings that it would cover, too, and that stay hidden by others: decided about, or merged."""
    replaces: tuple[Decision, ...]
    """Decisions that hide some of them until now, in whose place it would come; newest first."""

    @property
    def count(self) -> int:
        """How many it hides."""
        return sum(number for _, number in self.repositories)


def _connected(rows: QuerySet[Problem]) -> QuerySet[Problem]:
    """Without those of disconnected repositories, which no list shows: a decision covers them, but hides nothing."""
    return rows.filter(repository__removed_at=None)


def preview(caller: Caller, spec: DecisionSpec) -> Preview:
    """What the decision would hide now. InvalidInput or NotFound if it makes no sense; the reason is not asked for."""
    require(caller, "finding:decide")
    expiring.catch_up()
    target = target_of(spec)
    rows = _in_sight(target)
    hides = _hides(rows, target.scope)
    groups = (
        hides.order_by().values_list("repository__owner__login", "repository__name").annotate(Count("pk"))
    )
    return Preview(
        target,
        ordered(hides, ProblemFilter().order).select_related("repository__owner"),
        tuple(sorted((f"{owner}/{name}", number) for owner, name, number in groups)),
        rows.exclude(status="fixed").exclude(pk__in=hides.order_by().values("pk")).count(),
        _replaced(hides),
    )


def _in_sight(target: Target) -> QuerySet[Problem]:
    return _connected(target.rows()) if target.scope == Scope.PACKAGE else target.rows()


def _hides(rows: QuerySet[Problem], scope: Scope) -> QuerySet[Problem]:
    replaced = Q(covering.replaceable(scope), merged_into=None) & ~Q(status="fixed")
    return rows.filter(Q(is_open=True) | replaced)


def _replaced(hides: QuerySet[Problem]) -> tuple[Decision, ...]:
    decided = hides.order_by().exclude(decision=None).values("decision")
    return tuple(Decision.objects.select_related("made_by").filter(pk__in=decided))


def _refuse_unseen(spec: DecisionSpec, target: Target) -> None:
    """Conflict, naming it, if the decision would come in the place of another one that nobody who asks for it saw."""
    if spec.replaces is None:
        return
    # Whoever decides about the same at this moment is waited for: SQLite does that by itself.
    list(target.rows().order_by("pk").select_for_update(no_key=True).values_list("pk"))
    replaced = _replaced(_hides(_in_sight(target), target.scope))
    unseen = [each.told for each in replaced if each.pk not in spec.replaces]
    if unseen:
        raise Conflict(
            f"Not decided: it would replace {'; '.join(unseen[:5])}.",
            hint="Look at that first, then decide again.",
        )


def decide(caller: Caller, spec: DecisionSpec) -> Decision:
    """Accept findings for a while, or call them false positives. InvalidInput, naming the field, or NotFound; Conflict
    if it would replace a decision that is not among those it may replace.
    """
    user = require(caller, "finding:decide")
    kind, reason, until = kind_of(spec), reason_of(spec), until_of(spec)
    expiring.catch_up()
    target = target_of(spec)
    now = timezone.now()
    with transaction.atomic():
        _refuse_unseen(spec, target)
        decision = Decision.objects.create(
            kind=kind,
            scope=target.scope,
            reason=reason,
            expires_at=until,
            repository=target.repository,
            rule=target.rule,
            path=target.path,
            ecosystem=target.ecosystem,
            package=target.package,
            version=spec.version[:200] if target.scope == Scope.FINDING else "",
            made_by=user,
            made_at=now,
        )
        DecisionId.objects.bulk_create([DecisionId(decision=decision, text=text) for text in target.ids])
        Covered.objects.bulk_create(
            [Covered(decision=decision, problem_id=number) for number in target.problems], batch_size=2000
        )
        numbers = covering.apply(decision, now, user)
        tallies.count(tallies.repositories_of(decision), now)
        _record(caller, "finding:decide", decision, len(numbers))
    return decision


def withdraw(caller: Caller, number: int) -> Decision:
    """Take a decision back: what it alone covered is open again. NotFound; Conflict if it has ended already."""
    user = require(caller, "finding:decide")
    get_decision(caller, number)
    now = timezone.now()
    with transaction.atomic():
        ended = covering.live().filter(pk=number).update(ended_at=now, withdrawn_at=now, withdrawn_by=user)
        decision = get_decision(caller, number)
        if not ended:
            raise Conflict("This decision is not in force any more.", hint="It expired, or was taken back.")
        released = covering.release(decision, Happened.WITHDRAWN, now, user)
        tallies.count({*tallies.repositories_of(decision), *released.places}, now)
        _record(caller, "finding:withdraw", decision, len(released.numbers))
    return decision


def decisions(caller: Caller) -> QuerySet[Decision]:
    """Every decision, newest first, with how many findings each covers now."""
    require(caller, "finding:read")
    expiring.catch_up()
    rows = Decision.objects.select_related("made_by", "withdrawn_by", "repository__owner")
    return rows.prefetch_related("ids").annotate(hides=Count("problems", filter=_SHOWN))


def hidden_by(caller: Caller, decision: Decision) -> QuerySet[Problem]:
    """The findings that a decision covers now, in connected repositories."""
    require(caller, "finding:read")
    return _connected(decision.problems.all()).select_related("repository__owner")


def covered_by(caller: Caller, decision: Decision) -> QuerySet[Problem]:
    """The findings that a decision is about, whatever hides them, in connected repositories."""
    require(caller, "finding:read")
    return _connected(covering.covered_by(decision))


def replacements(caller: Caller, given: Collection[Decision]) -> dict[int, list[Decision]]:
    """For those of these decisions that are in force and hide nothing: what hides what they cover, newest first."""
    require(caller, "finding:read")
    hiding = set(Problem.objects.filter(decision__in=given).order_by().values_list("decision", flat=True))
    return replacing.all_of([each for each in given if each.ended_at is None and each.pk not in hiding])


def the_only_ones(caller: Caller, given: Collection[Decision]) -> dict[int, Problem]:
    """The finding that each of these decisions is about, by its id; those about several, or more, are left out."""
    require(caller, "finding:read")
    named = Covered.objects.filter(decision__in=given).order_by().values("decision")
    single = named.annotate(number=Count("pk"), only=Min("problem")).filter(number=1)
    numbers = dict(single.values_list("decision", "only"))
    rows = Problem.objects.select_related("repository__owner").in_bulk(list(numbers.values()))
    return {decision: rows[number] for decision, number in numbers.items()}


def get_decision(caller: Caller, number: int) -> Decision:
    """One decision. NotFound."""
    require(caller, "finding:read")
    found = decisions(caller).filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such decision.", hint="`keyhole findings decisions` lists them.")
    return found


def _record(caller: Caller, action: str, decision: Decision, changed: int) -> None:
    places = covering.covered_by(decision).order_by()
    names = places.values_list("repository__owner__login", "repository__name").distinct()[:50]
    append(
        Draft(
            action=action,
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={
                "decision_id": decision.pk,
                "kind": decision.kind,
                "scope": decision.scope,
                "reason": decision.reason,
                "expires_at": decision.expires_at.isoformat() if decision.expires_at else None,
                "rule": decision.rule,
                "path": decision.path,
                "version": decision.version,
                "package": f"{decision.ecosystem} {decision.package}".strip(),
                "ids": sorted(decision.ids.values_list("text", flat=True)),
                "findings": changed,
                "repositories": [f"{owner}/{name}" for owner, name in names],
            },
        )
    )
