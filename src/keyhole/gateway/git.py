"""Git over HTTP: clone, fetch and push, in the smart protocol only.

What is asked is decided from the path and the one `service` parameter; protocol details never change the verdict.
Source: gitprotocol-http(5).
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import IO

from django.utils import timezone

from keyhole.core.errors import InvalidInput, KeyholeError, MalformedRequest, NotFound, PermissionDenied
from keyhole.core.names import repository_name
from keyhole.core.permissions import GIT_ANNOUNCE_PUSH, GIT_FETCH, Operation
from keyhole.core.request import Request
from keyhole.gateway.answers import text_answer
from keyhole.gateway.errors import UnsupportedMediaType
from keyhole.gateway.http import LIMITS, HttpRequest, Response
from keyhole.gateway.inflate import inflated
from keyhole.gateway.mirrored import refuse_mirror
from keyhole.gateway.pktline import FLUSH, encode
from keyhole.gateway.places import git_children, in_thread
from keyhole.gateway.pushing import Pushing, advertisement
from keyhole.gateway.subject import Subject, denied_text
from keyhole.gateway.want import check
from keyhole.providers.gitcli import GitError, kill_tree, said, spawn
from keyhole.repositories.lookup import find
from keyhole.tokens.authority import Bearer, Permit, Refused, judge

_STEP = 1 << 16
_SERVICES = {"git-upload-pack": GIT_FETCH, "git-receive-pack": GIT_ANNOUNCE_PUSH}
_UPLOAD_CONFIG = {
    "uploadpack.allowFilter": "true",
    "uploadpackfilter.allow": "false",
    "uploadpackfilter.blob:none.allow": "true",
    "uploadpackfilter.blob:limit.allow": "true",
    "uploadpackfilter.tree.allow": "true",
    "uploadpackfilter.sparse:oid.allow": "false",
    "uploadpackfilter.object:type.allow": "false",
    "uploadpackfilter.combine.allow": "false",
    "uploadpack.allowAnySHA1InWant": "false",
    "uploadpack.allowTipSHA1InWant": "false",
    "uploadpack.allowReachableSHA1InWant": "false",
    "uploadpack.allowRefInWant": "false",
    "uploadpack.advertiseBundleURIs": "false",
    "transfer.advertiseObjectInfo": "false",
    "transfer.advertiseSID": "false",
    "pack.threads": "2",
    "pack.windowMemory": "64m",
}
"""What the repository's own config could widen or make costly. `packfile-uris` is refused in `want`."""


async def handle(http: HttpRequest, bearer: Bearer) -> Response:
    """The answer to a git request that came with a valid token."""
    owner, name, rest = _parts(http.target.segments)
    if rest == ("info", "refs") and http.method in ("GET", "HEAD"):
        service = _service(http)
        subject = await _subject(http, bearer, owner, name)
        return await _guarded(subject, _advertise(subject, service))
    if rest in (("git-upload-pack",), ("git-receive-pack",)) and http.method == "POST":
        if http.target.query:
            raise MalformedRequest("A git service takes no query.")
        if http.header("content-type") != f"application/x-{rest[0]}-request":
            raise UnsupportedMediaType(
                f"The Content-Type of this request is application/x-{rest[0]}-request."
            )
        subject = await _subject(http, bearer, owner, name)
        return await _guarded(
            subject, _upload(subject) if rest[0] == "git-upload-pack" else _receive(subject)
        )
    raise NotFound("Not Found", hint="Only git's smart protocol is spoken here.")


