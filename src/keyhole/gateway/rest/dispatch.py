"""The way of every REST request: find what it names, judge it, record that, and only then answer or act.

The order is a promise: a permission is judged before an entity tag is compared, before a body is held against the
repository, before a redirect is told. What is asked wrongly by someone who may ask is recorded as allowed to ask.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from keyhole.core.decide import Denied, decide
from keyhole.core.errors import KeyholeError, Unavailable
from keyhole.core.permissions import Operation, Standing
from keyhole.core.request import RefUpdate, Request
from keyhole.gateway.errors import NotImplementedYet
from keyhole.gateway.http import HttpRequest, Response
from keyhole.gateway.mirrored import refuse_mirror
from keyhole.gateway.places import in_thread
from keyhole.gateway.rest import media, versions
from keyhole.gateway.rest.answers import as_json, entity_tag, failed, matches
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.present.links import Links
from keyhole.gateway.rest.registry import Implementation, Plan, registered
from keyhole.gateway.rest.subjects import Subjects, subjects
from keyhole.providers.gitcli import GitError
from keyhole.tokens.authority import Bearer, Circumstances, Permit, Refused, judge

_log = logging.getLogger(__name__)
_ANONYMOUS = media.Media("", json=True)
_NO_OPERATION = Operation("", "", "", Standing.UNLISTED, doc="https://docs.github.com/rest")


async def handle(http: HttpRequest, bearer: Bearer) -> Response:
    """The answer to a REST request that came with a valid token. `http.target` starts with `/api`."""
    try:
        found = await in_thread(subjects, http.method, http.target.segments, bearer)
    except DatabaseError as problem:
        raise Unavailable("Repositories cannot be looked up now.") from problem
    operation = found.match.operation if found.match is not None else _NO_OPERATION
    links = Links(settings.KEYHOLE_URL.rstrip("/"))
    context = Context(http, operation, found, bearer, _ANONYMOUS, links)
    exchange = _Exchange(context, registered().get(operation.id))
    try:
        answer = await exchange.answer()
    except Refused as refused:
        answer = failed(refused, documentation_url=operation.doc, explain=refused.explain)
    except GitError as problem:
        _log.error("git failed for %s: %s", operation.id, problem.message)
        answer = failed(
            KeyholeError("Server Error"), documentation_url=operation.doc, explain=exchange.explain
        )
    except DatabaseError:
        _log.exception("the database failed for %s", operation.id)
        answer = failed(
            Unavailable("The database does not answer now."),
            documentation_url=operation.doc,
            explain=exchange.explain,
        )
    except KeyholeError as problem:
        answer = failed(problem, documentation_url=operation.doc, explain=exchange.explain)
    return exchange.finished(answer)


class _Exchange:
    """One request and what has been found out about it so far."""

    def __init__(self, context: Context, implementation: Implementation | None) -> None:
        self._context = context
        self._implementation = implementation
        self._version = versions.DEFAULT
        self._media = _ANONYMOUS
        self.explain = ""
        """Id of the audit entry, once there is one."""

    async def answer(self) -> Response:
        """The answer, after the verdict. Raises whatever ends the request otherwise."""
        found, implementation = self._context.subjects, self._implementation
        if found.match is None or implementation is None or found.moved:
            await self._judge(None if implementation is None else ())
            if found.moved:
                return self._redirect(found)
            raise NotImplementedYet(
                f"{self._context.operation.id} was authorized, but Keyhole does not carry out "
                "this operation for local repositories."
            )
        if mirrored := [row for row in found.repositories if row is not None and not row.is_served]:
            await self._judge(())
            refuse_mirror(mirrored[0])
        if implementation.read is not None:
            await self._judge(())
            self._negotiate()
            return await implementation.read(replace(self._context, media=self._media))
        return await self._write(implementation)

    async def _write(self, implementation: Implementation) -> Response:
        # Without this first look, who may not write at all would learn from the checks of a plan what is there.
        if isinstance(decide(self._context.grant, self._request(())), Denied):
            await self._judge(())
        try:
            self._negotiate()
            plan = await self._plan(implementation)
        except KeyholeError:
            await self._judge(())  # it moves nothing; that it was asked for is on record before it is refused
            raise
        await self._judge(plan.updates)
        return await plan.carry_out()

    async def _plan(self, implementation: Implementation) -> Plan:
        if implementation.plan is None:
            raise ValueError(f"{implementation.operation_id} neither reads nor plans")
        return await implementation.plan(self._context)

    def _negotiate(self) -> None:
        http = self._context.http
        self._version = versions.selected(http.header("x-github-api-version"))
        known = self._implementation.media if self._implementation is not None else frozenset()
        self._media = media.asked(http.header("accept"), known)

    def _request(self, updates: tuple[RefUpdate, ...] | None) -> Request:
        found = self._context.subjects
        return Request(
            found.match.operation if found.match is not None else None,
            timezone.now(),
            found.judged,
            found.owner,
            updates,
        )

    async def _judge(self, updates: tuple[RefUpdate, ...] | None) -> Permit:
        http = self._context.http
        circumstances = Circumstances(
            surface="rest",
            method=http.method,
            target=http.target.render().decode("ascii"),
            address=http.address,
            agent=http.agent,
        )
        try:
            permit = await in_thread(judge, self._context.bearer, self._request(updates), circumstances)
        except KeyholeError:
            raise
        except Exception as problem:  # whatever breaks while deciding ends as "not now", never as a yes
            _log.exception("no verdict for %s", self._context.operation.id)
            raise Unavailable("The request could not be judged now.") from problem
        self.explain = permit.id
        return permit

    def _redirect(self, found: Subjects) -> Response:
        target = type(self._context.http.target)
        below = ("api", "v3", "repositories", str(self._context.repository.pk), *found.below)
        location = self._context.links.base + target(below, self._context.http.target.query).render().decode(
            "ascii"
        )
        status = 301 if self._context.http.method in ("GET", "HEAD") else 307
        return as_json(
            {
                "message": "Moved Permanently",
                "url": location,
                "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api"
                "#follow-redirects",
            },
            status,
            Location=location,
        )

    def finished(self, answer: Response) -> Response:
        """With the headers that every answer of the API has, or as 304 when the client has it already."""
        http, bearer, operation = self._context.http, self._context.bearer, self._context.operation
        headers = [
            ("X-GitHub-Media-Type", self._media.header),
            ("x-github-api-version-selected", self._version),
            ("Vary", "Accept, Authorization"),
        ]
        if (accepted := _accepted(operation)) and not any(
            name == "X-Accepted-GitHub-Permissions" for name, _ in answer.headers
        ):
            headers.append(("X-Accepted-GitHub-Permissions", accepted))
        if bearer.grant.expires_at is not None:
            headers.append(
                (
                    "github-authentication-token-expiration",
                    bearer.grant.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
                )
            )
        tag = entity_tag(answer, f"{bearer.token_id} {operation.id}") if answer.status == 200 else None
        if tag is not None and http.method in ("GET", "HEAD"):
            headers.append(("ETag", tag))
            if matches(http.header("if-none-match"), tag):
                answer = replace(answer, status=304, body=b"", headers=())
        return replace(
            answer,
            headers=(*answer.headers, *headers),
            explain=answer.explain or self.explain,
            held=bearer.held,
        )


def _accepted(operation: Operation) -> str:
    if operation.standing is Standing.PERMISSIONLESS:
        return "allows_permissionless_access=true"
    return operation.accepted
