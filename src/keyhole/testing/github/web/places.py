"""The start page: what this is, who and what is here, and how to point Keyhole at it."""

from __future__ import annotations

from keyhole.testing.github.web.frame import Asked, Page, page
from keyhole.testing.github.web.html import Markup, el, join
from keyhole.testing.github.world import Organization, User


def start(asked: Asked) -> Page:
    """Where one begins."""
    accounts = asked.world.accounts.values()
    people = [each for each in accounts if isinstance(each, User)]
    organizations = [each for each in accounts if isinstance(each, Organization)]
    return page(
        asked,
        "A GitHub for tests",
        el(
            "p",
            "This server on your machine answers like GitHub's API, git and token pages, and enforces the published "
            "permission table. Nothing here leaves this machine, and everything is gone when it stops.",
            class_="lead",
        ),
        el("h2", "Make a token"),
        el(
            "p",
            "Settings, Developer settings, Personal access tokens, Fine-grained tokens: ",
            el("a", "Generate new token", href="/settings/personal-access-tokens/new", class_="button"),
        ),
        el("h2", "Use it"),
        el(
            "dl",
            _pair("Web and git", asked.base),
            _pair("REST API", f"{asked.base}/api/v3"),
            _pair("Ask who you are", f'curl -H "Authorization: Bearer TOKEN" {asked.base}/api/v3/user'),
            _pair("Keyhole", f"KEYHOLE_ALLOW_PRIVATE_ADDRESSES=yes keyhole up, then connect {asked.base}"),
        ),
        el("h2", "Who is here"),
        el("ul", [_person(each) for each in people]) if people else el("p", "Nobody yet."),
        el("ul", [_organization(each) for each in organizations]) if organizations else None,
        el("h2", "Repositories"),
        _repositories(asked),
        el("h2", "What is true and what is guessed"),
        el(
            "p",
            "Every answer of the API says in X-Keyhole-Sandbox whether its shape was recorded from GitHub, is "
            "documented by GitHub, or is derived from the documentation of similar operations.",
        ),
    )


def _pair(name: str, value: str) -> Markup:
    return join(el("dt", name), el("dd", el("code", value)))


def _person(user: User) -> Markup:
    return el("li", el("a", user.login, href=f"/{user.login}"), f" {user.name}" if user.name else None)


def _organization(found: Organization) -> Markup:
    place = f"/organizations/{found.login}/settings/personal-access-token-requests"
    return el(
        "li",
        el("a", found.login, href=f"/{found.login}"),
        ", an organization (",
        el("a", f"token requests of {found.login}", href=place),
        ")",
    )


def _repositories(asked: Asked) -> Markup:
    user = asked.user
    seen = [each for each in asked.world.repositories.values() if asked.world.role(user, each) != "none"]
    if not seen:
        hint = "Sign in to see private ones." if user is None else "You see none."
        return el("p", hint)
    rows = [
        el(
            "tr",
            el("td", el("a", each.full_name, href=f"/{each.full_name}")),
            el("td", "private" if each.private else "public"),
            el("td", each.default_branch),
        )
        for each in sorted(seen, key=lambda each: each.full_name)
    ]
    head = el("tr", *[el("th", name, scope="col") for name in ("Repository", "Visibility", "Default branch")])
    table = el("table", el("thead", head), el("tbody", rows))
    return el("div", table, class_="scroll", tabindex=0, role="region", aria_label="Repositories")
