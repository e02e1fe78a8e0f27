"""What somebody wants planned. The fields are those of the form, the command and the query of a plan's address."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.core.errors import InvalidInput
from keyhole.core.names import owner_name, repository_name
from keyhole.core.request import OwnerKind

LONGEST_NAME = 40
LONGEST_DESCRIPTION = 1024
MOST_DAYS = 366
DEFAULT_DAYS = 30
MOST_REPOSITORIES = 200


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """Everything that a plan depends on."""

    presets: tuple[str, ...] = ()
    """Ids of presets, or of an option of one: `semgrep`, `semgrep.1`."""
    features: tuple[str, ...] = ()
    """Ids of Keyhole's own features."""
    endpoints: tuple[str, ...] = ()
    """Lines as `planner.endpoints` reads them."""
    owner: str = ""
    """Login of the resource owner; empty is whoever generates the token."""
    owner_kind: OwnerKind | None = None
    """What the owner is; None is not known, and then what the permissions call for."""
    repositories: tuple[str, ...] = ()
    """Names, or `owner/name`, of the repositories to be selected."""
    days: int | None = DEFAULT_DAYS
    """Days until it expires, 1 to 366; None is no expiration."""
    name: str = ""
    """Of the token; empty is a name made from what it is for."""
    github: str = ""
    """Address of the server; empty is github.com."""


def check(request: PlanRequest) -> None:
    """InvalidInput, naming the field, when GitHub's form would not take these values."""
    if len(request.name) > LONGEST_NAME:
        raise InvalidInput(f"A token's name has at most {LONGEST_NAME} characters.", field="name")
    if any(not char.isprintable() for char in request.name):
        raise InvalidInput("The name has control or invisible characters.", field="name")
    if request.days is not None and not 1 <= request.days <= MOST_DAYS:
        raise InvalidInput(
            f"GitHub's fine-grained tokens live from 1 to {MOST_DAYS} days.",
            field="days",
            hint="Or without expiration: none.",
        )
    if request.owner:
        owner_name(request.owner)
    if len(request.repositories) > MOST_REPOSITORIES:
        raise InvalidInput(
            f"At most {MOST_REPOSITORIES} repositories can be named.",
            field="repository",
            hint="Leave them out, and select them on GitHub's form.",
        )
    for repository in request.repositories:
        _check_repository(repository, request.owner)


def _check_repository(text: str, owner: str) -> None:
    login, slash, name = text.partition("/")
    try:
        repository_name(name if slash else text)
        owner_name(login if slash else "any")
    except InvalidInput as problem:
        raise InvalidInput(problem.message, field="repository") from problem
    if slash and login.lower() != (owner or login).lower():
        raise InvalidInput(
            f"{text} does not belong to {owner}; a token has one resource owner.",
            field="repository",
            hint="Make one plan for each owner.",
        )


def owner_of(request: PlanRequest) -> str:
    """The resource owner's login, taken from the repositories where it is not given. InvalidInput for several."""
    logins = {name.partition("/")[0] for name in request.repositories if "/" in name}
    if request.owner or not logins:
        return request.owner
    if len({login.lower() for login in logins}) > 1:
        raise InvalidInput(
            f"The repositories belong to {' and '.join(sorted(logins))}; a token has one resource owner.",
            field="repository",
            hint="Make one plan for each owner.",
        )
    return min(logins)
