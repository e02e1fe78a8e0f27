"""Errors as the gateway says them: `{message, documentation_url, status, explain}`. Translated here, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from keyhole.core.errors import BadCredentials, InvalidInput, KeyholeError, MalformedRequest, Unavailable
from keyhole.core.nul import refuse_nul

PREFIX = "/api/keyhole/v1"
View = Callable[..., HttpResponseBase]
_CALLED = {"upstream": "tell_github"}
"""Fields that the API calls otherwise than the services do."""


def problem_answer(status: int, message: str, *, explain: str = "", **more: Any) -> JsonResponse:
    """One error. `more` are fields beside the four that every error has."""
    return JsonResponse(
        {
            "message": message,
            "documentation_url": f"{settings.KEYHOLE_URL}{PREFIX}/openapi.json",
            "status": str(status),
            "explain": explain,
            **more,
        },
        status=status,
    )


def translate(api: NinjaAPI) -> None:
    """Teach the API every error that can leave an endpoint."""

    @api.exception_handler(KeyholeError)
    def ours(request: HttpRequest, problem: KeyholeError) -> HttpResponseBase:
        name = problem.field if isinstance(problem, InvalidInput) else ""
        field = {"field": _CALLED.get(name, name)} if name else {}
        hint = {"hint": problem.hint} if problem.hint else {}
        answer = problem_answer(problem.status, problem.message, explain=problem.explain, **field, **hint)
        if isinstance(problem, BadCredentials):
            answer["WWW-Authenticate"] = 'Bearer realm="Keyhole"'
        if isinstance(problem, Unavailable):
            answer["Retry-After"] = "1"
        return answer

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, problem: ValidationError) -> HttpResponseBase:
        # Where and what, never the value: it may be a secret in the wrong field.
        errors = [
            {"field": ".".join(map(str, _place(each["loc"]))), "message": each["msg"]}
            for each in problem.errors
        ]
        return problem_answer(422, "The request has fields that are not acceptable.", errors=errors[:20])

    @api.exception_handler(HttpError)
    def malformed(request: HttpRequest, problem: HttpError) -> HttpResponseBase:
        return problem_answer(problem.status_code, "The body is not what this endpoint takes.")


def _place(loc: Sequence[int | str]) -> Sequence[int | str]:
    """Where in what was sent: without the kind of place, and the name that the endpoint has for all of it."""
    return loc[2:] if loc[:1] == ("body",) or loc[:2] == ("query", "asked") else loc[1:]


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500, without what went wrong: that is in the server's log, and may name what the caller may not know."""
    return problem_answer(
        500,
        "Something went wrong in Keyhole. What was asked for may not have happened.",
        hint="Look before you do it again. The server's log has the cause.",
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400, from Django itself: the body is too large, or the host is not this Keyhole's."""
    return problem_answer(400, "Keyhole did not understand the request, or it is too large.")


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """404 for an address that no endpoint has."""
    return problem_answer(404, "Not Found")


def in_shape(view: View) -> View:
    """The view, whose 405 is in the one shape too, and which no address with a NUL character reaches."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            refuse_nul(
                [*kwargs.values(), *(text for each in request.GET.lists() for text in (each[0], *each[1]))]
            )
            given = view(request, *args, **kwargs)
        except MalformedRequest as problem:
            return problem_answer(problem.status, problem.message, hint=problem.hint)
        except Http404:
            return nothing_here(request)
        if given.status_code != 405:
            return given
        shaped = problem_answer(405, "This address does not answer to that method.")
        shaped["Allow"] = given["Allow"]
        return shaped

    return answer
