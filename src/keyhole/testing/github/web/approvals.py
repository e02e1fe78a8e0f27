"""What an organization's owners decide: which fine-grained tokens reach it."""

from __future__ import annotations

from keyhole.core.permissions import Level, vocabulary
from keyhole.testing.github.tokens import Kind, SandboxToken, State
from keyhole.testing.github.web.frame import Asked, Page, hidden, not_there, page, redirect
from keyhole.testing.github.web.html import Markup, el
from keyhole.testing.github.world import Organization

_WORDS = {Level.READ: "Read-only", Level.WRITE: "Read and write", Level.ADMIN: "Admin"}


def waiting(asked: Asked, login: str) -> Page:
    """Requests: approve or deny each."""
    organization = _owned(asked, login)
    if organization is None:
        return not_there(asked)
    found = _of(asked, organization, State.PENDING)
    buttons = (("approve", "Approve", "button"), ("deny", "Deny", "danger"))
    return page(
        asked,
        f"Pending token requests of {organization.login}",
        el("p", "Until one of the owners approves a token, it reads only what is public.", class_="lead"),
        *[_shown(asked, organization, each, buttons, "personal-access-token-requests") for each in found],
        el("p", "No requests are waiting.") if not found else None,
        crumbs=(("Developer settings", "/settings/tokens"),),
    )


def active(asked: Asked, login: str) -> Page:
    """Tokens that reach the organization: end each."""
    organization = _owned(asked, login)
    if organization is None:
        return not_there(asked)
    found = _of(asked, organization, State.APPROVED)
    buttons = (("revoke", "Revoke", "danger"),)
    return page(
        asked,
        f"Active tokens of {organization.login}",
        *[_shown(asked, organization, each, buttons, "personal-access-tokens") for each in found],
        el("p", "No fine-grained token reaches this organization.") if not found else None,
        crumbs=(("Developer settings", "/settings/tokens"),),
    )


def decide(asked: Asked, login: str, number: str) -> Page:
    """Approve or deny one request."""
    organization = _owned(asked, login)
    token = _one(asked, organization, number, State.PENDING)
    if organization is None or token is None:
        return not_there(asked)
    approved = asked.given("action") == "approve"
    token.state = State.APPROVED if approved else State.DENIED
    asked.session.said = f"{token.name} was {'approved' if approved else 'denied'}."
    return redirect(f"/organizations/{organization.login}/settings/personal-access-token-requests")


def end(asked: Asked, login: str, number: str) -> Page:
    """End one token's access; the token itself stays with its owner."""
    organization = _owned(asked, login)
    token = _one(asked, organization, number, State.APPROVED)
    if organization is None or token is None:
        return not_there(asked)
    token.state = State.DENIED
    asked.session.said = f"{token.name} does not reach {organization.login} any more."
    return redirect(f"/organizations/{organization.login}/settings/personal-access-tokens")


def _owned(asked: Asked, login: str) -> Organization | None:
    found = asked.world.organization(login)
    if found is None or asked.user is None or found.members.get(asked.user.id) != "admin":
        return None
    return found


def _of(asked: Asked, organization: Organization, state: State) -> list[SandboxToken]:
    return [
        each
        for each in asked.world.tokens.values()
        if each.kind is Kind.FINE_GRAINED
        and each.owner is organization
        and each.state is state
        and not each.revoked
    ]


def _one(asked: Asked, organization: Organization | None, number: str, state: State) -> SandboxToken | None:
    found = [] if organization is None else _of(asked, organization, state)
    return next((each for each in found if each.id == int(number)), None)


def _shown(
    asked: Asked,
    organization: Organization,
    token: SandboxToken,
    buttons: tuple[tuple[str, str, str], ...],
    place: str,
) -> Markup:
    known = vocabulary().permissions
    names = [each.full_name for each in asked.world.repositories.values() if each.id in token.selected]
    where = {"public": "Public repositories", "all": "All repositories"}.get(token.access, ", ".join(names))
    given = [el("li", f"{known[name].title}: {_WORDS[level]}") for name, level in token.permissions.items()]
    who = token.user.login if token.user is not None else ""
    return el(
        "section",
        el("h2", f"{token.name}, by {who}"),
        el("p", token.reason) if token.reason else None,
        el("p", where, class_="hint"),
        el("ul", given),
        el(
            "form",
            hidden(asked),
            [_button(token, *each) for each in buttons],
            method="post",
            action=f"/organizations/{organization.login}/settings/{place}/{token.id}",
        ),
        class_="card",
    )


def _button(token: SandboxToken, value: str, words: str, kind: str) -> Markup:
    return el(
        "button",
        words,
        el("span", f" {token.name}", class_="unseen"),
        name="action",
        value=value,
        class_=kind,
    )
