"""Repositories, tokens and requests for tests of the REST surface: the real database, the real git, no socket."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from keyhole.accounts.services import local_caller
from keyhole.core.canonical import parse_target
from keyhole.core.grant import Access
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.gateway.body import Body
from keyhole.gateway.http import HttpRequest
from keyhole.gateway.places import in_thread
from keyhole.gateway.rest.dispatch import handle
from keyhole.repositories.models import Repository
from keyhole.repositories.services import connect_folder, set_public
from keyhole.tokens.authority import identify
from keyhole.tokens.services import TokenSpec, generate
from tests.unit.gateway.rest.scratch import NAMES, Scratch

T = TypeVar("T")
_runner = asyncio.Runner()
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def links(self) -> dict[str, str]:
        found = {}
        for part in filter(None, self.headers.get("link", "").split(", ")):
            address, relation = part.split("; ")
            found[relation[5:-1]] = address.strip("<>").partition("/api/v3")[2]
        return found


class World:
    """Connected repositories below one folder, and tokens for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.caller = local_caller()
        self.scratch: dict[str, Any] = {}

    def connect(self) -> None:
        connect_folder(self.caller, self.folder, "local")

    def repository(self, full_name: str) -> Repository:
        owner, name = full_name.split("/")
        return Repository.objects.select_related("owner").get(owner__login=owner, name=name, removed_at=None)

    def token(
        self, owner: str, *names: str, access: Access = Access.SELECTED, days: int = 30, **permissions: str
    ) -> Secret:
        ids = frozenset(self.repository(f"{owner}/{name}").pk for name in names)
        return generate(
            self.caller,
            TokenSpec(
                f"token {next(_numbers)}",
                owner,
                access,
                repository_ids=ids,
                expires_in_days=days,
                permissions={name: Level.parse(level) for name, level in permissions.items()},
            ),
        ).secret

    def ask(self, token: Secret, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return self.run(self.asked(token, method, path, body, headers))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine, in the one loop that all requests of the process share, as in the server."""
        return _runner.run(work)

    async def asked(
        self, token: Secret, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> Answer:
        raw_path, _, query = f"/api/v3{path}".encode().partition(b"?")
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        messages = iter([{"type": "http.request", "body": sent, "more_body": False}])

        async def receive() -> dict[str, Any]:
            return next(messages)

        given = tuple(
            (name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()
        )
        http = HttpRequest(
            method, parse_target(raw_path, query), given, "192.0.2.1", Body(receive, len(sent))
        )
        bearer = await in_thread(identify, token)
        answer = await handle(http, bearer)
        raw = (
            answer.body
            if isinstance(answer.body, bytes)
            else b"".join([chunk async for chunk in answer.body])
        )
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers}, raw)


def build(template: Path, folder: Path) -> World:
    """A world with copies of the template's repositories; `other/open` is public."""
    built = World(folder / "repositories")
    shutil.copytree(template, folder, symlinks=True, dirs_exist_ok=True)
    for full_name in NAMES:
        built.scratch[full_name] = Scratch(folder / full_name, built.folder / f"{full_name}.git")
    built.connect()
    set_public(built.caller, built.repository("other/open").pk, public=True)
    return built
