"""What to know about a plan before following it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from keyhole.core.permissions import Level, vocabulary
from keyhole.core.plural import counted
from keyhole.core.request import OwnerKind
from keyhole.planner.demands import Demand, Source
from keyhole.planner.plan import Granted, Plan
from keyhole.planner.presets import Certainty, Preset
from keyhole.planner.request import MOST_DAYS

_LONG_DAYS = 90
_RISKY = {
    "administration": "can change settings and collaborators, and delete the repositories",
    "workflows": "can change what CI runs, and so run code with the secrets of workflows",
    "secrets": "can replace the secrets of workflows",
    "environments": "can change how deployments are protected",
    "members": "can change members and teams of the organization",
    "organization_administration": "can change the organization's settings",
    "keys": "can add SSH keys, which go on working when the token has ended",
    "repository_hooks": "can send what happens in the repositories to any address",
    "contents": "can push code, force-push and delete branches, unless the branches are protected",
}


class Severity(StrEnum):
    """How much a note matters."""

    INFO = "info"
    WARN = "warn"
    BAD = "bad"
    """Something asked for will not work."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know."""

    severity: Severity
    text: str
    """What is so, as a sentence."""
    hint: str = ""
    """What to do about it."""


def notes(plan: Plan) -> tuple[Note, ...]:
    """Everything to know about a plan, what matters most first."""
    found = [
        *_owner(plan),
        *_apps(plan),
        *_unmatched(plan),
        *_writing(plan),
        *_unused(plan),
        *_expiration(plan),
        *_certainty(plan),
        *_workflows(plan),
        *_public(plan),
        *_approval(plan),
    ]
    rank = list(reversed(Severity))
    return tuple(sorted(found, key=lambda note: rank.index(note.severity)))


def _owner(plan: Plan) -> Iterator[Note]:
    if not plan.dropped:
        return
    user = plan.request.owner_kind is OwnerKind.USER
    kind, other = ("a user account", "an organization") if user else ("an organization", "your own account")
    for demand in plan.dropped:
        ways = " or ".join(_words(demand, number) for number in range(len(demand.alternatives)))
        # A tool lists what it could use; a request that needs it fails.
        severity = Severity.WARN if demand.source is Source.PRESET else Severity.BAD
        yield Note(
            severity,
            f"{demand.by} {_asks(demand)} {ways}, which {kind} does not have.",
            f"It takes a token whose resource owner is {other}.",
        )


def _asks(demand: Demand) -> str:
    return "needs" if demand.source is Source.OPERATION else "asks for"


def _words(demand: Demand, number: int) -> str:
    return " and ".join(f"{name}: {level.word}" for name, level in demand.alternatives[number].items())


def _apps(plan: Plan) -> Iterator[Note]:
    for preset in plan.presets:
        if preset.needs_app and preset.hosted:
            yield Note(
                Severity.WARN,
                f"{preset.title} is its vendor's GitHub App: it is installed, and takes no token.",
                "Compare what it asks for when you install it with the permissions here.",
            )
        elif preset.needs_app:
            yield Note(
                Severity.WARN,
                f"{preset.title} signs in as a GitHub App that you register.",
                "Register it with these permissions instead of generating a token.",
            )
    if plan.app_only:
        listed = ", ".join(f"{name}: {word}" for name, word in plan.app_only.items())
        yield Note(
            Severity.BAD if not plan.needs_app else Severity.WARN,
            f"Only a GitHub App can have {listed}; no personal access token can.",
            "Whatever the tool does with it does not work with a token.",
        )


def _unmatched(plan: Plan) -> Iterator[Note]:
    if plan.unmatched:
        number = len(plan.unmatched)
        yield Note(
            Severity.BAD,
            f"Nothing is planned for {counted(number, 'request')} of what was given.",
            "Each is listed with its reason.",
        )


def _writing(plan: Plan) -> Iterator[Note]:
    for granted in plan.writing:
        if granted.name in _RISKY:
            yield Note(
                Severity.WARN,
                f"{granted.title}: {granted.level.word} {_RISKY[granted.name]}.",
                f"It is needed by {_needed_by(granted)}.",
            )


def _needed_by(granted: Granted) -> str:
    names = list(dict.fromkeys(demand.by for demand in granted.reasons))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _unused(plan: Plan) -> Iterator[Note]:
    """What a vendor asks for and the recorded requests did not need."""
    if all(demand.source is not Source.OPERATION for demand in plan.demands):
        return
    idle = [each for each in plan.granted if {demand.source for demand in each.reasons} == {Source.PRESET}]
    if idle:
        listed = ", ".join(f"{each.name}: {each.level.word}" for each in idle)
        names = ", ".join(dict.fromkeys(demand.by for each in idle for demand in each.reasons))
        yield Note(
            Severity.WARN,
            f"None of the requests that were given needs {listed}; only {names} asks for it.",
            "If they are all that the tool does, plan from them alone.",
        )


def _expiration(plan: Plan) -> Iterator[Note]:
    days = plan.request.days
    if days is None:
        yield Note(
            Severity.WARN,
            "The token does not expire.",
            f"Many organizations refuse that: their limit is {MOST_DAYS} days unless they changed it.",
        )
    elif days > _LONG_DAYS:
        yield Note(
            Severity.WARN,
            f"The token lives for {days} days; whoever finds it can use it that long.",
            "30 days with a reminder cost little. The owner's policy may allow less, and GitHub's form then says so.",
        )


def _certainty(plan: Plan) -> Iterator[Note]:
    for preset in plan.presets:
        if preset.certainty is Certainty.PARTIAL:
            yield Note(
                Severity.INFO,
                f"The permissions of {preset.title} are not certain. {preset.notes}".strip(),
                f"Compare them with {preset.source}.",
            )
        elif preset.notes:
            yield Note(Severity.INFO, f"{preset.title}: {preset.notes}")


def _workflows(plan: Plan) -> Iterator[Note]:
    held = plan.permissions
    if held.get("contents", Level.READ) > Level.READ and "workflows" not in held:
        yield Note(
            Severity.INFO,
            "It cannot change files below .github/workflows; a push that touches one is refused as a whole.",
            "If the tool has to, plan for that too: +workflows behind the endpoint, or the option of the preset.",
        )


def _public(plan: Plan) -> Iterator[Note]:
    public = [
        demand for demand in plan.demands if demand.operation is not None and demand.operation.public_ok
    ]
    if public:
        yield Note(
            Severity.INFO,
            f"{counted(len(public), 'operation')} of those given {'needs' if len(public) == 1 else 'need'} no "
            "permission for what is public: public repositories, public members.",
            "If that is all the tool works on, leave them out of the plan.",
        )


def _approval(plan: Plan) -> Iterator[Note]:
    if plan.request.owner_kind is OwnerKind.ORGANIZATION and plan.takes_token and not plan.empty:
        yield Note(
            Severity.INFO,
            "An owner of the organization may have to approve the token. Until then it is pending and reads public "
            "resources only.",
            "Send them the text for the approver. Tokens of organization owners need no approval.",
        )
    unpublished = [
        granted.name for granted in plan.granted if not vocabulary().permissions[granted.name].published
    ]
    if unpublished:
        yield Note(
            Severity.WARN,
            f"A pre-filled link cannot set {', '.join(unpublished)}: GitHub publishes no name for it.",
            "Set it by hand on the form.",
        )


def preset_note(preset: Preset) -> str:
    """Why a preset is not certain, for lists; empty when it is."""
    words = {Certainty.EXACT: "", Certainty.PARTIAL: "partly verified", Certainty.UNVERIFIED: "unverified"}
    return words[preset.certainty]
