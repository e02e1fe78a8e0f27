"""The one error tree. Every edge (HTTP, exit code, git sideband) translates it once.

Exit codes: 1 is a check that says no, 2 usage or input, 3 a scan that did not see everything (never an error's own),
4 cannot act safely now, 5 not permitted. docs/scanning.md has the table.
"""

from __future__ import annotations


class KeyholeError(Exception):
    """Something a person can act on: `message` says what happened and why, `hint` what to do."""

    status = 500
    """HTTP status that an edge answers with."""
    exit_code = 1
    """Process exit code of a command that ends with this error."""

    explain = ""
    """Id of the audit record that explains it; empty when there is none."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInput(KeyholeError):
    """A value given by a person or program is not acceptable."""

    status = 422
    exit_code = 2

    def __init__(self, message: str, *, field: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field
        """Name of the offending field, for forms; empty when no single one is to blame."""


class MalformedRequest(KeyholeError):
    """The bytes of a request are not a canonical request at all."""

    status = 400
    exit_code = 2


class NotFound(KeyholeError):
    """There is no such thing, or the caller may not know that there is."""

    status = 404
    exit_code = 2


class BadCredentials(KeyholeError):
    """No valid token was presented: absent, malformed, unknown, revoked or expired."""

    status = 401
    exit_code = 5


class PermissionDenied(KeyholeError):
    """The caller is known and may see the thing, but may not do this."""

    status = 403
    exit_code = 5


class Conflict(KeyholeError):
    """The thing is not in a state that allows this, or the name is taken."""

    status = 409
    exit_code = 2


class Misconfigured(KeyholeError):
    """A setting makes no sense, or what it names cannot be used or could be read by others: nothing was begun.

    Ours and not Django's `ImproperlyConfigured`, as some commands read the settings without Django.
    """

    status = 503
    exit_code = 4

    def __init__(self, message: str, *, hint: str = "Nothing was done.") -> None:
        super().__init__(message, hint=hint)


class Unavailable(KeyholeError):
    """Keyhole cannot act safely now (audit not writable, database locked, sealed): nothing was done."""

    status = 503
    exit_code = 4
