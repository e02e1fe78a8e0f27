"""One request of the REST API, from its bytes to its answer.

Order, as on GitHub: who (401), how often (rate limit), what (404), whether it may (404, 403), and only then whether
the body makes sense (400, 422) and what is there.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

from keyhole.providers.gitcli import GitError
from keyhole.testing.github import enforce, generic, limits, paging, scopes, versions
from keyhole.testing.github.actors import Actor, authenticate
from keyhole.testing.github.answers import Answer, Listed, Problem, Source, not_found
from keyhole.testing.github.call import Call, json_object
from keyhole.testing.github.registry import Result, handlers
from keyhole.testing.github.table import Route, find
from keyhole.testing.github.tokens import SandboxToken
from keyhole.testing.github.world import World

_ALWAYS = {
    "Server": "GitHub.com",
    "X-GitHub-Media-Type": "github.v3; format=json",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, "
    "X-RateLimit-Remaining, X-RateLimit-Used, X-RateLimit-Resource, X-RateLimit-Reset, X-OAuth-Scopes, "
    "X-Accepted-OAuth-Scopes, X-Poll-Interval, X-GitHub-Media-Type, X-GitHub-SSO, X-GitHub-Request-Id, "
    "Deprecation, Sunset",
    "Access-Control-Allow-Origin": "*",
    "Strict-Transport-Security": "max-age=31536000; includeSubdomains; preload",
    "X-Frame-Options": "deny",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "0",
    "Referrer-Policy": "origin-when-cross-origin, strict-origin-when-cross-origin",
    "Content-Security-Policy": "default-src 'none'",
    "Vary": "Accept-Encoding, Accept, X-Requested-With",
}
_TAKE_ANY_BODY = {"markdown/render-raw", "repos/upload-release-asset"}
_READS_BY_POST = {"markdown/render", "markdown/render-raw"}
"""Operations that change nothing although they are no GET."""
_TAKE_NO_OBJECT = {"issues/add-labels", "issues/set-labels"}
_DOC = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Request:
    """What came in, below `/api/v3`."""

    method: str
    path: str
    """Encoded, beginning with a slash."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    address: str
    base: str
    """Address of the sandbox as the client called it."""


@dataclass(slots=True)
class Sent:
    """What goes out."""

    status: int
    headers: dict[str, str]
    body: bytes
    token: SandboxToken | None = None
    operation: str = ""
    """Id of the operation, if any matched."""
    changed: bool = False


class Api:
    """Answers requests about one world."""

    def __init__(self, world: World, meters: limits.Meters) -> None:
        self._world = world
        self._meters = meters

    def answer(self, request: Request) -> Sent:
        """The answer to one request; what it changes is changed when this returns."""
        with self._world.lock:
            return _Exchange(self._world, self._meters, request).run()


