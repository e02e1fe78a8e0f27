"""Signing in: no password, one picks who to be."""

from __future__ import annotations

from keyhole.testing.github.web.frame import Asked, Page, hidden, page, redirect
from keyhole.testing.github.web.html import Markup, el
from keyhole.testing.github.world import User


def ask(asked: Asked) -> Page:
    """The people there are."""
    people = [each for each in asked.world.accounts.values() if isinstance(each, User)]
    if not people:
        return page(
            asked, "Sign in", el("p", "Nobody lives here yet: the program that runs the sandbox adds people.")
        )
    return page(
        asked,
        "Sign in",
        el(
            "p",
            "Choose who you are. There are no passwords here, since there is nothing to protect.",
            class_="lead",
        ),
        el(
            "form",
            hidden(asked),
            el("input", type="hidden", name="return_to", value=asked.given("return_to")),
            el("ul", [_person(asked, each) for each in people], class_="people"),
            method="post",
            action="/login",
        ),
    )


def _person(asked: Asked, user: User) -> Markup:
    belongs = [
        f"{'owner' if each.members[user.id] == 'admin' else 'member'} of {each.login}"
        for each in asked.world.organizations_of(user)
    ]
    return el(
        "li",
        el("button", f"Sign in as {user.login}", name="login", value=user.login),
        el("span", ", ".join(belongs) or "in no organization", class_="hint"),
    )


def choose(asked: Asked) -> Page:
    """Sign in, and go on to where one wanted to be."""
    user = asked.world.user(asked.given("login"))
    if user is None:
        return ask(asked)
    asked.session.user_id = user.id
    place = asked.given("return_to")
    # Only below this server: a link must not send people elsewhere after they signed in.
    return redirect(place if place.startswith("/") and not place.startswith(("//", "/\\")) else "/")


def leave(asked: Asked) -> Page:
    """Sign out."""
    asked.session.user_id = None
    asked.session.new_token = ""
    return redirect("/")
