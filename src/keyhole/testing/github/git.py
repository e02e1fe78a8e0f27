"""Git over HTTP: clone, fetch and push at `/OWNER/REPO.git`, in the smart protocol. Source: gitprotocol-http(5).

The token is the password, whatever the user is called. Reading needs contents:read (nothing for a public repository),
pushing contents:write, and a push that changes workflow files also workflows:write, or the `workflow` scope.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from keyhole.core.permissions import Level
from keyhole.providers.gitcli import kill_tree, spawn
from keyhole.testing.github import enforce, pushes, scopes, standing
from keyhole.testing.github.actors import Actor, authenticate
from keyhole.testing.github.answers import Problem
from keyhole.testing.github.tokens import Kind, SandboxToken
from keyhole.testing.github.world import ROLES, Repository, World

_PLACE = re.compile(r"/([^/]+)/([^/]+?)(?:\.git)?/(info/refs|git-upload-pack|git-receive-pack)")
_CHUNK = 1 << 16
_SERVICES = {"git-upload-pack", "git-receive-pack"}
_CONFIG = {
    "http.receivepack": "true",
    "uploadpack.allowFilter": "true",
    "uploadpack.allowReachableSHA1InWant": "true",
    "receive.denyDeletes": "false",
    "receive.denyNonFastForwards": "false",
}
_NOT_CACHED = {"Cache-Control": "no-cache, max-age=0, must-revalidate", "Server": "GitHub.com"}


@dataclass(frozen=True, slots=True)
class Place:
    """What a path of git asks for."""

    full_name: str
    asks: str
    """`info/refs`, `git-upload-pack` or `git-receive-pack`."""


def place(path: str) -> Place | None:
    """What git asks for at this path; None for a path that is none of git's."""
    match = _PLACE.fullmatch(path)
    return Place(f"{match[1]}/{match[2]}", match[3]) if match else None


class GitProblem(Exception):
    """A refusal in words for a terminal."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


async def answer(
    world: World, request: web.BaseRequest, asked: Place
) -> tuple[web.StreamResponse, Actor, bool]:
    """The answer to git; who asked; and whether refs moved. The answer is sent when this returns."""
    service = request.query.get("service", "") if asked.asks == "info/refs" else asked.asks
    actor = Actor()
    try:
        if service not in _SERVICES:
            raise GitProblem(403, "Please upgrade your git client.\nOnly the smart protocol is spoken here.")
        with world.lock:
            actor = _who(world, request)
            repository = judge(world, actor, asked.full_name, pushing=service == "git-receive-pack")
    except GitProblem as problem:
        return await _refused(request, problem), actor, False
    protocol = request.headers.get("Git-Protocol", "")
    env = {"GIT_PROTOCOL": protocol} if re.fullmatch(r"[A-Za-z0-9=:.-]{1,64}", protocol) else {}
    if asked.asks == "info/refs":
        return await _advertise(request, repository.git_dir, service, env), actor, False
    if service == "git-upload-pack":
        return await _upload(request, repository.git_dir, env), actor, False
    response, moved = await pushes.receive(world, request, repository, actor, may_change_workflows(actor))
    return response, actor, moved


def _who(world: World, request: web.BaseRequest) -> Actor:
    try:
        return authenticate(world, request.headers.get("Authorization"))
    except Problem:
        raise GitProblem(
            401, "Invalid username or token. Password authentication is not supported."
        ) from None


def judge(world: World, actor: Actor, full_name: str, *, pushing: bool) -> Repository:
    """The repository, if this client may read it (or write to it). Raises GitProblem with what git is told if not."""
    repository = world.repository(full_name) or world.renamed(full_name)
    if repository is None or not enforce.sees(world, actor, repository):
        if repository is not None and actor.token is not None:
            problem = standing.hidden(world, actor, repository)
            if problem.status == 403:
                raise GitProblem(403, problem.message)
        if actor.token is None:
            raise GitProblem(401, "Repository not found.")
        raise GitProblem(404, "Repository not found.")
    if pushing and actor.token is None:
        raise GitProblem(401, "No anonymous write access.")
    denied = f"Permission to {repository.full_name}.git denied to {actor.user_or_app}."
    if pushing:
        if not _may_push(world, actor, repository):
            raise GitProblem(403, denied)
        if repository.archived:
            raise GitProblem(403, "This repository was archived so it is read-only.")
    elif repository.private and not _may_read(actor, repository):
        raise GitProblem(403, denied)
    return repository


def _may_read(actor: Actor, repository: Repository) -> bool:
    token = actor.token
    if token is None:
        return False
    return token.has_scopes or (token.selects(repository) and token.holds("contents", Level.READ))


def _may_push(world: World, actor: Actor, repository: Repository) -> bool:
    token = actor.token
    if token is None or standing.blocked(world, token, repository.owner):
        return False
    if token.kind is not Kind.INSTALLATION and ROLES.index(world.role(token.user, repository)) < ROLES.index(
        "push"
    ):
        return False
    if token.has_scopes:
        return bool({"repo", *(() if repository.private else ("public_repo",))} & set(scopes.held(token)))
    return token.selects(repository) and token.holds("contents", Level.WRITE)


def may_change_workflows(actor: Actor) -> bool:
    """Whether this client may change files below `.github/workflows/`."""
    token: SandboxToken | None = actor.token
    if token is None:
        return False
    return "workflow" in token.scopes if token.has_scopes else token.holds("workflows", Level.WRITE)


async def _refused(request: web.BaseRequest, problem: GitProblem) -> web.StreamResponse:
    headers = {**_NOT_CACHED, "Content-Type": "text/plain; charset=UTF-8"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="GitHub"'
    response = web.Response(status=problem.status, text=f"{problem.text}\n", headers=headers)
    await response.prepare(request)
    await response.write_eof()
    return response


async def _advertise(
    request: web.BaseRequest, git_dir: Path, service: str, env: dict[str, str]
) -> web.StreamResponse:
    process = await spawn(
        git_dir, service.removeprefix("git-"), "--stateless-rpc", "--http-backend-info-refs", str(git_dir),
        env=env, config=_CONFIG,
    )  # fmt: skip
    first = f"# service={service}\n"
    head = f"{len(first) + 4:04x}{first}0000".encode()
    response = web.StreamResponse(
        headers={**_NOT_CACHED, "Content-Type": f"application/x-{service}-advertisement"}
    )
    await _piped(request, response, process, head)
    return response


async def _upload(request: web.BaseRequest, git_dir: Path, env: dict[str, str]) -> web.StreamResponse:
    process = await spawn(git_dir, "upload-pack", "--stateless-rpc", str(git_dir), env=env, config=_CONFIG)
    response = web.StreamResponse(
        headers={**_NOT_CACHED, "Content-Type": "application/x-git-upload-pack-result"}
    )
    await _piped(request, response, process, b"", request.content.iter_chunked(_CHUNK))
    return response


async def _piped(
    request: web.BaseRequest,
    response: web.StreamResponse,
    process: asyncio.subprocess.Process,
    head: bytes,
    body: AsyncIterator[bytes] | None = None,
) -> None:
    await response.prepare(request)
    try:
        feeding = asyncio.create_task(pushes.feed(process, body))
        if head:
            await response.write(head)
        while process.stdout is not None and (chunk := await process.stdout.read(_CHUNK)):
            await response.write(chunk)
        await feeding
        await response.write_eof()
    finally:
        await kill_tree(process)
