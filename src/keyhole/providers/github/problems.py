"""What an answer of GitHub that is no success means, told apart so that each comes with what to do.

Source: docs.github.com, "Troubleshooting the REST API", "Rate limits for the REST API", "Authenticating to the REST
API"; the texts that tell 403s apart were recorded from api.github.com where `errors.json` of the sandbox says so, and
are from reports otherwise. What fits nothing is `other`, with GitHub's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keyhole.core.errors import KeyholeError
from keyhole.core.redact import one_line

_LONGEST = 300


class ProblemKind(StrEnum):
    """Why GitHub did not do what was asked."""

    BAD_CREDENTIALS = "bad_credentials"
    EXPIRED = "expired"
    NOT_FOUND_OR_NOT_SELECTED = "not_found_or_not_selected"
    PERMISSION_MISSING = "permission_missing"
    ROLE_MISSING = "role_missing"
    SSO_REQUIRED = "sso_required"
    POLICY = "policy"
    RATE_LIMITED = "rate_limited"
    SECONDARY_RATE_LIMITED = "secondary_rate_limited"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    MOVED = "moved"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Explained:
    """What is told about a kind of problem."""

    message: str
    """`{name}` is the instance."""
    hint: str
    status: int = 502
    """Status that an edge of Keyhole answers with."""
    exit_code: int = 5


EXPLAINED = {
    ProblemKind.BAD_CREDENTIALS: Explained(
        "{name} does not accept the credential: it is revoked, expired, or was never valid.",
        "Look at GitHub's list of tokens whether it is still there. If not, generate a new one and replace it here.",
    ),
    ProblemKind.EXPIRED: Explained(
        "The credential for {name} has expired.",
        "An expired token cannot be renewed: generate a new one and replace it here.",
    ),
    ProblemKind.NOT_FOUND_OR_NOT_SELECTED: Explained(
        "{name} shows no such thing to this credential: it does not exist, or it is private and not selected.",
        "Check the spelling and the resource owner, add the repository to the token's selected repositories, and, "
        "where an organization approves tokens, see whether it has approved this one.",
        exit_code=2,
    ),
    ProblemKind.PERMISSION_MISSING: Explained(
        "The credential lacks a permission for this.",
        "Add the permission to the token on GitHub. Where an organization approves tokens, it must approve again; "
        "until then the token reads public things only.",
    ),
    ProblemKind.ROLE_MISSING: Explained(
        "The person that the credential belongs to may not do this on {name}, whatever the token's permissions.",
        "A token gives no more than its owner has: let somebody with that role generate it, or change the "
        "person's role.",
    ),
    ProblemKind.SSO_REQUIRED: Explained(
        "The organization requires single sign-on, and the credential is not authorized for it.",
        "Authorize the token on GitHub (list of tokens, Configure SSO). Fine-grained tokens made after a sign-in "
        "through SSO need no such step.",
    ),
    ProblemKind.POLICY: Explained(
        "A policy of the organization or enterprise on {name} forbids this credential.",
        "Ask an owner of the organization which tokens are allowed, and for how long, then generate one that fits.",
    ),
    ProblemKind.RATE_LIMITED: Explained(
        "The limit of requests on {name} is used up.",
        "Nothing is asked until the limit is renewed. All tokens of one person share one limit; a GitHub "
        "App has its own.",
        status=503,
        exit_code=4,
    ),
    ProblemKind.SECONDARY_RATE_LIMITED: Explained(
        "{name} wants fewer requests for a while.",
        "Nothing is asked until then. It goes away by itself.",
        status=503,
        exit_code=4,
    ),
    ProblemKind.DOWN: Explained(
        "{name} has a problem of its own now.",
        "Try again later; www.githubstatus.com tells how GitHub.com is.",
        status=503,
        exit_code=4,
    ),
    ProblemKind.UNREACHABLE: Explained(
        "{name} did not answer.",
        "Check that this machine reaches it, then try again.",
        status=503,
        exit_code=4,
    ),
    ProblemKind.MOVED: Explained(
        "What was asked for has moved on {name}.",
        "Repositories that were renamed or transferred are found again by their id: refresh the connection.",
    ),
    ProblemKind.OTHER: Explained(
        "{name} refused.",
        "If its words do not help, try again later, and report it if it stays.",
    ),
}
"""One entry per kind."""


class GitHubProblem(KeyholeError):
    """GitHub did not do what was asked. `kind` says why, `message` and `hint` say it to people."""

    def __init__(
        self,
        kind: ProblemKind,
        *,
        name: str = "GitHub",
        message: str = "",
        hint: str = "",
        answered: int = 0,
        accepted: str = "",
        until: datetime | None = None,
        url: str = "",
        to: str = "",
        said: str = "",
    ) -> None:
        told = EXPLAINED[kind]
        super().__init__(message or told.message.format(name=name), hint=hint or told.hint)
        self.kind = kind
        self.status = told.status
        """What an edge of Keyhole answers. GitHub's own status is `answered`: its 401 is not ours."""
        self.exit_code = told.exit_code
        self.answered = answered
        """GitHub's status; 0 when there was no answer."""
        self.accepted = accepted
        """Permission missing: the permissions that would do, as GitHub writes them (comma: and; semicolon: or)."""
        self.until = until
        """Rate limits: when to ask again."""
        self.url = url
        """SSO: GitHub's page that authorizes the credential, valid for an hour; may be empty."""
        self.to = to
        """Moved: the new path below the API's address; empty when it leads out of this GitHub."""
        self.said = said
        """GitHub's own words, made safe to show."""

    @property
    def passing(self) -> bool:
        """Whether it may go away by itself: then the credential is not to blame."""
        return self.kind in _PASSING


_PASSING = {
    ProblemKind.RATE_LIMITED,
    ProblemKind.SECONDARY_RATE_LIMITED,
    ProblemKind.DOWN,
    ProblemKind.UNREACHABLE,
}


def shown(text: object) -> str:
    """Words of GitHub, safe to show: one line, not too long, and without anything that looks like a token (U9)."""
    return one_line(text, _LONGEST)
