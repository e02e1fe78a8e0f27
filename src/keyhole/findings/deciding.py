"""What is asked for when somebody decides about findings, checked before anything happens."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from keyhole.core.errors import InvalidInput, NotFound
from keyhole.findings import covering
from keyhole.findings.models import Kind, Problem, Scope
from keyhole.repositories.models import Repository

MOST_AT_ONCE = 10_000
"""Findings that one decision names one by one."""
LONGEST_REASON = 1000
LONGEST_YEARS = 5
_CONTROL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class DecisionSpec:
    """A decision as people ask for it."""

    kind: str
    """`accepted` or `false_positive`."""
    reason: str = ""
    until: datetime | None = None
    """When it expires: required of what is accepted, at most LONGEST_YEARS away."""
    scope: str = Scope.FINDING.value
    problems: tuple[int, ...] = ()
    """Of scope `finding`: ids. Of scope `package`: one finding that says which package and advisory is meant."""
    repository_id: int | None = None
    """Of scope `repository`, with `rule` and `path`; see `Decision`."""
    rule: str = ""
    path: str = ""
    ecosystem: str = ""
    package: str = ""
    ids: tuple[str, ...] = ()
    """Of scope `package`, in the place of a finding: the advisory by any of its ids. Beside one, they have to agree."""
    version: str = ""
    """Of scope `finding`: the one version of the package that it is about, such as a statement of OpenVEX."""
    replaces: tuple[int, ...] | None = None
    """Ids of the decisions in whose place it may come, as somebody saw them; None for whichever there are."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a decision would be about, looked up."""

    scope: Scope
    problems: tuple[int, ...] = ()
    repository: Repository | None = None
    rule: str = ""
    path: str = ""
    ecosystem: str = ""
    package: str = ""
    ids: tuple[str, ...] = ()

    def rows(self) -> QuerySet[Problem]:
        """All findings there are of it now."""
        match self.scope:
            case Scope.FINDING:
                return Problem.objects.filter(pk__in=self.problems)
            case Scope.PACKAGE:
                return covering.about(self.ecosystem, self.package, self.ids)
            case _:
                return covering.in_repository(
                    self.repository.pk if self.repository else 0, self.rule, self.path
                )


def widened(spec: DecisionSpec, rule: str | None = None) -> DecisionSpec:
    """A spec that was asked for from findings, as one of scope `repository` asks for it; others stay as they are.

    The finding says which repository and, unless another one or none is given, which rule. NotFound; InvalidInput if a
    repository is named that is not its own.
    """
    if spec.scope != Scope.REPOSITORY or (spec.repository_id is not None and not spec.problems):
        return spec
    row = _the_one(spec)
    if spec.repository_id not in {None, row.repository_id}:
        raise InvalidInput(
            "The finding is in another repository.",
            field="repository",
            hint="Name its own, or none; or name no finding, and the rule instead.",
        )
    return replace(
        spec, problems=(), repository_id=row.repository_id, rule=row.rule if rule is None else rule
    )


def target_of(spec: DecisionSpec) -> Target:
    """What the decision would be about. InvalidInput, naming the field, or NotFound."""
    if spec.scope not in Scope.values:
        raise InvalidInput("There is no such scope.", field="scope", hint=f"It is {_or(Scope.values)}.")
    match Scope(spec.scope):
        case Scope.FINDING:
            return _findings(spec)
        case Scope.PACKAGE:
            return _package(spec)
        case _:
            return _repository(spec)


def kind_of(spec: DecisionSpec) -> Kind:
    """What is decided. InvalidInput."""
    if spec.kind not in Kind.values:
        raise InvalidInput("There is no such decision.", field="kind", hint=f"It is {_or(Kind.values)}.")
    return Kind(spec.kind)


def reason_of(spec: DecisionSpec) -> str:
    """The reason, tidied up. InvalidInput if there is none."""
    reason = " ".join(spec.reason.split())
    if not reason:
        raise InvalidInput(
            "A decision needs a reason.", field="reason", hint="Say why, for whoever reads it in a year."
        )
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            f"The reason has {len(reason):,} characters; at most {LONGEST_REASON:,} are kept.", field="reason"
        )
    if any(unicodedata.category(char) in _CONTROL for char in reason):
        raise InvalidInput("The reason has control or invisible characters.", field="reason")
    return reason


