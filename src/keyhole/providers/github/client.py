"""Asking one GitHub with one credential.

Reads are repeated, a few times and with growing pauses, when the answer says that GitHub or the way to it has a
problem; writes are sent once, whatever happens. Nothing is sent when only the reserve of the credential's limit is
left. No redirect is followed: what has moved is said, and whoever asked decides.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from keyhole.core.secret import Secret
from keyhole.providers.github.etags import Etags
from keyhole.providers.github.instance import Instance
from keyhole.providers.github.limits import RESERVE, Limits
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.github.verdict import Answered, said_in, verdict
from keyhole.providers.outgoing import Headers, Outgoing, Reply, Unreachable, Untrusted

API_VERSION = "2022-11-28"
"""The version asked for: every instance that knows versions knows this one."""
PER_PAGE = 100
_ACCEPT = "application/vnd.github+json"
_ATTEMPTS = 3
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_MOST_PAGES = 1000
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')

Query = Mapping[str, str | int]
_NONE: Query = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of GitHub."""

    status: int
    headers: Headers
    data: Any = field(repr=False)
    """The decoded body; None when there is none."""
    from_etag: bool = False
    """Whether GitHub said "unchanged", so that it cost nothing of the limit."""


class GitHub:
    """One GitHub, asked with one credential (or none). Threads may share it."""

    def __init__(
        self,
        instance: Instance,
        credential: Secret | None,
        outgoing: Outgoing,
        *,
        expires_at: datetime | None = None,
        reserve: float = RESERVE,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """`expires_at`: of the credential, if it is known. `reserve`: share of the limit that is not used."""
        self.instance = instance
        self.credential = credential
        self.outgoing = outgoing
        self.expires_at = expires_at
        self.limits = Limits(reserve)
        self.hidden_by_sso: frozenset[str] = frozenset()
        """Ids of organizations whose part of a list was left out, since the credential lacks single sign-on."""
        self._etags = Etags()
        self._clock = clock
        self._sleep = sleep

    def get(self, path: str, *, query: Query = _NONE, accept: str = _ACCEPT) -> Answer:
        """Read. GitHubProblem for every answer that is no success; InvalidInput when the instance may not be opened."""
        return self.request("GET", path, query=query, accept=accept)

    def request(
        self, method: str, path: str, *, query: Query = _NONE, body: object = None, accept: str = _ACCEPT
    ) -> Answer:
        """Ask for anything; `body` is sent as JSON. As `get`, but only GET and HEAD are ever sent twice."""
        answer = self.probe(method, path, query=query, body=body, accept=accept)
        if not 200 <= answer.status < 300:
            raise self._problem(answer)
        return answer

    def probe(
        self, method: str, path: str, *, query: Query = _NONE, body: object = None, accept: str = _ACCEPT
    ) -> Answer:
        """As `request`, but refusals are answers too, with their status, headers and body: evidence for who asks.

        What says nothing about the question is still raised: limits of requests, GitHub down or unreachable, and
        bodies that are not JSON.
        """
        url = self._url(path, query)
        payload = b"" if body is None else json.dumps(body).encode()
        last = 1 if method not in ("GET", "HEAD") else _ATTEMPTS
        for attempt in range(1, last + 1):
            try:
                return self._once(method, url, payload, accept)
            except GitHubProblem as problem:
                pause = self._pause(problem, attempt)
                if attempt == last or pause is None:
                    raise
                self._sleep(pause)
        raise AssertionError("the loop ends by returning or raising")

    def pages(
        self, path: str, *, query: Query = _NONE, key: str = "", accept: str = _ACCEPT
    ) -> Iterator[Any]:
        """Every item of a list, over all its pages; `key` names the member that holds the list, where one does."""
        url = self._url(path, {"per_page": PER_PAGE, **query})
        seen: set[str] = set()
        while url and url not in seen and len(seen) < _MOST_PAGES:
            seen.add(url)
            answer = self.get(url.removeprefix(self.instance.api), accept=accept)
            items = answer.data.get(key) if key and isinstance(answer.data, dict) else answer.data
            if not isinstance(items, list):
                raise self._nonsense(answer.status)
            yield from items
            url = self._next(answer)

    def _next(self, answer: Answer) -> str:
        found = _NEXT.search(answer.headers.get("link"))
        if found is None:
            return ""
        if not found[1].startswith(f"{self.instance.api}/"):
            # The credential goes to this API only, wherever an answer points.
            raise GitHubProblem(
                ProblemKind.OTHER,
                answered=answer.status,
                message=f"{self.instance.name} says that the list goes on at another address, which is not followed.",
                hint="A proxy in front of it may be set up wrongly: its own address must be in its answers.",
            )
        return found[1]

    def _url(self, path: str, query: Query) -> str:
        if not path.startswith("/"):
            raise ValueError("a path begins with a slash")
        joined = "&" if "?" in path else "?"
        return f"{self.instance.api}{path}" + (f"{joined}{urlencode(query)}" if query else "")

    def _once(self, method: str, url: str, payload: bytes, accept: str) -> Answer:
        self._respect_limits(url)
        kept = self._etags.get(url, accept) if method == "GET" else None
        headers: dict[str, str | Secret] = {"Accept": accept, "X-GitHub-Api-Version": API_VERSION}
        if self.credential is not None:
            headers["Authorization"] = Secret(f"Bearer {self.credential.reveal()}")
        if payload:
            headers["Content-Type"] = "application/json"
        if kept is not None:
            headers["If-None-Match"] = kept.etag
        try:
            reply = self.outgoing.request(method, url, headers=headers, body=payload)
        except Unreachable as problem:
            raise GitHubProblem(
                ProblemKind.UNREACHABLE, message=problem.message, hint=problem.hint
            ) from problem
        self.limits.note(reply.headers, self._now())
        if reply.status == 304 and kept is not None:
            return self._answer(kept.reply, from_etag=True)
        if method == "GET" and reply.status == 200:
            self._etags.put(url, accept, reply)
        return self._answer(reply)

    def _answer(self, reply: Reply, *, from_etag: bool = False) -> Answer:
        partial = reply.headers.get("x-github-sso")
        if partial.startswith("partial-results"):
            ids = re.findall(r"[0-9]+", partial.partition("organizations=")[2])
            self.hidden_by_sso |= frozenset(ids)
        whole = 200 <= reply.status < 300
        data = self._decoded(reply, strict=whole)
        answer = Answer(reply.status, reply.headers, data, from_etag)
        if reply.status in (403, 429) or reply.status >= 500:
            problem = self._problem(answer)
            if problem.passing:
                raise problem
        return answer

    def _decoded(self, reply: Reply, *, strict: bool) -> Any:
        if not reply.body:
            return None
        try:
            return json.loads(reply.body)
        except (ValueError, RecursionError):
            if strict:
                raise self._nonsense(reply.status) from None
            return None

    def _nonsense(self, status: int) -> GitHubProblem:
        return GitHubProblem(
            ProblemKind.OTHER,
            answered=status,
            message=f"{self.instance.name} answered with something that is not from its API.",
            hint="A proxy or a sign-in page may stand in front of it.",
        )

    def _problem(self, answer: Answer) -> GitHubProblem:
        answered = Answered(answer.status, answer.headers, said_in(answer.data))
        return verdict(answered, self.instance, self._now(), self.expires_at)

    def _respect_limits(self, url: str) -> None:
        resource = "search" if url.removeprefix(self.instance.api).startswith("/search/") else "core"
        budget = self.limits.exhausted(resource, self._now())
        if budget is not None:
            raise GitHubProblem(
                ProblemKind.RATE_LIMITED,
                message=f"Of {budget.limit} requests on {self.instance.name}, {budget.remaining} are left until "
                f"{budget.until:%H:%M} UTC; they are kept for other tools of the same person.",
                until=budget.until,
            )

    def _pause(self, problem: GitHubProblem, attempt: int) -> float | None:
        """Seconds to wait before asking again; None when asking again soon makes no sense."""
        if not problem.passing or isinstance(problem.__cause__, Untrusted):
            return None
        if problem.until is not None:
            wait = (problem.until - self._now()).total_seconds()
            return max(wait, _FIRST_PAUSE) if wait <= _LONGEST_PAUSE else None
        jitter = 0.5 + random.random()  # noqa: S311 - only so that not everybody comes back in the same moment
        return _FIRST_PAUSE * 2 ** (attempt - 1) * jitter

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def at(*parts: str | int) -> str:
    """A path from its parts, each as one segment whatever characters it has: `at("repos", owner, name)`."""
    for part in parts:
        if str(part) in ("", ".", ".."):
            raise ValueError("a segment of a path is neither empty nor dots")
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)
