"""Who may do what: a plain reading of the published tables, in the order in which GitHub answers.

First whether the thing is visible at all (404 otherwise, as if it were not there), then whether the operation is for
such tokens, then whether a set of permissions (or a scope) is held, and last whether the person behind the token has
the role. Nothing here is shared with Keyhole's own decision; the two are held against each other by a test.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.core.permissions import Group, Level, Standing, vocabulary
from keyhole.testing.github import roles, scopes, standing
from keyhole.testing.github.actors import Actor
from keyhole.testing.github.answers import Problem, Source, not_found
from keyhole.testing.github.table import Route, Rule, for_installations, is_permissionless
from keyhole.testing.github.tokens import APP_ONLY, SandboxToken
from keyhole.testing.github.world import Account, Organization, Repository, World

_REPOSITORY_NAMES = (
    ("owner", "repo"),
    ("template_owner", "template_repo"),
    ("org", "repo_name"),
    ("repo_owner", "repo_name"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about, as found."""

    repository: Repository | None = None
    account: Account | None = None
    """The organization or person that the path names, if it names one."""


def judge(world: World, actor: Actor, route: Route) -> Subject:
    """What the request is about, if it may be made. Raises Problem with GitHub's answer if not."""
    subject = _subject(world, actor, route)
    if subject.repository is not None and not sees(world, actor, subject.repository):
        raise standing.hidden(world, actor, subject.repository)
    rule = route.rule
    if actor.app is not None:
        return _for_app(rule, subject)
    if actor.token is None:
        return _for_anybody(rule, subject)
    if actor.token.has_scopes:
        _for_scopes(world, actor, rule, subject)
    else:
        _for_permissions(world, actor.token, rule, subject)
    roles.check(world, actor, rule, subject.repository, subject.account)
    return subject


def _subject(world: World, actor: Actor, route: Route) -> Subject:
    params = route.params
    repository: Repository | None = None
    for owner, name in _REPOSITORY_NAMES:
        if owner in params and name in params:
            repository = _by_name(world, actor, f"{params[owner]}/{params[name]}", params[owner])
    if "repository_id" in params:
        number = params["repository_id"]
        repository = world.repositories.get(int(number)) if number.isdigit() else None
        if repository is None:
            raise not_found()
    account: Account | None = None
    if "org" in params:
        account = world.organization(params["org"])
        if account is None:
            raise not_found()
    elif "team_id" in params:
        account = _organization_of_team(world, params["team_id"])
    elif "username" in params:
        account = world.account(params["username"])
    return Subject(repository, account)


def _by_name(world: World, actor: Actor, full_name: str, _owner: str) -> Repository:
    repository = world.repository(full_name)
    if repository is not None:
        return repository
    former = world.renamed(full_name)
    if former is None:
        raise not_found()
    if not sees(world, actor, former):
        raise standing.hidden(world, actor, former)
    raise Moved(former)


class Moved(Exception):
    """The repository has another name now, and the client may see it there."""

    def __init__(self, repository: Repository) -> None:
        super().__init__(repository.full_name)
        self.repository = repository


def _organization_of_team(world: World, team: str) -> Organization:
    for each in world.accounts.values():
        if isinstance(each, Organization) and any(
            str(found["id"]) == team for found in each.things.get("teams", {}).values()
        ):
            return each
    raise not_found()


def sees(world: World, actor: Actor, repository: Repository) -> bool:
    """Whether the client may know that this repository exists."""
    if not repository.private:
        return True
    token = actor.token
    if token is None:
        return actor.app is not None and any(
            each.app is actor.app and each.account is repository.owner
            for each in world.installations.values()
        )
    if standing.blocked(world, token, repository.owner):
        return False
    if token.has_scopes:
        return "repo" in scopes.held(token) and world.role(token.user, repository) != "none"
    return token.selects(repository) and _owner_still_may(world, token, repository)


def _owner_still_may(world: World, token: SandboxToken, repository: Repository) -> bool:
    """A token never gives more than the person behind it has."""
    return token.user is None or world.role(token.user, repository) != "none"


_OF_AN_INSTALLATION = {"apps/list-repos-accessible-to-installation", "apps/revoke-installation-access-token"}


