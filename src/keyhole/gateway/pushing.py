"""One push, from its first byte to its report: parse, quarantine, judge, record, and only then move refs.

Refused for one ref is refused for all; nothing of a refused push stays in the repository.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

from django.utils import timezone

from keyhole.core.errors import Conflict, MalformedRequest
from keyhole.core.permissions import GIT_PUSH
from keyhole.core.request import RefUpdate, Request
from keyhole.gateway import newcommits, receive, report
from keyhole.gateway.http import LIMITS, Response
from keyhole.gateway.inflate import inflated
from keyhole.gateway.pktline import FLUSH, encode
from keyhole.gateway.places import in_thread
from keyhole.gateway.push import CAPABILITIES, CommandReader, Push
from keyhole.gateway.quarantine import Quarantine, quarantine
from keyhole.gateway.report import Outcome, all_refused
from keyhole.gateway.subject import Subject, denied_text, refused_refs
from keyhole.providers.gitcli import GitError, kill_tree, run, spawn
from keyhole.repositories.models import Repository
from keyhole.schedules.pushes import note_push
from keyhole.tokens.authority import Permit, Refused, judge

_COMPRESSING = 120.0
"""Seconds that a client may fall silent in: it compresses what it sends next, which takes long for large files."""
_SMALL = 8 * 1024 * 1024
_AS_A_WHOLE = "the push was refused as a whole"


class Pushing:
    """A push whose sender may write at all; what it moves is judged here."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._body = inflated(subject.http, LIMITS.commands + LIMITS.pack)
        self._first = b""
        subject.http.body.patience = _COMPRESSING
        # git sends a length for what it could hold in memory, and chunks without one beyond a megabyte.
        length = subject.http.header("content-length")
        self._small = length.isdigit() and int(length) < _SMALL

    async def answer(self) -> Response:
        """The report. Raises MalformedRequest for a list of refs that is not one; nothing was done then."""
        push = await self._commands()
        if not push.commands:  # git's probe before a large push: is this the right door, and am I let in?
            await self._expect_end()
            return self._response(b"", "")
        if not push.brings_pack:
            await self._expect_end()
        async with quarantine(self._subject.git_dir) as place:
            outcome = await self._outcome(push, place)
        await self._drain()
        return self._response(report.encoded(push, outcome), outcome.explain)

    def _response(self, body: bytes, explain: str) -> Response:
        return Response(200, body, (("Content-Type", report.CONTENT_TYPE),), explain)

    async def _commands(self) -> Push:
        reader = CommandReader()
        async for chunk in self._body:
            if (found := reader.feed(chunk)) is not None:
                push, self._first = found
                expected = await in_thread(object_format, self._subject.git_dir)
                if push.commands and push.object_format != expected:
                    raise MalformedRequest(f"The object format of this repository is {expected}.")
                return push
        raise MalformedRequest("The list of refs does not end with a flush.")

    async def _expect_end(self) -> None:
        async for chunk in self._rest():
            if chunk:
                raise MalformedRequest("There is something after the list of refs.")

    async def _rest(self) -> AsyncIterator[bytes]:
        if self._first:
            first, self._first = self._first, b""
            yield first
        async for chunk in self._body:
            yield chunk

    async def _drain(self) -> None:
        """Read what is left: a client that is still sending would not see the report."""
        async for _ in self._body:
            pass

    async def _outcome(self, push: Push, place: Quarantine) -> Outcome:
        try:
            if push.brings_pack:
                await receive.take_pack(place, self._rest(), small=self._small)
            await newcommits.list_reachable(place, push.commands)
            updates, paths = await newcommits.updates(place, push.commands)
        except receive.BadPack as problem:
            return all_refused(
                push,
                "unpacker error",
                unpack=problem.message,
                messages=(f"Nothing was moved: {problem.message}",),
            )
        except newcommits.Disconnected as problem:
            return all_refused(
                push, "missing necessary objects", messages=(f"Nothing was moved: {problem.message}",)
            )
        try:
            permit = await self._judge(updates)
        except Refused as refused:
            if refused.status != 403:
                raise
            return self._refusal(push, refused, paths)
        return await self._carry_out(push, place, permit.id)

    async def _judge(self, updates: tuple[RefUpdate, ...]) -> Permit:
        request = Request(GIT_PUSH, timezone.now(), (self._subject.core,), updates=updates)
        return await in_thread(judge, self._subject.bearer, request, self._subject.circumstances)

    def _refusal(self, push: Push, refused: Refused, paths: dict[str, str]) -> Outcome:
        at_fault = refused_refs(refused, paths)
        problem = denied_text(self._subject, refused)
        said = [f"{ref}: {why}" for ref, why in list(at_fault.items())[:10]] or [problem.message]
        return all_refused(
            push,
            _AS_A_WHOLE,
            because_of=at_fault,
            explain=refused.explain,
            messages=(*said, problem.hint, f"Explain: keyhole explain {refused.explain}"),
        )

    async def _carry_out(self, push: Push, place: Quarantine, explain: str) -> Outcome:
        git_dir = self._subject.git_dir
        if in_the_way := await in_thread(receive.in_the_way, git_dir, push.commands):
            said = [f"{ref}: {why}" for ref, why in list(in_the_way.items())[:10]]
            return all_refused(
                push, _AS_A_WHOLE, because_of=in_the_way, messages=tuple(said), explain=explain
            )
        try:
            if push.brings_pack:
                await receive.keep(place)
            # In a thread, which no cancelling interrupts: a client that goes away must not leave half a transaction.
            await in_thread(receive.move_refs, git_dir, push.commands)
        except (Conflict, GitError) as problem:
            return all_refused(
                push,
                "failed to update ref",
                messages=(f"Nothing was moved: {problem.message}",),
                explain=explain,
            )
        await in_thread(_note_pushed, self._subject.repository)
        return Outcome(explain=explain)


def _note_pushed(repository: Repository | None) -> None:
    if repository is not None:
        Repository.objects.filter(pk=repository.pk).update(pushed_at=timezone.now())
        note_push(repository.pk)


def object_format(git_dir: Path) -> str:
    """`sha1` or `sha256`."""
    return run(git_dir, "rev-parse", "--show-object-format").decode().strip()


async def advertisement(subject: Subject) -> AsyncGenerator[bytes, None]:
    """What refs there are and what a push may ask for. Ours, because git would add what the config switches on."""
    git_dir = subject.git_dir
    kind = await in_thread(object_format, git_dir)
    capabilities = " ".join((*CAPABILITIES, f"object-format={kind}", "agent=keyhole"))
    process = await spawn(
        git_dir, "for-each-ref", "--format=%(objectname) %(refname)", stdin=asyncio.subprocess.DEVNULL
    )
    assert process.stdout  # noqa: S101 - a pipe was asked for
    first = True
    try:
        async for line in process.stdout:
            yield _advertised(line.rstrip(b"\n"), capabilities if first else None)
            first = False
        if await process.wait() != 0:
            raise GitError("git for-each-ref failed.")
        if first:
            nothing = "0" * (40 if kind == "sha1" else 64)
            yield _advertised(f"{nothing} capabilities^{{}}".encode(), capabilities)
        yield FLUSH
    finally:
        await asyncio.shield(kill_tree(process))


def _advertised(line: bytes, capabilities: str | None) -> bytes:
    return encode(line + (b"\0" + capabilities.encode() if capabilities is not None else b"") + b"\n")