def until_of(spec: DecisionSpec) -> datetime | None:
    """When it expires. InvalidInput if it must and does not, or not in time."""
    if spec.until is None:
        if kind_of(spec) is Kind.ACCEPTED:
            raise InvalidInput(
                "What is accepted is accepted until a date.",
                field="until",
                hint="Choose the day on which somebody should look again.",
            )
        return None
    now = timezone.now()
    if spec.until <= now:
        raise InvalidInput("The date has passed.", field="until", hint="Choose one that lies ahead.")
    if spec.until > now + timedelta(days=366 * LONGEST_YEARS):
        raise InvalidInput(f"The date is more than {LONGEST_YEARS} years away.", field="until")
    return spec.until


def _findings(spec: DecisionSpec) -> Target:
    wanted = tuple(dict.fromkeys(spec.problems))
    if not wanted:
        raise InvalidInput("No finding was chosen.", field="problems", hint="Choose at least one.")
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(
            f"One decision names at most {MOST_AT_ONCE:,} findings.",
            field="problems",
            hint="Decide about a rule of the repository, or about the advisory.",
        )
    known = [number for number in wanted if 0 < number < 2**63]
    if Problem.objects.filter(pk__in=known).count() != len(wanted):
        raise NotFound("There is no such finding.", hint="`keyhole findings list` lists them.")
    return Target(Scope.FINDING, problems=wanted)


def _package(spec: DecisionSpec) -> Target:
    if spec.problems:
        row = _the_one(spec)
        ids = tuple(row.advisory_ids.values_list("text", flat=True).order_by("text"))
        _refuse_another(spec, row, ids)
        spec_of = (row.ecosystem, row.package, ids)
    else:
        spec_of = (spec.ecosystem, spec.package, tuple(sorted(set(filter(None, spec.ids)))))
    if not all(spec_of):
        raise InvalidInput(
            "This finding is about no advisory of a package.",
            field="scope",
            hint="Decide about the finding alone, or about its rule in the repository.",
        )
    ecosystem, package, ids = spec_of
    if len(ecosystem) > 40 or len(package) > 300 or max(map(len, ids)) > 100 or "\0" in "".join(ids):
        raise InvalidInput("There is no advisory or package of such a name.", field="ids")
    # All that the decision will be about, so that a preview shows no less than it hides.
    every = tuple(sorted(covering.known_as(ecosystem, package, ids)))
    return Target(Scope.PACKAGE, ecosystem=ecosystem, package=package, ids=every)


def _refuse_another(spec: DecisionSpec, row: Problem, ids: tuple[str, ...]) -> None:
    """InvalidInput, naming the field, if what is told besides a finding is not what the finding is about."""
    hint = "Name the finding alone, or its package and advisory alone."
    for field, told, own in (
        ("ecosystem", spec.ecosystem, row.ecosystem),
        ("package", spec.package, row.package),
    ):
        if told and told != own:
            raise InvalidInput(f"The finding is of another {field}.", field=field, hint=hint)
    others = set(filter(None, spec.ids)).difference(ids)
    if others and not others <= covering.known_as(row.ecosystem, row.package, ids):
        raise InvalidInput("The finding is about another advisory.", field="ids", hint=hint)


def _the_one(spec: DecisionSpec) -> Problem:
    """The finding that says what a wider decision is about. InvalidInput unless it is one, or NotFound."""
    if len(set(spec.problems)) != 1:
        raise InvalidInput(
            "A decision about more than single findings is told by one of them.",
            field="problems",
            hint="Choose one finding, and decide for each of the others on its own.",
        )
    row = Problem.objects.filter(pk=spec.problems[0]).first()
    if row is None:
        raise NotFound("There is no such finding.", hint="`keyhole findings list` lists them.")
    return row


def _repository(spec: DecisionSpec) -> Target:
    row = Repository.objects.select_related("owner").filter(pk=spec.repository_id or 0).first()
    if row is None:
        raise NotFound("There is no such repository.", hint="`keyhole repo list` lists them.")
    path = spec.path.strip().strip("/")
    if len(path) > 1000:
        raise InvalidInput("The path is longer than 1,000 characters.", field="path")
    return Target(Scope.REPOSITORY, repository=row, rule=spec.rule.strip()[:100], path=path)


def _or(values: list[str]) -> str:
    return " or ".join(values)