def _for_permissions(world: World, token: SandboxToken, rule: Rule, subject: Subject) -> None:
    if rule.operation.path.startswith("/app/") or rule.operation.path == "/app":
        raise Problem(401, "A JSON web token could not be decoded", source=Source.RECORDED)
    if is_permissionless(rule) or (token.installation is not None and rule.id in _OF_AN_INSTALLATION):
        return
    operation = rule.operation
    if operation.public_ok and (subject.repository is None or not subject.repository.private):
        return
    if any(
        all(_counts(world, token, rule, subject, name, level) for name, level in needed.items())
        for needed in (rule.any_of if token.installation is None else for_installations(rule))
    ):
        return
    accepted = accepted_header(rule, token)
    raise Problem(
        403,
        f"Resource not accessible by {'integration' if token.installation else 'personal access token'}",
        headers={"x-accepted-github-permissions": accepted} if accepted else {},
        source=Source.RECORDED,
    )


def accepted_header(rule: Rule, token: SandboxToken) -> str:
    """Value of `X-Accepted-GitHub-Permissions` for this operation; empty where GitHub sends none."""
    if rule.id in {"rate-limit/get", "meta/root", "meta/get"}:
        return ""
    if is_permissionless(rule):
        return "allows_permissionless_access=true"
    if rule.operation.any_of:
        return rule.operation.accepted
    return "; ".join(",".join(f"{name}={level.word}" for name, level in each.items()) for each in rule.any_of)


def _counts(world: World, token: SandboxToken, rule: Rule, subject: Subject, name: str, level: Level) -> bool:
    """Whether the token holds a permission, and holds it for what the request is about."""
    known = vocabulary().permissions.get(name)
    if not token.holds(name, level) or token.owner is None or token.is_pending:
        return False
    if standing.blocked(world, token, token.owner):
        return False
    group = known.group if known is not None else APP_ONLY.get(name, Group.REPOSITORY)
    about_a_user = rule.operation.path.startswith("/users/{username}")
    named = (
        subject.account if "{org}" in rule.operation.path or about_a_user or "team_id" in rule.names else None
    )
    if group is Group.REPOSITORY:
        if subject.repository is not None:
            return token.selects(subject.repository) and _owner_still_may(world, token, subject.repository)
        return named is token.owner or (named is None and not about_a_user)
    if group is Group.ORGANIZATION:
        return named is token.owner and isinstance(token.owner, Organization)
    return token.owner is token.user and (named is token.owner or not about_a_user)


def _for_scopes(world: World, actor: Actor, rule: Rule, subject: Subject) -> None:
    token = actor.token
    if token is None:
        return
    for account in (subject.repository.owner if subject.repository else None, subject.account):
        if (
            account is not None
            and standing.blocked(world, token, account)
            and not _is_public_read(rule, subject)
        ):
            raise standing.refusal(world, token, account)
    accepted = scopes.accepted(rule)
    if accepted and not set(accepted) & set(scopes.held(token)):
        if _is_public_read(rule, subject):
            return
        raise Problem(
            404 if subject.repository is not None and subject.repository.private else 403,
            "Not Found"
            if subject.repository is not None and subject.repository.private
            else f'This API operation needs the "{accepted[-1]}" scope.',
            source=Source.DERIVED,
        )


def _is_public_read(rule: Rule, subject: Subject) -> bool:
    if rule.operation.method != "GET":
        return False
    if subject.repository is not None:
        return rule.operation.public_ok and not subject.repository.private
    return rule.operation.public_ok or is_permissionless(rule)


def _for_anybody(rule: Rule, subject: Subject) -> Subject:
    own = rule.operation.path.split("/")[1] in {"user", "notifications", "issues"}
    if rule.id == "credentials/revoke":
        return subject
    if _is_public_read(rule, subject) and not own:
        return subject
    raise Problem(401, "Requires authentication")


def _for_app(rule: Rule, subject: Subject) -> Subject:
    path = rule.operation.path
    if path == "/app" or path.startswith("/app/") or path.endswith("/installation") or rule.id == "meta/get":
        return subject
    raise Problem(401, "A JSON web token could not be decoded", source=Source.DERIVED)


def is_for_tokens(rule: Rule) -> bool:
    """Whether fine-grained tokens can use the operation at all."""
    return rule.operation.standing is not Standing.UNAVAILABLE
