"""From all answers together to a verdict per permission and level, and the answers that each verdict rests on."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import cache
from itertools import pairwise

from keyhole.core.permissions import Group, Level, Permission, vocabulary
from keyhole.inspector.logic import Atom, Clause, Conclusions, Literal, entails, implies
from keyhole.inspector.observation import METADATA, Observation, Tells
from keyhole.inspector.probes import about
from keyhole.inspector.report import Finding, Verdict


@cache
def axioms(name: str) -> tuple[Clause, ...]:
    """What is always so of a permission: a level includes the lower ones, and metadata: read comes with any other of
    a repository. Nothing is always so of a name that the vocabulary does not know.
    """
    permission = vocabulary().permissions.get(name)
    if permission is None:
        return ()
    levels = [atom(permission, level) for level in permission.levels]
    clauses = [implies(higher, lower) for lower, higher in pairwise(levels)]
    if permission.levels[0] is Level.WRITE:  # of a write-only permission, to hold read is to hold write
        clauses += [implies(levels[0], (name, 1)), implies((name, 1), levels[0])]
    if permission.group is Group.REPOSITORY and name != "metadata":
        clauses.append(implies(levels[0], METADATA))
    return tuple(clauses)


def atom(permission: Permission, level: Level) -> Atom:
    """That the credential holds the permission at this level or above."""
    return permission.name, int(level)


class Knowledge:
    """The answers so far, and what follows from them."""

    def __init__(self) -> None:
        self._observations: list[Observation] = []
        self._conclusions: Conclusions | None = None

    def add(self, observation: Observation) -> None:
        """Take one more answer in."""
        self._observations.append(observation)
        self._conclusions = None

    @property
    def consistent(self) -> bool:
        """Whether the answers fit together. They do not if the credential was changed meanwhile."""
        return self._all.consistent

    def knows(self, question: Atom) -> bool | None:
        """Whether it holds; None when the answers leave it open, or contradict each other."""
        return self._all.about(question) if self.consistent else None

    @property
    def _all(self) -> Conclusions:
        if self._conclusions is None:
            self._conclusions = Conclusions(_clauses(self._observations))
        return self._conclusions

    def findings(self, permissions: Iterable[Permission]) -> list[Finding]:
        """The verdict on each permission at each of its levels."""
        pairs = [(each, level) for each in permissions for level in each.levels]
        if not self.consistent:
            return [Finding(each.name, level, Verdict.UNPROVABLE, CONTRADICTION) for each, level in pairs]
        return [self._finding(each, level) for each, level in pairs]

    def _finding(self, permission: Permission, level: Level) -> Finding:
        goal = atom(permission, level)
        known = self.knows(goal)
        if known is None:
            return self._unprovable(permission, level)
        grounds = self._grounds((goal, known))
        verdict = Verdict.GRANTED if known else Verdict.NOT_GRANTED
        direct = [each for each in grounds if _is_about(each, {permission.name})]
        reason = direct[0].evidence.reason if len(direct) == 1 else _JOINTLY[known]
        return Finding(permission.name, level, verdict, reason, tuple(each.evidence for each in grounds))

    def _grounds(self, conclusion: Literal) -> list[Observation]:
        """The answers that the conclusion needs: none of them can be left out."""
        needed = self._near(conclusion)
        for each in list(needed):
            without = [other for other in needed if other is not each]
            if entails(_clauses(without), conclusion):
                needed = without
        return needed

    def _near(self, conclusion: Literal) -> list[Observation]:
        """Answers that suffice for the conclusion: one if possible, else those about it, else all that tell."""
        telling = [each for each in self._observations if each.tells is not Tells.NOTHING]
        name = conclusion[0][0]
        direct = [each for each in telling if _is_about(each, {name})]
        direct.sort(key=lambda each: (each.probe is None or each.probe.permission != name, len(each.atoms)))
        names = {name for each in direct for name, _ in each.atoms}
        around = [each for each in telling if _is_about(each, names | {"metadata"})]
        for some in (*([one] for one in direct), around):
            if entails(_clauses(some), conclusion):
                return some
        return telling

    def _unprovable(self, permission: Permission, level: Level) -> Finding:
        tried = [
            each
            for each in self._observations
            if each.probe is not None
            and (each.probe.permission, each.probe.level) == (permission.name, level)
        ]
        reason = tried[-1].evidence.reason if tried else why_nothing_was_asked(permission, level)
        if tried and tried[-1].tells is not Tells.NOTHING:
            reason += " Something else would explain that answer as well."
        evidence = tuple(each.evidence for each in tried)
        return Finding(permission.name, level, Verdict.UNPROVABLE, reason, evidence)


def _clauses(observations: Sequence[Observation]) -> list[Clause]:
    """What the answers say, with what is always so of the permissions that they are about."""
    names = {"metadata", *(str(name) for each in observations for name, _ in each.atoms)}
    always = [clause for name in sorted(names) for clause in axioms(name)]
    return [*always, *(clause for each in observations for clause in each.clauses)]


def _is_about(observation: Observation, names: Container[str]) -> bool:
    return any(name in names for name, _ in observation.atoms)


CONTRADICTION = (
    "GitHub's answers contradict each other: the credential was changed during the check, or stopped working."
)

_JOINTLY = {
    True: "These answers together leave no other explanation.",
    False: "These answers together rule it out.",
}

_NO_PROBE = {
    "workflows": "It counts only when a workflow file is written, and that cannot be tried without writing one.",
    "gists": "Every request that needs it makes, changes or stars a gist.",
    "starring": "GitHub answers star lists with and without it.",
    "watching": "GitHub answers the lists of watched repositories with and without it.",
    "artifact_metadata": "GitHub leaves out what may not be read instead of refusing.",
}


def why_nothing_was_asked(permission: Permission, level: Level) -> str:
    """Why no request tells of this, where there is none; otherwise that it was not asked."""
    if any(row.level == level for row in about(permission.name)):
        return "Not asked: there was nothing to ask it on."
    if permission.name in _NO_PROBE:
        return _NO_PROBE[permission.name]
    levels = [
        needed[permission.name]
        for operation in vocabulary().operations
        for needed in operation.any_of
        if permission.name in needed
    ]
    if not levels:
        return "No documented REST operation needs it."
    if level not in levels:
        return f"No documented REST operation needs it at the level {level.word}."
    return "Every request that needs it could change something."
