"""One's tokens: the list, a token that was just made, one token, a new text for it, and its end."""

from __future__ import annotations

from datetime import timedelta

from keyhole.core.permissions import Level, vocabulary
from keyhole.testing.github import tokens
from keyhole.testing.github.tokens import Kind, SandboxToken, State
from keyhole.testing.github.web.frame import Asked, Page, hidden, not_there, page, redirect
from keyhole.testing.github.web.html import Markup, el, join
from keyhole.testing.github.world import Organization

_LIST = "/settings/personal-access-tokens"
_CRUMBS = (("Developer settings", "/settings/tokens"),)
_WORDS = {Level.READ: "Read-only", Level.WRITE: "Read and write", Level.ADMIN: "Admin"}


def developer(asked: Asked) -> Page:
    """Developer settings: where the tokens are."""
    organizations = [] if asked.user is None else list(asked.world.organizations_of(asked.user))
    owned = [each for each in organizations if asked.user and each.members[asked.user.id] == "admin"]
    return page(
        asked,
        "Developer settings",
        el("h2", "Personal access tokens"),
        el("ul", el("li", el("a", "Fine-grained tokens", href=_LIST))),
        el("h2", "Organizations that you own") if owned else None,
        el("ul", [_of_an_organization(each) for each in owned]) if owned else None,
        crumbs=(("Start", "/"),),
    )


def _of_an_organization(found: Organization) -> Markup:
    at = f"/organizations/{found.login}/settings/personal-access-token"
    return el(
        "li",
        f"{found.login}: ",
        el("a", f"Pending requests of {found.login}", href=f"{at}-requests"),
        ", ",
        el("a", f"Active tokens of {found.login}", href=f"{at}s"),
    )


def listing(asked: Asked) -> Page:
    """Every fine-grained token of the person; a new one in full, this once."""
    text, asked.session.new_token = asked.session.new_token, ""
    mine = [
        each
        for each in asked.world.tokens.values()
        if each.user is asked.user and each.kind is Kind.FINE_GRAINED and not each.revoked
    ]
    return page(
        asked,
        "Fine-grained personal access tokens",
        el("p", el("a", "Generate new token", href=f"{_LIST}/new", class_="button")),
        _new(asked, text) if text else None,
        el("ul", [_row(asked, each) for each in reversed(mine)], class_="tokens")
        if mine
        else el(
            "p", "You have none. These are tokens for tools that act as you, with only what you give them."
        ),
        crumbs=_CRUMBS,
    )


def _new(asked: Asked, text: str) -> Markup:
    token = asked.world.tokens[text]
    waits = token.state is State.PENDING and token.owner is not None
    return el(
        "section",
        el("h2", f"{token.name} was generated"),
        el("p", "Make sure to copy your personal access token now as you will not be able to see this again."),
        el("label", "Your new token", for_="new-token"),
        el("textarea", text, id="new-token", readonly=True, rows=2, autocomplete="off", spellcheck="false",
           class_="secret"),
        el("p", f"An owner of {token.owner.login} must approve it. Until then it reads only public resources.")
        if waits and token.owner is not None
        else None,
        class_="once",
        aria_label="New token",
    )  # fmt: skip


def _row(asked: Asked, token: SandboxToken) -> Markup:
    used = "never used" if token.used_at is None else f"last used on {token.used_at:%Y-%m-%d %H:%M} UTC"
    return el(
        "li",
        el("a", token.name, href=f"{_LIST}/{token.id}"),
        el("span", f"{_state(asked, token)}, {_ends(token)}, {used}", class_="hint"),
    )


def _state(asked: Asked, token: SandboxToken) -> str:
    if not token.valid(asked.world.now()):
        return "expired"
    return {State.PENDING: "waiting for approval", State.DENIED: "denied"}.get(token.state, "active")


def _ends(token: SandboxToken) -> str:
    return (
        "never expires" if token.expires_at is None else f"expires on {token.expires_at:%Y-%m-%d %H:%M} UTC"
    )


def one(asked: Asked, number: str) -> Page:
    """What a token may; its text is not shown again."""
    token = _mine(asked, number)
    if token is None or token.owner is None:
        return not_there(asked)
    known = vocabulary().permissions
    names = [each.full_name for each in asked.world.repositories.values() if each.id in token.selected]
    where = {"public": "Public repositories", "all": "All repositories"}.get(token.access, ", ".join(names))
    return page(
        asked,
        token.name,
        el("p", f"{_state(asked, token).capitalize()}, {_ends(token)}.", class_="lead"),
        el("p", token.description) if token.description else None,
        el("dl", _pair("Resource owner", token.owner.login), _pair("Repository access", where)),
        el("h2", "Permissions"),
        el(
            "ul",
            [el("li", f"{known[name].title}: {_WORDS[level]}") for name, level in token.permissions.items()],
        )
        if token.permissions
        else el("p", "None: it reads what is public."),
        el("h2", "Regenerate token"),
        el("p", "A new text for the same permissions. The old one ends at once."),
        _button(asked, token, "regenerate", "Regenerate token"),
        el("h2", "Delete"),
        el("p", "Whatever uses this token is refused from now on. This cannot be undone."),
        _button(asked, token, "delete", "Delete token", danger=True),
        crumbs=(*_CRUMBS, ("Fine-grained tokens", _LIST)),
    )


def _pair(name: str, value: str) -> Markup:
    return join(el("dt", name), el("dd", value))


def _button(asked: Asked, token: SandboxToken, action: str, words: str, *, danger: bool = False) -> Markup:
    return el(
        "form",
        hidden(asked),
        el("button", words, class_="danger" if danger else "quiet"),
        method="post",
        action=f"{_LIST}/{token.id}/{action}",
    )


def regenerate(asked: Asked, number: str) -> Page:
    """Another text; as long a life as before, from now."""
    token = _mine(asked, number)
    if token is None:
        return not_there(asked)
    lifetime = token.expires_at - token.created_at if token.expires_at is not None else None
    del asked.world.tokens[token.text]
    token.text = tokens.fine_grained_text()
    token.created_at = asked.world.now()
    token.expires_at = None if lifetime is None else token.created_at + max(lifetime, timedelta(days=1))
    asked.world.tokens[token.text] = token
    asked.session.new_token = token.text
    return redirect(_LIST)


def delete(asked: Asked, number: str) -> Page:
    """The end of a token."""
    token = _mine(asked, number)
    if token is None:
        return not_there(asked)
    token.revoked = True
    asked.session.said = f"{token.name} was deleted."
    return redirect(_LIST)


def _mine(asked: Asked, number: str) -> SandboxToken | None:
    for each in asked.world.tokens.values():
        if (
            each.id == int(number)
            and each.user is asked.user
            and each.kind is Kind.FINE_GRAINED
            and not each.revoked
        ):
            return each
    return None
