"""How many decisions, resolutions and targets a second one core takes: the pure part of every request.

Prints one line of JSON per measure; the median of five runs, in microseconds each and per second.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from keyhole.core.canonical import parse_target
from keyhole.core.credentials import presented
from keyhole.core.decide import decide
from keyhole.core.grant import Access, make
from keyhole.core.permissions import Level, vocabulary
from keyhole.core.request import Owner, OwnerKind, RefUpdate, Repository, Request
from keyhole.core.resolve import resolve
from keyhole.core.token_text import hash_of, is_well_formed, mint

_RUNS = 5
_NOW = datetime(2026, 8, 1, tzinfo=UTC)


def main() -> None:
    """Measure and print."""
    for name, count, work in (*_decisions(), *_parsing()):
        each = statistics.median(_seconds(count, work) for _ in range(_RUNS)) / count
        print(json.dumps({"what": name, "microseconds": round(each * 1e6, 2), "per_second": round(1 / each)}))


def _seconds(count: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    for _ in range(count):
        work()
    return time.perf_counter() - started


_Measure = tuple[str, int, Callable[[], object]]


def _decisions() -> Iterator[_Measure]:
    owner = Owner(1, "octo", OwnerKind.USER)
    repository = Repository(7, owner, "repo", public=False)
    hidden = Repository(8, owner, "hidden", public=False)
    permissions = {"contents": Level.WRITE, "issues": Level.READ}
    selection = frozenset(range(7, 4000, 2))
    grant = make(
        owner=owner,
        access=Access.SELECTED,
        repository_ids=selection,
        permissions=permissions,
        not_before=_NOW,
        expires_at=None,
    )
    operations = {operation.id: operation for operation in vocabulary().operations}
    read = Request(operations["repos/get-content"], _NOW, (repository,))
    elsewhere = Request(operations["repos/get-content"], _NOW, (hidden,))
    refused = Request(operations["repos/update"], _NOW, (repository,))
    updates = tuple(
        RefUpdate(f"refs/heads/b{number}", "0" * 40, "1" * 40, touches_workflows=False)
        for number in range(100)
    )
    push = Request(operations["git/update-ref"], _NOW, (repository,), updates=updates)
    yield "decide: read, 2,000 repositories selected", 100_000, lambda: decide(grant, read)
    yield "decide: hidden, 404", 100_000, lambda: decide(grant, elsewhere)
    yield "decide: permission missing, 403", 100_000, lambda: decide(grant, refused)
    yield "decide: 100 refs at once", 2_000, lambda: decide(grant, push)


def _parsing() -> Iterator[_Measure]:
    token = mint()
    text = token.reveal()
    headers = [
        (b"host", b"localhost"),
        (b"user-agent", b"git"),
        (b"authorization", b"Bearer " + text.encode()),
    ]
    plain = b"/api/v3/repos/octo/repo/contents/src/keyhole/core/decide.py"
    encoded = b"/api/v3/repos/octo/repo/git/ref/heads%2Ffeature%2Fx"
    segments = tuple(plain.decode().split("/")[3:])
    backtracking = ("repos", "octo", "repo", "branches", "a", "b", "c", "protection", "restrictions", "apps")
    yield "resolve: a file", 100_000, lambda: resolve("GET", segments)
    yield "resolve: a branch with slashes", 100_000, lambda: resolve("GET", backtracking)
    yield "canonical: plain path", 50_000, lambda: parse_target(plain, b"ref=main")
    yield "canonical: encoded slashes", 50_000, lambda: parse_target(encoded, b"")
    yield "credentials: bearer", 100_000, lambda: presented(headers)
    yield "token: well formed", 50_000, lambda: is_well_formed(text)
    yield "token: malformed", 100_000, lambda: is_well_formed("khp_x")
    yield "token: hash", 100_000, lambda: hash_of(token)


if __name__ == "__main__":
    main()
