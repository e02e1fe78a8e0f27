"""Errors that only the REST surface knows, in GitHub's words."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.core.errors import InvalidInput, KeyholeError, NotFound


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of the `errors` list of a 422 answer."""

    resource: str
    field: str
    code: str
    """`missing`, `missing_field`, `invalid`, `already_exists`, `unprocessable` or `custom`."""


class ValidationFailed(InvalidInput):
    """Fields of a body are missing or wrong: 422 with a list of them."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("Validation Failed", field=errors[0].field if errors else "")
        self.errors = errors


def missing(resource: str, field: str) -> ValidationFailed:
    """A required field is absent."""
    return ValidationFailed(FieldError(resource, field, "missing_field"))


def invalid(resource: str, field: str) -> ValidationFailed:
    """A field has a value that it cannot have."""
    return ValidationFailed(FieldError(resource, field, "invalid"))


class BadJson(KeyholeError):
    """The body is not one JSON object, spelled strictly."""

    status = 400
    exit_code = 2


class UnknownVersion(KeyholeError):
    """`X-GitHub-Api-Version` names a version that this API does not speak."""

    status = 400
    exit_code = 2


class TooLargeToShow(KeyholeError):
    """The content is there, but larger than this kind of answer may be."""

    status = 403
    exit_code = 2


def not_found() -> NotFound:
    """GitHub's answer for what is not there, with the same words whatever it is."""
    return NotFound("Not Found")


def no_commit(name: str) -> InvalidInput:
    """GitHub's answer where one commit is asked for that is not there."""
    return InvalidInput(f"No commit found for SHA: {name[:300]}")
