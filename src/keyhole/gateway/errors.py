"""Errors that only HTTP knows, beside the common tree of `core.errors`."""

from __future__ import annotations

from keyhole.core.errors import KeyholeError, Unavailable
from keyhole.repositories.models import Repository


class MethodNotAllowed(KeyholeError):
    """The method is not one that anything here answers."""

    status = 405


class RequestTimeout(KeyholeError):
    """The client took too long to send its request."""

    status = 408


class PayloadTooLarge(KeyholeError):
    """The body is larger than this request may have, as sent or once inflated."""

    status = 413


class UnsupportedMediaType(KeyholeError):
    """The body is encoded in a way that is not read here."""

    status = 415


class NotImplementedYet(KeyholeError):
    """The request was authorized, but Keyhole does not carry out this operation."""

    status = 501
    explain = ""
    """Id of the record of the authorization, where the edge does not know it anyway."""


def refuse_mirror(repository: Repository, explain: str = "") -> None:
    """Raises NotImplementedYet for a repository that lies on GitHub. To be asked once its request is authorized.

    Its mirror here is for code scans: a read from it could be out of date, a push into it would be lost.
    """
    if repository.is_served:
        return
    where = repository.marker.partition("#")[0]
    problem = NotImplementedYet(
        f"The request was authorized, but {repository.full_name} lies on {where}, and Keyhole does not pass "
        "requests on to it.",
        hint="Keyhole scans this repository; use a token of GitHub's own to read or push it.",
    )
    problem.explain = explain
    raise problem


class TooBusy(Unavailable):
    """More work is waiting than can be done soon; nothing was done."""

    retry_after = 5
    """Seconds after which trying again makes sense."""
