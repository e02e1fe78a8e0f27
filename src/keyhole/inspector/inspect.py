"""Inspecting a credential: who it is, what it reaches, what it may do, by requests that change nothing.

The order saves requests: identity, repositories, then what reading tells, and a write (that cannot write) only where
reading left something open. The report is whole even when asking had to stop: it says what was not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from keyhole.core.errors import InvalidInput
from keyhole.core.github_credentials import CredentialKind, recognise
from keyhole.core.permissions import Group, Level, Permission, vocabulary
from keyhole.core.secret import Secret
from keyhole.inspector import words
from keyhole.inspector.asking import Asking, Progress, Stopped
from keyhole.inspector.observation import Target, Tells
from keyhole.inspector.probe import Place, Probe
from keyhole.inspector.probes import PROBES
from keyhole.inspector.reach import Reach, find
from keyhole.inspector.report import SCOPED, Approval, Finding, Report, Verdict
from keyhole.providers.github.client import GitHub, at
from keyhole.providers.github.identity import Identity, identify
from keyhole.providers.github.instance import Instance
from keyhole.providers.github.problems import GitHubProblem
from keyhole.providers.outgoing import Outgoing


def inspect(
    instance: Instance,
    credential: Secret,
    outgoing: Outgoing,
    *,
    planned: Mapping[str, Level] | None = None,
    owner: str = "",
    repositories: Sequence[str] = (),
    on_progress: Progress | None = None,
) -> Report:
    """What the credential can do. `planned` is asked about first; `owner` and `repositories` narrow what is looked at.

    InvalidInput, before anything is sent, for a text that cannot be a usable token; GitHubProblem when GitHub does not
    accept it or does not answer. Once it is accepted there is a report, if perhaps a partial one.
    """
    check_shape(credential)
    asking = Asking(GitHub(instance, credential, outgoing), on_progress)
    asking.requests = 1
    identity = identify(asking.github)
    check = _Check(asking, identity, owner)
    try:
        check.reach = find(asking, identity.kind, owner, repositories)
        if identity.kind not in SCOPED:
            check.ask_all(planned or {})
    except Stopped as stop:
        check.stopped(str(stop))
    return check.report()


def check_shape(credential: Secret) -> None:
    """Refuse, without asking anybody, what cannot be a usable credential of GitHub's. InvalidInput says why."""
    shape = recognise(credential.reveal())
    if shape.problem:
        raise InvalidInput(shape.problem, field="token", hint="Nothing was sent. Copy the token again.")
    if not shape.advice.usable:
        raise InvalidInput(
            f"{shape.advice.title}: it cannot be used in requests.",
            field="token",
            hint=f"Nothing was sent. {shape.advice.advice}",
        )


@dataclass
class _Owner:
    login: str = ""
    kind: str = ""
    how: str = "Nothing that it reached shows whose it is."


