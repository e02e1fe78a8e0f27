"""What a person must be, whatever the token says: refusals that no token can mend.

Derived: GitHub says the needed role in the prose of each operation. Here it follows from the permission that the
operation needs, and errs on the side of letting a member do it.
"""

from __future__ import annotations

from keyhole.core.permissions import Level
from keyhole.testing.github.actors import Actor
from keyhole.testing.github.answers import Problem, Source
from keyhole.testing.github.table import Rule
from keyhole.testing.github.world import ROLES, Account, Organization, Repository, World

_ADMIN_ONLY = {"administration", "repository_hooks", "secret_scanning_alerts"}
_PUSH_TO_WRITE = {
    "actions", "actions_variables", "artifact_metadata", "attestations", "contents", "dependabot_secrets",
    "deployments",
    "environments", "merge_queues", "pages", "repository_advisories", "secrets", "security_events", "statuses",
    "vulnerability_alerts", "workflows",
}  # fmt: skip
_PUSH_TO_READ = {
    "repository_advisories",
    "secrets",
    "actions_variables",
    "security_events",
    "vulnerability_alerts",
}
_MEMBERS_MAY = {
    "members",
    "organization_events",
    "organization_projects",
    "issue_types",
    "issue_fields",
    "team_discussions",
}


def check(
    world: World, actor: Actor, rule: Rule, repository: Repository | None, account: Account | None
) -> None:
    """Raises Problem 403 when the person behind the token lacks the role. Apps act for themselves."""
    user = actor.user
    if user is None or not rule.any_of:
        return
    if repository is not None and not (rule.operation.public_ok and not repository.private):
        needed = min((_role(dict(each)) for each in rule.any_of), key=ROLES.index)
        if ROLES.index(world.role(user, repository)) < ROLES.index(needed):
            raise _refused(needed)
    if isinstance(account, Organization) and "{org}" in rule.operation.path and not rule.operation.public_ok:
        _check_member(account, account.members.get(user.id, ""), rule)


def _role(needed: dict[str, Level]) -> str:
    role = "pull"
    for name, level in needed.items():
        if name in _ADMIN_ONLY:
            asked = "admin"
        elif name in (_PUSH_TO_WRITE if level >= Level.WRITE else _PUSH_TO_READ):
            asked = "push"
        else:
            asked = "pull"
        role = max(role, asked, key=ROLES.index)
    return role


def _refused(role: str) -> Problem:
    if role == "admin":
        return Problem(403, "Must have admin rights to Repository.", source=Source.RECORDED)
    return Problem(403, "Must have push access to repository", source=Source.DERIVED)


def _check_member(organization: Organization, held: str, rule: Rule) -> None:
    if held == "admin":
        return
    for needed in rule.any_of:
        for_members = all(
            (name in _MEMBERS_MAY and level is Level.READ) or not name.startswith(("organization", "members"))
            for name, level in needed.items()
        )
        if held == "member" and for_members:
            return
    raise Problem(
        403, f"You must be an admin of the {organization.login} organization.", source=Source.DERIVED
    )