def _parts(segments: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    if len(segments) < 3:
        raise NotFound("Not Found")
    name = segments[1].removesuffix(".git")
    try:
        repository_name(name)
    except InvalidInput:
        raise NotFound("Repository not found.") from None
    return segments[0], name, segments[2:]


def _service(http: HttpRequest) -> str:
    asked = [value for name, value in http.target.query if name == "service"]
    if len(http.target.query) != 1 or len(asked) != 1 or asked[0] not in _SERVICES:
        raise PermissionDenied(
            "The one parameter is service=git-upload-pack or service=git-receive-pack.",
            hint="The dumb protocol is not spoken here.",
        )
    return asked[0]


async def _subject(http: HttpRequest, bearer: Bearer, owner: str, name: str) -> Subject:
    found = await in_thread(find, owner, name)
    repository = found.repository if found is not None else None
    return Subject(http, bearer, repository, repository.as_core() if repository is not None else None)


async def _guarded(subject: Subject, answer: Coroutine[None, None, Response]) -> Response:
    try:
        return await answer
    except Refused as refused:
        return text_answer(denied_text(subject, refused), explain=refused.explain)


async def _judge(subject: Subject, operation: Operation) -> Permit:
    request = Request(operation, timezone.now(), (subject.core,))
    permit = await in_thread(judge, subject.bearer, request, subject.circumstances)
    if subject.repository is not None:
        refuse_mirror(subject.repository, permit.id)
    return permit


async def _advertise(subject: Subject, service: str) -> Response:
    permit = await _judge(subject, _SERVICES[service])
    version = protocol_version(subject.http.header("git-protocol"))
    if service == "git-receive-pack":
        stream, version = advertisement(subject), 0
    else:
        git_dir = subject.git_dir
        stream = _child(
            subject,
            ["upload-pack", "--stateless-rpc", "--strict", "--advertise-refs", str(git_dir)],
            version,
            None,
        )
    head = encode(f"# service={service}\n".encode()) + FLUSH if version != 2 else b""
    body = await _begun(stream, head)
    return Response(
        200,
        body,
        (("Content-Type", f"application/x-{service}-advertisement"),),
        permit.id,
        subject.bearer.held,
    )


def protocol_version(header: str) -> int:
    """The protocol version asked for in `Git-Protocol`: 0 unless it says 1 or 2, once and nothing else."""
    match = re.fullmatch(r"version=([012])", header)
    return int(match.group(1)) if match else 0


async def _upload(subject: Subject) -> Response:
    permit = await _judge(subject, GIT_FETCH)
    version = protocol_version(subject.http.header("git-protocol"))
    # The whole request is here and checked before a git process is: a slow client holds no place, and git reads
    # a file that cannot block it.
    with tempfile.TemporaryFile() as request:
        whole = b"".join([piece async for piece in inflated(subject.http, LIMITS.fetch_request)])
        check(whole, version)
        request.write(whole)
        request.seek(0)
        command = ["upload-pack", "--stateless-rpc", "--strict", str(subject.git_dir)]
        body = await _begun(_child(subject, command, version, request), b"")
    return Response(
        200,
        body,
        (("Content-Type", "application/x-git-upload-pack-result"),),
        permit.id,
        subject.bearer.held,
    )


async def _receive(subject: Subject) -> Response:
    await _judge(subject, GIT_ANNOUNCE_PUSH)
    async with git_children.one():
        return await Pushing(subject).answer()


async def _child(
    subject: Subject, command: list[str], version: int, stdin: IO[bytes] | None
) -> AsyncGenerator[bytes, None]:
    """The output of a git child, which holds one of the places and ends when the stream is closed."""
    async with git_children.one():
        process = await spawn(
            subject.git_dir,
            *command,
            config=_UPLOAD_CONFIG,
            env={"GIT_PROTOCOL": f"version={version}"},
            stdin=stdin.fileno() if stdin is not None else asyncio.subprocess.DEVNULL,
        )
        assert process.stdout  # noqa: S101 - a pipe was asked for, as for the other
        assert process.stderr  # noqa: S101
        complaints = asyncio.create_task(_last_of(process.stderr))
        try:
            while piece := await process.stdout.read(_STEP):
                yield piece
            if await process.wait() != 0:
                raise GitError(said(await complaints) or f"git {command[0]} failed.")
        finally:
            await asyncio.shield(kill_tree(process))
            complaints.cancel()


async def _last_of(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while piece := await stream.read(_STEP):
        kept = (kept + piece)[-_STEP:]
    return kept


async def _begun(stream: AsyncGenerator[bytes, None], head: bytes) -> AsyncIterator[bytes]:
    """The stream, once its first bytes are here: until then a failure can still be told by the status."""
    try:
        first = await anext(stream, b"")
    except GitError as problem:
        raise KeyholeError("The repository could not be read.", hint=problem.message) from problem
    return _Begun(head + first, stream)


class _Begun:
    """A stream with its first bytes put back. Closing it closes the stream, even if nobody has read from it."""

    def __init__(self, first: bytes, stream: AsyncGenerator[bytes, None]) -> None:
        self._first = first
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        return await anext(self._stream)

    async def aclose(self) -> None:
        """End whatever feeds the stream."""
        await self._stream.aclose()