class _Check:
    """One inspection in progress."""

    def __init__(self, asking: Asking, identity: Identity, owner: str) -> None:
        self.asking = asking
        self.identity = identity
        self.reach = Reach()
        self._named_owner = owner
        self._not_asked: list[str] = []

    def ask_all(self, planned: Mapping[str, Level]) -> None:
        """Put every probe that may tell something. Those of the plan come first, in case asking must stop."""
        owner = self._owner()
        rows = sorted(
            (probe for probe in PROBES if self._applies(probe, owner)),
            key=lambda probe: (probe.permission not in planned, PROBES.index(probe)),
        )
        self.asking.expected = self.asking.requests + len(rows)
        for probe in rows:
            if not self.asking.knows(probe):
                self._ask(probe, owner)
            else:
                self.asking.expected -= 1

    def _applies(self, probe: Probe, owner: _Owner) -> bool:
        if probe.place is Place.REPOSITORY:
            return bool(self.reach.targets)
        if probe.place is Place.ORGANIZATION:
            return owner.kind == "organization"
        return self.identity.kind is not CredentialKind.INSTALLATION

    def _ask(self, probe: Probe, owner: _Owner) -> None:
        for target in self._targets(probe, owner):
            seen = self.asking.ask(probe, target, self._names(probe, target))
            if seen.tells is not Tells.NOTHING:
                return

    def _targets(self, probe: Probe, owner: _Owner) -> Iterable[Target]:
        if probe.place is Place.REPOSITORY:
            # Of a public repository, what everybody may read need not be asked.
            useful = [each for each in self.reach.targets if each.private or probe.closed]
            return useful or self.reach.targets[:1]
        return [Target(probe.place, owner.login if probe.place is Place.ORGANIZATION else "")]

    def _names(self, probe: Probe, target: Target) -> dict[str, str]:
        owner, _, name = target.name.partition("/")
        names = {"owner": owner, "repo": name, "org": target.name, "login": self.identity.login}
        if "{environment_name}" in probe.operation.path and (known := self._environment(target.name)):
            names["environment_name"] = known
        return names

    def _environment(self, full_name: str) -> str:
        """Name of an environment of the repository, where there is one that may be seen."""
        owner, _, name = full_name.partition("/")
        for path, member in (("environments", "name"), ("deployments", "environment")):
            try:
                data = self.asking.get(at("repos", owner, name, path), "environments", {"per_page": 1}).data
            except GitHubProblem:
                continue
            rows = data.get("environments") if isinstance(data, dict) else data
            first = rows[0] if isinstance(rows, list) and rows else {}
            if isinstance(first, dict) and isinstance(found := first.get(member), str) and found.strip("."):
                return found
        return ""

    def stopped(self, why: str) -> None:
        """Asking ended early: say why, and what was left out."""
        open_ = sorted({probe.permission for probe in PROBES if not self.asking.knows(probe)})
        shown = ", ".join(open_[:8]) + (f" and {len(open_) - 8} more" if len(open_) > 8 else "")
        self._not_asked.append(f"{why} Asking stopped; still open then: {shown}.")

    def _owner(self) -> _Owner:
        if len(self.reach.owners) == 1:
            ((login, kind),) = self.reach.owners.items()
            return _Owner(login, kind, self._whose())
        if len(self.reach.owners) > 1:
            return _Owner(how="It reaches repositories of several owners.")
        return _Owner()

    def _whose(self) -> str:
        if self.identity.kind in SCOPED:
            return "The repositories that were looked at are its; a token with scopes has no resource owner."
        return "It is the owner of the repositories that it reaches."

    def report(self) -> Report:
        """Everything that was found."""
        owner = self._owner()
        findings = self._findings()
        if not owner.login and any(
            each.verdict is Verdict.GRANTED and _group(each) is Group.ACCOUNT for each in findings
        ):
            owner = _Owner(
                self.identity.login,
                "user",
                "It holds an account permission, which only a token has whose resource owner is the user.",
            )
        identity = self.identity
        return Report(
            web=self.asking.github.instance.web,
            kind=identity.kind.value,
            kind_known_by=words.kind_known_by(identity),
            login=identity.login,
            owner=owner.login,
            owner_kind=owner.kind,
            owner_known_by=owner.how,
            expires_at=identity.expires_at,
            expiration=words.expiration(identity),
            scopes=identity.scopes or (),
            approval=self._approval(owner),
            advice=tuple(words.advice(identity, self.reach, self.asking.github.hidden_by_sso)),
            repositories=tuple(self.reach.repositories),
            repositories_left=self.reach.left,
            findings=tuple(findings),
            not_asked=(*self.reach.notes, *self._not_asked),
            complete=not self._not_asked,
            requests=self.asking.requests,
            checked_at=datetime.now(UTC),
        )

    def _findings(self) -> list[Finding]:
        permissions = vocabulary().permissions.values()
        if self.identity.kind in SCOPED:
            return [
                Finding(each.name, level, Verdict.UNPROVABLE, words.SCOPES_NOT_PERMISSIONS)
                for each in permissions
                for level in each.levels
            ]
        return self.asking.knowledge.findings(permissions)

    def _approval(self, owner: _Owner) -> Approval:
        if owner.kind == "user" or self.identity.kind in SCOPED:
            return Approval.NOT_NEEDED
        return Approval.APPROVED if owner.kind == "organization" else Approval.UNKNOWN


def _group(finding: Finding) -> Group:
    known: Permission = vocabulary().permissions[finding.permission]
    return known.group
