"""What a request is about: the operation, every repository and account it names, found by id, name or former name.

Nothing is decided here, but what is found is all that the decision gets to see: a repository that is named and not
found here would not be judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.accounts.models import Owner
from keyhole.core import request as core
from keyhole.core.names import fold
from keyhole.core.permissions import Operation, Standing
from keyhole.core.resolve import Match, resolve
from keyhole.gateway.rest.compare_names import sides
from keyhole.gateway.rest.older_names import documented
from keyhole.repositories.lookup import by_id, find, visible_to
from keyhole.repositories.models import Repository
from keyhole.tokens.authority import Bearer

_NAMES = (
    ("owner", "repo"),
    ("template_owner", "template_repo"),
    ("repo_owner", "repo_name"),
    ("org", "repo_name"),
)
"""Pairs of parameters that name a repository. A `repo_name` alone is one of the token's user."""
_LONGEST_ID = 18
GRAPHQL = Operation(
    "graphql", "POST", "/graphql", Standing.UNAVAILABLE, doc="https://docs.github.com/graphql"
)
"""One address for everything: until every field of a query is judged, no query is allowed."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Everything a request names."""

    match: Match | None
    """None when no documented operation matches."""
    repositories: tuple[Repository | None, ...]
    """In the order they are named; None stands for one that is not there."""
    owner: core.Owner | None
    """The account named by the path, if the token may know of it."""
    moved: bool
    """Whether the first repository was asked for by a name that it no longer has."""
    below: tuple[str, ...]
    """Segments after the repository, for a redirect to its id."""

    @property
    def judged(self) -> tuple[core.Repository | None, ...]:
        """The repositories as decisions see them."""
        return tuple(found.as_core() if found is not None else None for found in self.repositories)


def subjects(method: str, path: tuple[str, ...], bearer: Bearer) -> Subjects:
    """The subjects of a request with canonical segments, from `api` on. Reads the database."""
    if path == ("api", "graphql"):
        return Subjects(Match(GRAPHQL, {}), (), None, moved=False, below=())
    if path[:2] != ("api", "v3"):
        return Subjects(None, (), None, moved=False, below=())
    return _below_v3(method, path[2:], bearer)


def _below_v3(method: str, segments: tuple[str, ...], bearer: Bearer) -> Subjects:
    if len(segments) > 1 and segments[0] == "repositories" and _is_id(segments[1]):
        return _by_id(method, segments, bearer)
    match = resolve(method, documented(method, segments))
    if match is None:
        return Subjects(None, (), None, moved=False, below=())
    named = [find(*names) for names in _named(match, bearer)]
    repositories = [found.repository if found is not None else None for found in named] + _also_named(match)
    moved = segments[:1] == ("repos",) and bool(named) and named[0] is not None and named[0].moved
    return Subjects(match, tuple(repositories), _owner(match, bearer), moved=moved, below=segments[3:])


def _by_id(method: str, segments: tuple[str, ...], bearer: Bearer) -> Subjects:
    # The alias is judged as the operation that it stands for, with the repository that has the id and no other: the
    # name in the path is only there to be matched, and is never looked up.
    repository = by_id(int(segments[1]))
    full_name = (repository.owner.login, repository.name) if repository is not None else ("o", "r")
    match = resolve(method, documented(method, ("repos", *full_name, *segments[2:])))
    if match is None:
        return Subjects(None, (), None, moved=False, below=())
    return Subjects(
        match, (repository, *_also_named(match)), _owner(match, bearer), moved=False, below=segments[2:]
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID


def _named(match: Match, bearer: Bearer) -> list[tuple[str, str]]:
    params = match.params
    named = [(params[owner], params[name]) for owner, name in _NAMES if owner in params and name in params]
    if not named and "repo_name" in params:
        named = [(bearer.user_owner.login, params["repo_name"])]
    return named


def _also_named(match: Match) -> list[Repository | None]:
    named: list[Repository | None] = []
    if "repository_id" in match.params:
        number = match.params["repository_id"]
        named.append(by_id(int(number)) if _is_id(number) else None)
    for side in sides(match.params.get("basehead", "")) or ():
        if side.owner:
            found = find(side.owner, side.repository or match.params["repo"])
            named.append(found.repository if found is not None else None)
    return named


def _owner(match: Match, bearer: Bearer) -> core.Owner | None:
    login = match.params.get("org", match.params.get("username", ""))
    row = known_owner(bearer, login_folded=fold(login)) if login else None
    return row.as_core() if row is not None else None


def known_owner(bearer: Bearer, **which: object) -> Owner | None:
    """The account, if the token may know that it exists: its user's, its resource owner's, or one with something
    that it sees. Others are as absent: that an organization is here may itself be private.
    """
    row = Owner.objects.filter(**which).first()
    if row is None or row.pk in (bearer.user_owner.id, bearer.grant.owner.id):
        return row
    return row if any(found.owner_id == row.pk for found in visible_to(bearer.grant)) else None
