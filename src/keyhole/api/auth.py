"""Who calls: the bearer of an API token and nobody else.

No session counts here, so that no page of another site can make a browser call; and no fine-grained token, whose
rights are over repositories and not over Keyhole.
"""

from __future__ import annotations

from django.http import HttpRequest

from keyhole.accounts import api_tokens
from keyhole.accounts.models import ApiToken
from keyhole.core.caller import Caller
from keyhole.core.credentials import presented
from keyhole.core.errors import BadCredentials
from keyhole.core.token_text import other_kind
from keyhole.tokens.authority import Circumstances, unauthenticated


class ApiRequest(HttpRequest):
    """A request whose caller is known."""

    caller: Caller
    api_token: ApiToken


def authenticate(request: HttpRequest) -> Caller:
    """The caller; BadCredentials, which is on record, when there is no valid API token."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    header = request.META.get("HTTP_AUTHORIZATION")
    values = [] if header is None else [(b"authorization", header.encode("latin-1", "replace"))]
    kind = None
    try:
        secret = presented(values)
        if secret is None:
            raise BadCredentials(
                "Requires authentication", hint="Send an API token as `Authorization: Bearer TOKEN`."
            )
        kind = other_kind(secret.reveal())
        caller, token = api_tokens.identify(secret, address)
    except BadCredentials as problem:
        problem.explain = unauthenticated(_circumstances(request, address), _why(problem, kind))
        raise
    request.caller, request.api_token = caller, token  # type: ignore[attr-defined]  # see ApiRequest
    return caller


def _why(problem: BadCredentials, kind: str | None) -> str:
    """What was presented is named by its kind only: it may be somebody's credential for something else."""
    return f"{problem.message}: {kind}" if kind else problem.message


def _circumstances(request: HttpRequest, address: str) -> Circumstances:
    # Without the query: here it says nothing that a token would be judged by, and people put tokens into it.
    return Circumstances(
        surface="api",
        method=str(request.method),
        target=request.path,
        address=address,
        agent=str(request.META.get("HTTP_USER_AGENT", ""))[:200],
    )
