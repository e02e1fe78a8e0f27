"""GitHub Apps: who one is, where one is installed, and tokens for an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from keyhole.core.permissions import Level
from keyhole.testing.github import shapes, tokens
from keyhole.testing.github.answers import Answer, Listed, Problem, items, not_found, unprocessable
from keyhole.testing.github.apps import App, Installation
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers
from keyhole.testing.github.tokens import Kind, SandboxToken

_HOUR = timedelta(hours=1)
_MOST_REPOSITORIES = 500


@answers("apps/get-authenticated", "apps/get-by-slug")
def app(call: Call) -> dict[str, Any]:
    """The app that signed, or the one of that name."""
    found = call.actor.app
    if "app_slug" in call.route.params:
        found = next((each for each in call.world.apps.values() if each.slug == call.param("app_slug")), None)
    if found is None:
        raise not_found()
    return {
        "id": found.id,
        "slug": found.slug,
        "node_id": f"sandbox-app-{found.id}",
        "client_id": f"Iv1.sandbox{found.id}",
        "owner": shapes.simple(found.owner, call.links),
        "name": found.name,
        "description": "",
        "external_url": call.base,
        "html_url": f"{call.base}/apps/{found.slug}",
        "created_at": shapes.zulu(found.created_at),
        "updated_at": shapes.zulu(found.created_at),
        "permissions": _words(found.permissions),
        "events": [],
        "installations_count": sum(each.app is found for each in call.world.installations.values()),
    }


@answers("apps/list-installations", "orgs/list-app-installations")
def installations(call: Call) -> Listed:
    """Where the app is installed; or which apps an organization has."""
    everywhere = call.world.installations.values()
    if call.subject.account is not None:
        found = [each for each in everywhere if each.account is call.subject.account]
        return items([_installation(call, each) for each in found], under="installations")
    return items([_installation(call, each) for each in everywhere if each.app is call.actor.app])


@answers(
    "apps/get-installation",
    "apps/get-org-installation",
    "apps/get-repo-installation",
    "apps/get-user-installation",
)
def installation(call: Call) -> dict[str, Any]:
    """One installation of the app, by number or by where it is."""
    if "installation_id" in call.route.params:
        return _installation(call, _own(call))
    subject = call.subject
    account = subject.repository.owner if subject.repository is not None else subject.account
    for each in call.world.installations.values():
        if each.app is call.actor.app and each.account is account:
            return _installation(call, each)
    raise not_found()


@answers("apps/delete-installation")
def uninstall(call: Call) -> None:
    """Uninstalling ends every token of the installation."""
    gone = _own(call)
    del call.world.installations[gone.id]
    for token in call.world.tokens.values():
        if token.installation is gone:
            token.revoked = True


@answers("apps/suspend-installation", "apps/unsuspend-installation")
def suspend(call: Call) -> None:
    """A suspended installation's tokens are refused until it is not any more."""
    _own(call).suspended_at = call.world.now() if call.rule.id == "apps/suspend-installation" else None


@answers("apps/create-installation-access-token")
def new_token(call: Call) -> Answer:
    """A token for an hour: for all that the installation may, or for less."""
    where = _own(call)
    if where.suspended_at is not None:
        raise Problem(403, "This installation has been suspended")
    access, selected = _repositories(call, where)
    permissions = _permissions(call, where)
    now = call.world.now()
    text = tokens.stateless_text(where.app.id) if where.app.stateless_tokens else tokens.checked_text("ghs_")
    token = SandboxToken(
        call.world.new_id(),
        Kind.INSTALLATION,
        text,
        None,
        where.app.slug,
        now,
        now + _HOUR,
        owner=where.account,
        access=access,
        selected=selected,
        permissions=permissions,
        installation=where,
    )
    call.world.tokens[text] = token
    body: dict[str, Any] = {
        "token": text,
        "expires_at": shapes.zulu(token.expires_at),
        "permissions": _words(permissions),
        "repository_selection": access,
    }
    if access == "selected" and (call.body.get("repositories") or call.body.get("repository_ids")):
        chosen = (call.world.repositories[number] for number in sorted(selected))
        body["repositories"] = [
            shapes.repository(each, call.world, call.actor, call.links) for each in chosen
        ]
    return Answer(201, body)


def _repositories(call: Call, where: Installation) -> tuple[str, set[int]]:
    names, numbers = call.body.get("repositories"), call.body.get("repository_ids")
    if not names and not numbers:
        return where.access, set(where.selected)
    named = {f"{where.account.login}/{name}".lower() for name in names or ()}
    mine = [each for each in call.world.repositories.values() if each.owner is where.account]
    reached = [each for each in mine if where.access == "all" or each.id in where.selected]
    chosen = {each.id for each in reached if each.id in (numbers or ()) or each.full_name.lower() in named}
    if len(chosen) < len(set(numbers or ())) + len(named) or len(chosen) > _MOST_REPOSITORIES:
        raise unprocessable(
            "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return "selected", chosen


def _permissions(call: Call, where: Installation) -> dict[str, Level]:
    asked = call.body.get("permissions")
    if not asked:
        return dict(where.permissions)
    try:
        wanted = tokens.parse_permissions(asked, of_an_app=True)
    except (ValueError, AttributeError, TypeError):
        raise unprocessable("The permissions requested are not granted to this installation.") from None
    if any(where.permissions.get(name, 0) < level for name, level in wanted.items()):
        raise unprocessable("The permissions requested are not granted to this installation.")
    return tokens.with_metadata(wanted)


@answers("apps/list-repos-accessible-to-installation")
def reached(call: Call) -> Answer | Listed:
    """What the installation's token reaches."""
    token = call.actor.token
    if token is None or token.installation is None:
        raise Problem(
            403,
            "You must authenticate with an installation access token in order to list repositories for an "
            "installation.",
        )
    found = [each for each in call.world.repositories.values() if token.selects(each)]
    listed = items(
        [shapes.repository(each, call.world, call.actor, call.links) for each in found], under="repositories"
    )
    listed.beside["repository_selection"] = token.access
    return listed


@answers("apps/revoke-installation-access-token")
def revoke(call: Call) -> None:
    """Ends the token that asks."""
    if call.actor.token is None or call.actor.token.installation is None:
        raise Problem(403, "You must authenticate with an installation access token.")
    call.actor.token.revoked = True


def _own(call: Call) -> Installation:
    found = call.world.installations.get(call.number("installation_id"))
    if found is None or found.app is not call.actor.app:
        raise not_found()
    return found


def _installation(call: Call, found: Installation) -> dict[str, Any]:
    app_: App = found.app
    at = f"{call.links.api}/app/installations/{found.id}"
    return {
        "id": found.id,
        "account": shapes.simple(found.account, call.links),
        "access_tokens_url": f"{at}/access_tokens",
        "repositories_url": f"{call.links.api}/installation/repositories",
        "html_url": f"{call.base}/organizations/{found.account.login}/settings/installations/{found.id}",
        "app_id": app_.id,
        "client_id": f"Iv1.sandbox{app_.id}",
        "app_slug": app_.slug,
        "target_id": found.account.id,
        "target_type": found.account.kind,
        "repository_selection": found.access,
        "permissions": _words(found.permissions),
        "events": [],
        "created_at": shapes.zulu(found.created_at),
        "updated_at": shapes.zulu(found.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": shapes.zulu(found.suspended_at),
    }


def _words(permissions: dict[str, Level]) -> dict[str, str]:
    return {name: level.word for name, level in permissions.items()}
