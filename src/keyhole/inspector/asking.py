"""Putting probes to GitHub: counted, bounded, and over at once when asking more makes no sense."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from keyhole.inspector.inference import Knowledge
from keyhole.inspector.observation import Answer, Observation, Target, read
from keyhole.inspector.probe import Probe
from keyhole.providers.github.client import Answer as GitHubAnswer
from keyhole.providers.github.client import GitHub
from keyhole.providers.github.problems import GitHubProblem, shown

MOST_REQUESTS = 250
"""Of one check. All rows of the probes on two repositories come to fewer; GitHub allows 5,000 an hour."""

Progress = Callable[[int, int, str], None]
"""Called before each request with how many were made, about how many there will be, and what is asked."""


class Stopped(Exception):
    """No further request makes sense; the text says why."""


class Asking:
    """The requests of one check."""

    def __init__(self, github: GitHub, on_progress: Progress | None) -> None:
        self.github = github
        self.knowledge = Knowledge()
        self.requests = 0
        self.expected = 0
        """About how many requests there will be."""
        self._on_progress = on_progress or _silent

    def get(self, path: str, what: str, query: Mapping[str, str | int] | None = None) -> GitHubAnswer:
        """Read something that is no probe. GitHubProblem when it is refused, Stopped when asking must end."""
        self._count(what)
        try:
            return self.github.get(path, query=query or {})
        except GitHubProblem as problem:
            raise self._passing(problem) from problem

    def ask(self, probe: Probe, target: Target, names: Mapping[str, str]) -> Observation:
        """Put one probe and take in what its answer tells. Stopped when asking must end."""
        self._count(f"{probe.permission}: {probe.level.word}")
        body: object = None if probe.method == "GET" else {}
        try:
            answer = self.github.probe(probe.method, probe.path(**names), body=body)
        except GitHubProblem as problem:
            stops = self._passing(problem)
            if isinstance(stops, Stopped):
                raise stops from problem
            answered = Answer(problem.answered, problem.said, problem.accepted)
        else:
            if answer.status == 401:
                raise Stopped("GitHub stopped accepting the credential during the check.")
            answered = _answered(answer)
        observation = read(probe, target, names, answered)
        self.knowledge.add(observation)
        return observation

    def knows(self, probe: Probe) -> bool:
        """Whether asking would tell nothing new about the permission that the probe is there for."""
        return self.knowledge.knows((probe.permission, int(probe.level))) is not None

    def _count(self, what: str) -> None:
        if self.requests >= MOST_REQUESTS:
            raise Stopped(f"A check makes at most {MOST_REQUESTS} requests.")
        self.expected = max(self.expected, self.requests + 1)
        self._on_progress(self.requests, self.expected, what)
        self.requests += 1

    @staticmethod
    def _passing(problem: GitHubProblem) -> Exception:
        """`Stopped` for what is no answer to any question (limits, GitHub down), else the problem itself."""
        return Stopped(problem.message) if problem.passing else problem


def _answered(answer: GitHubAnswer) -> Answer:
    message = answer.data.get("message") if isinstance(answer.data, dict) else None
    # The exact words count, so they are compared as sent; `shown` is for what people read.
    exact = message if isinstance(message, str) and message == shown(message) else shown(message)
    header = answer.headers.get("x-accepted-github-permissions")
    return Answer(answer.status, exact if answer.status >= 300 else "", header)


def _silent(_done: int, _of: int, _what: str) -> None:
    return
