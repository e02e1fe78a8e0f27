"""Reading one answer: what it tells about permissions, or why it tells nothing.

The rule, which errs only towards "tells nothing": a permission is shown by an answer that only who holds it gets; its
absence by a 403 with GitHub's exact words for it. What exactly is shown is read from the header of that same answer.
Every other refusal (role, rate limit, policy, feature switched off, hidden behind 404) is about something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from keyhole.core.permissions import Level
from keyhole.inspector.accepted import Accepted, parse
from keyhole.inspector.logic import Atom, Clause, fact, implies, no_set, some_set
from keyhole.inspector.probe import Place, Probe
from keyhole.inspector.report import Evidence

METADATA: Atom = ("metadata", int(Level.READ))
PERMISSION_MISSING = (
    "Resource not accessible by personal access token",
    "Resource not accessible by integration",
)
"""The messages, for tokens and for apps, with which GitHub says that a permission is missing; nothing else says it."""


class Tells(Enum):
    """Which way an answer points."""

    HELD = auto()
    MISSING = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """GitHub's answer to a probe, as far as it matters here."""

    status: int
    """0 when there was none."""
    message: str
    """The `message` of a JSON body; empty for any other body."""
    accepted: str
    """Value of `X-Accepted-GitHub-Permissions`; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a probe is asked about."""

    place: Place
    name: str = ""
    """Full name of a repository, or login of an organization."""
    private: bool = False
    """Of a repository: whether only who was given access sees it."""
    admin: bool = False
    """Of a repository: whether the user administers it."""

    @property
    def context(self) -> tuple[Atom, ...]:
        """What must hold besides the permission: it counts only for the credential's own repositories and owner."""
        if self.place is Place.REPOSITORY:
            return (selected(self.name),)
        return (owned_by(self.name),) if self.place is Place.ORGANIZATION else ()

    @property
    def always(self) -> tuple[Clause, ...]:
        """What is always so: who reaches a repository as its own has the repository's owner for resource owner."""
        if self.place is Place.REPOSITORY:
            return (implies(selected(self.name), owned_by(self.name.partition("/")[0])),)
        return ()


def selected(full_name: str) -> Atom:
    """That the credential's permissions hold for this repository."""
    return ("selected", full_name.lower())


def owned_by(login: str) -> Atom:
    """That this account is a resource owner of the credential."""
    return ("owned by", login.lower())


@dataclass(frozen=True, slots=True)
class Observation:
    """An answer, read."""

    tells: Tells
    evidence: Evidence
    clauses: tuple[Clause, ...] = ()
    """What follows from it."""
    atoms: frozenset[Atom] = frozenset()
    """The permissions that it is about, besides the one it was asked for."""
    probe: Probe | None = None


def visible(full_name: str, *, status: int = 200, accepted: str = "metadata=read") -> Observation:
    """That a private repository was shown: it is one of the credential's own, which brings metadata: read."""
    evidence = Evidence(
        f"GET /repos/{full_name}",
        status,
        accepted,
        "A private repository is shown only to its own credentials.",
    )
    clauses = (fact(selected(full_name)), fact(METADATA), fact(owned_by(full_name.partition("/")[0])))
    return Observation(Tells.HELD, evidence, clauses, frozenset({METADATA}))


def read(probe: Probe, target: Target, names: Mapping[str, str], answer: Answer) -> Observation:
    """What an answer to a probe tells."""
    accepted = parse(answer.accepted)
    tells, reason = _tells(probe, target, answer, accepted)
    evidence = Evidence(
        f"{probe.method} {probe.path(**names).partition('?')[0]}", answer.status, answer.accepted, reason
    )
    if accepted is None or tells is Tells.NOTHING:
        return Observation(Tells.NOTHING, evidence, probe=probe)
    make = some_set if tells is Tells.HELD else no_set
    clauses = (*make(target.context, accepted.sets), *target.always)
    return Observation(tells, evidence, clauses, frozenset().union(*accepted.sets), probe)


def _tells(probe: Probe, target: Target, answer: Answer, accepted: Accepted | None) -> tuple[Tells, str]:
    if _refused(answer):
        if accepted is None or not accepted.sets:
            return Tells.NOTHING, "Refused, but without saying which permissions would have been accepted."
        return Tells.MISSING, f"Refused for want of {_either(accepted)}."
    if not _passed(probe, target, answer):
        return Tells.NOTHING, _why_not(probe, target, answer)
    if target.place is Place.REPOSITORY and not target.private and not probe.closed:
        return Tells.NOTHING, "Everybody may read this of a public repository, so the answer proves nothing."
    if accepted is None:
        return Tells.NOTHING, "Answered, but without saying which permissions it accepts (an older GitHub)."
    if not accepted.complete:
        return Tells.NOTHING, "Answered, but it may also be answered without a permission."
    return Tells.HELD, f"Answered, which needs {_either(accepted)}."


def _refused(answer: Answer) -> bool:
    return answer.status == 403 and answer.message in PERMISSION_MISSING


def _passed(probe: Probe, target: Target, answer: Answer) -> bool:
    if answer.status == 404:
        # To who does not administer a repository GitHub hides some things behind 404: that would be the role speaking.
        return probe.absent and (target.place is Place.ACCOUNT or target.admin)
    return answer.status in probe.passed


def _why_not(probe: Probe, target: Target, answer: Answer) -> str:
    said = f" ({answer.message})" if answer.message else ""
    if answer.status == 0:
        return "No answer."
    if answer.status == 403:
        return f"Refused for another reason than a permission{said}."
    if answer.status == 404 and probe.absent and not target.admin:
        return "404, which may hide it from a user who does not administer the repository."
    if answer.status == 404:
        return "404: nothing there, or hidden. Either way it does not show a permission."
    if answer.status in {200, 201, 204} and not probe.passed:
        return "Answered, but this is answered without the permission too."
    return f"Answered {answer.status}{said}, which does not show whether the permission is there."


def _either(accepted: Accepted) -> str:
    spelled = [
        " and ".join(sorted(f"{name}: {_WORDS[level]}" for name, level in chosen)) for chosen in accepted.sets
    ]
    return " or ".join(spelled)


_WORDS: Mapping[int | str, str] = {1: "read", 2: "write", 3: "admin"}
