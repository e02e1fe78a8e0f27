"""Which repositories the credential's permissions hold for, and how that is known.

GitHub's list proves nothing: it shows what the person may see, public and own repositories outside the selection
included. A private repository that is shown by itself is one of the credential's own; of a public one, only what stays
closed to others tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keyhole.core.github_credentials import CredentialKind
from keyhole.inspector.asking import Asking
from keyhole.inspector.observation import Target, Tells, visible
from keyhole.inspector.probe import Place
from keyhole.inspector.probes_repository import SELECTION
from keyhole.inspector.report import Reached, Verdict
from keyhole.providers.github.client import at
from keyhole.providers.github.problems import GitHubProblem, ProblemKind

MOST_LOOKED_AT = 12
"""Repositories of GitHub's list that are asked about one by one; those that are named are all asked about."""
_PAGE = 100
_ROLES = ("admin", "maintain", "push", "triage", "pull")


@dataclass
class Reach:
    """What was found of the repositories."""

    repositories: list[Reached] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    """Repositories to put probes to, best first."""
    owners: dict[str, str] = field(default_factory=dict)
    """Login to kind (`user`, `organization`) of the owners of those that are shown to be reached."""
    left: int = 0
    """How many more GitHub lists."""
    notes: list[str] = field(default_factory=list)
    """What stood in the way, in sentences."""
    problems: list[GitHubProblem] = field(default_factory=list)
    """What GitHub refused and why, for advice."""


def find(asking: Asking, kind: CredentialKind, owner: str, named: Sequence[str]) -> Reach:
    """Look at the named repositories, or at GitHub's list. Stopped passes through with nothing lost."""
    reach = Reach()
    names = list(dict.fromkeys(named)) or _listed(asking, kind, owner, reach)
    for full_name in names:
        _look_at(asking, kind, full_name, reach)
    reach.targets = _best(reach, kind)
    return reach


def _listed(asking: Asking, kind: CredentialKind, owner: str, reach: Reach) -> list[str]:
    installation = kind is CredentialKind.INSTALLATION
    path = "/installation/repositories" if installation else "/user/repos"
    try:
        answer = asking.get(path, "repositories", {"per_page": _PAGE})
    except GitHubProblem as problem:
        reach.notes.append(f"GitHub does not list repositories: {problem.message}")
        reach.problems.append(problem)
        return []
    data = answer.data.get("repositories", []) if isinstance(answer.data, dict) else answer.data
    rows = [row for row in data if isinstance(row, dict) and isinstance(row.get("full_name"), str)]
    wanted = [row for row in rows if not owner or _owner(row)[0].lower() == owner.lower()]
    wanted.sort(key=lambda row: (row.get("private") is not True, _ROLES.index(_role(row) or "pull")))
    reach.left = max(len(wanted) - MOST_LOOKED_AT, 0)
    if 'rel="next"' in answer.headers.get("link"):
        reach.notes.append(f"GitHub lists more than {_PAGE} repositories; the first page of them was read.")
    return [row["full_name"] for row in wanted[:MOST_LOOKED_AT]]


def _look_at(asking: Asking, kind: CredentialKind, full_name: str, reach: Reach) -> None:
    owner, _, name = full_name.partition("/")
    try:
        row = asking.get(at("repos", owner, name), full_name).data
    except GitHubProblem as problem:
        reach.problems.append(problem)
        reach.repositories.append(Reached(0, full_name, True, *_refused(problem), role=""))
        return
    except ValueError:
        reach.repositories.append(
            Reached(0, full_name, False, Verdict.UNPROVABLE, "That is not the name of a repository.", role="")
        )
        return
    if not isinstance(row, dict) or not isinstance(row.get("id"), int):
        return
    private = row.get("private") is True
    verdict, how = _private(asking, row) if private else _public(asking, kind, row)
    reach.repositories.append(Reached(row["id"], str(row["full_name"]), private, verdict, how, _role(row)))
    if verdict is Verdict.GRANTED:
        login, owner_kind = _owner(row)
        reach.owners[login] = owner_kind


def _private(asking: Asking, row: Mapping[str, Any]) -> tuple[Verdict, str]:
    asking.knowledge.add(visible(str(row["full_name"])))
    return Verdict.GRANTED, "It is private and was shown."


def _public(asking: Asking, kind: CredentialKind, row: Mapping[str, Any]) -> tuple[Verdict, str]:
    if kind in (CredentialKind.CLASSIC, CredentialKind.OAUTH):
        return Verdict.UNPROVABLE, "It is public; what a scope allows there follows from the person's role."
    target = Target(Place.REPOSITORY, str(row["full_name"]), private=False, admin=_role(row) == "admin")
    owner, _, name = str(row["full_name"]).partition("/")
    seen = asking.ask(SELECTION, target, {"owner": owner, "repo": name})
    if seen.tells is Tells.HELD:
        return Verdict.GRANTED, "It is public, and its list of collaborators, which is not, was shown."
    if seen.tells is Tells.MISSING:
        return Verdict.NOT_GRANTED, "It is public, and its list of collaborators, which is not, was refused."
    return Verdict.UNPROVABLE, f"It is public, so that it is shown to everybody. {seen.evidence.reason}"


def _refused(problem: GitHubProblem) -> tuple[Verdict, str]:
    if problem.kind is ProblemKind.NOT_FOUND_OR_NOT_SELECTED:
        return (
            Verdict.NOT_GRANTED,
            "GitHub answers as if it were not there: it is not selected, or does not exist.",
        )
    if problem.kind is ProblemKind.MOVED:
        return Verdict.UNPROVABLE, "It has another name now: give that one."
    return Verdict.UNPROVABLE, problem.message


def _best(reach: Reach, kind: CredentialKind) -> list[Target]:
    """At most two repositories that together tell most: one that is private, and one that the user administers."""
    # An installation has no role: nothing is hidden from it for want of one.
    free = kind is CredentialKind.INSTALLATION
    known = [
        Target(Place.REPOSITORY, each.full_name, private=each.private, admin=free or each.role == "admin")
        for each in sorted(reach.repositories, key=lambda each: each.reached is not Verdict.GRANTED)
        if each.id and each.reached is not Verdict.NOT_GRANTED
    ]
    known.sort(key=lambda each: (not each.private, not each.admin))
    best = known[:1]
    if best and not best[0].admin:
        best += [each for each in known[1:] if each.admin][:1]
    return best


def _owner(row: Mapping[str, Any]) -> tuple[str, str]:
    owner = row.get("owner")
    found = owner if isinstance(owner, dict) else {}
    return str(found.get("login", "")), "organization" if found.get("type") == "Organization" else "user"


def _role(row: Mapping[str, Any]) -> str:
    held = row.get("permissions")
    return next((role for role in _ROLES if isinstance(held, dict) and held.get(role) is True), "")