class _Exchange:
    def __init__(self, world: World, meters: limits.Meters, request: Request) -> None:
        self.world = world
        self.meters = meters
        self.request = request
        self.actor = Actor()
        self.route: Route | None = None
        self.headers = {**_ALWAYS, "X-GitHub-Request-Id": _request_id()}

    def run(self) -> Sent:
        try:
            answer = self._answer()
        except Problem as problem:
            answer = self._refusal(problem)
        except enforce.Moved as moved:
            answer = self._moved(moved)
        return self._sent(answer)

    def _answer(self) -> Answer:
        request = self.request
        if not request.headers.get("user-agent"):
            raise Problem(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            )
        self.headers |= versions.headers(request.headers.get("x-github-api-version", ""), self.world.now())
        self.route = self._find(request)
        self.actor = authenticate(self.world, request.headers.get("authorization"))
        self.headers |= _about_the_token(self.actor)
        self.headers |= self.meters.count(self.actor, request.address, self.route, self.world.now())
        if self.route is None:
            raise not_found()
        subject = enforce.judge(self.world, self.actor, self.route)
        self._say_what_was_needed()
        call = Call(
            self.world,
            self.actor,
            self.route,
            subject,
            self.meters,
            request.base,
            request.address,
            dict(parse_qsl(request.query, keep_blank_values=True)),
            request.headers,
            request.body,
        )
        if self.route.rule.id not in _TAKE_ANY_BODY | _TAKE_NO_OBJECT and request.method not in {
            "GET",
            "HEAD",
        }:
            call.body = json_object(request.body)
        return self._handled(call)

    def _find(self, request: Request) -> Route | None:
        """The operation. Repositories also go by their id: `/repositories/1001/issues`, as links and redirects say."""
        found = find(request.method, request.path)
        if found is None and request.method == "GET":
            # Older than the documented `matching-refs`, and still used by clients: every ref, or those below.
            older = re.fullmatch(r"(/repos/[^/]+/[^/]+/git)/refs(?:/(.*))?", request.path)
            found = find("GET", f"{older[1]}/matching-refs/{older[2] or ''}") if older else None
        by_id = re.fullmatch(r"/repositories/(\d+)(/.*)?", request.path, re.DOTALL)
        if found is not None or by_id is None:
            return found
        repository = self.world.repositories.get(int(by_id[1]))
        name = repository.full_name if repository is not None else "-/-"
        return find(request.method, f"/repos/{name}{by_id[2] or ''}")

    def _handled(self, call: Call) -> Answer:
        rule = call.rule
        handler = handlers().get(rule.id)
        result: Result
        generic.check_required(call)
        generic.check_types(call)
        if handler is None:
            result, source = generic.answer(call), Source.DERIVED
        else:
            try:
                result, source = handler.function(call), handler.source
            except GitError as refused:  # a name that no ref can have, or one in the way of another
                raise Problem(422, refused.message[:300], source=Source.DERIVED) from None
        if isinstance(result, Listed):
            result = paging.cut(call, result)
        if not isinstance(result, Answer):
            result = Answer(rule.shape.status if result is not None else 204, result)
        result.source = result.source or source
        return result

    def _say_what_was_needed(self) -> None:
        if self.route is None or self.actor.token is None:
            return
        if self.actor.token.has_scopes:
            accepted = scopes.accepted(self.route.rule)
            self.headers["X-Accepted-OAuth-Scopes"] = ", ".join(accepted)
        elif accepted_header := enforce.accepted_header(self.route.rule, self.actor.token):
            self.headers["x-accepted-github-permissions"] = accepted_header

    def _refusal(self, problem: Problem) -> Answer:
        body: dict[str, Any] = {"message": problem.message}
        if problem.errors:
            body["errors"] = list(problem.errors)
        doc = self.route.rule.operation.doc if self.route is not None else _DOC
        body |= {"documentation_url": problem.doc or doc, "status": str(problem.status)}
        return Answer(problem.status, body, problem.headers, problem.source, changed=False)

    def _moved(self, moved: enforce.Moved) -> Answer:
        """GitHub sends readers and writers of a former name to the repository's id."""
        self._say_what_was_needed()
        parts = self.request.path.split("/")
        rest = "/".join(["", *parts[4:]]) if len(parts) > 4 else ""
        query = f"?{self.request.query}" if self.request.query else ""
        address = f"{self.request.base}/api/v3/repositories/{moved.repository.id}{rest}{query}"
        reads = self.request.method in {"GET", "HEAD"}
        return Answer(
            301 if reads else 307,
            {
                "message": "Moved Permanently",
                "url": address,
                "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
            },
            {"Location": address},
            Source.RECORDED,
            changed=False,
        )

    def _sent(self, answer: Answer) -> Sent:
        headers = self.headers | answer.headers
        headers["X-Keyhole-Sandbox"] = str(answer.source or Source.DOCUMENTED)
        body = answer.body if isinstance(answer.body, bytes) else _as_json(answer.body)
        if body and "Content-Type" not in headers:
            headers["Content-Type"] = "application/json; charset=utf-8"
        status = answer.status
        reads = self.request.method in {"GET", "HEAD"}
        if body and status in {200, 201}:
            headers.setdefault("Cache-Control", "private, max-age=60, s-maxage=60")
            headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()}"'
            if reads and _matches(self.request.headers.get("if-none-match", ""), headers["ETag"]):
                status, body = 304, b""
                self.meters.give_back(self.actor, self.request.address)
        rule = self.route.rule if self.route is not None else None
        return Sent(
            status,
            headers,
            b"" if self.request.method == "HEAD" else body,
            self.actor.token,
            rule.id if rule is not None else "",
            self._changed(answer),
        )

    def _changed(self, answer: Answer) -> bool:
        changed = answer.changed
        if changed is None:
            writes = self.request.method not in {"GET", "HEAD"}
            by_post = self.route is not None and self.route.rule.id in _READS_BY_POST
            changed = writes and not by_post and 200 <= answer.status < 300
        if changed:
            self.world.changes += 1
        return changed


def _about_the_token(actor: Actor) -> dict[str, str]:
    token = actor.token
    if token is None:
        return {}
    found = {}
    if token.has_scopes:
        found["X-OAuth-Scopes"] = ", ".join(token.scopes)
    if token.expires_at is not None and token.installation is None:
        found["github-authentication-token-expiration"] = _expiry(token)
    return found


def _expiry(token: SandboxToken) -> str:
    """Both spellings were recorded: `2026-09-19 08:26:39 UTC` and `2026-02-06 07:42:23 +0100`."""
    if token.expires_at is None:
        return ""
    if token.expiry_zone == "UTC":
        return token.expires_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    sign = -1 if token.expiry_zone.startswith("-") else 1
    hours, minutes = int(token.expiry_zone[1:3]), int(token.expiry_zone[3:5])
    zone = timezone(sign * timedelta(hours=hours, minutes=minutes))
    return token.expires_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S ") + token.expiry_zone


def _matches(asked: str, tag: str) -> bool:
    plain = tag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") in {plain, "*"} for each in asked.split(",") if each.strip())


def _as_json(value: Any) -> bytes:
    return b"" if value is None else json.dumps(value, ensure_ascii=False).encode()


def _request_id() -> str:
    return ":".join(secrets.token_hex(size).upper() for size in (2, 3, 4, 4, 4))
