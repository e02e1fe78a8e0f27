"""What every page has around it: the name, who is signed in, and that this is not GitHub."""

from __future__ import annotations

from dataclasses import dataclass, field

from keyhole.testing.github.web.html import Markup, el, join
from keyhole.testing.github.world import User, World


@dataclass(slots=True)
class Session:
    """One browser."""

    id: str
    form_token: str
    """Must come back with every form."""
    user_id: int | None = None
    new_token: str = ""
    """A token that was just made: shown on the next page and then forgotten."""
    said: str = ""
    """What to say on the next page."""


@dataclass(slots=True)
class Asked:
    """A request for a page."""

    world: World
    method: str
    path: str
    query: dict[str, list[str]]
    form: dict[str, list[str]]
    session: Session
    target: str = ""
    """Path and query as they were sent, to come back to."""
    base: str = ""

    @property
    def user(self) -> User | None:
        """Who is signed in."""
        found = self.world.accounts.get(self.session.user_id or 0)
        return found if isinstance(found, User) else None

    def given(self, name: str, default: str = "") -> str:
        """The first value of a field: of the form when one was sent, else of the address."""
        values = (self.form if self.method == "POST" else self.query).get(name, [])
        return values[0] if values else default

    def all_given(self, name: str) -> list[str]:
        """Every value of a field."""
        return (self.form if self.method == "POST" else self.query).get(name, [])


@dataclass(slots=True)
class Page:
    """The answer to a request for a page."""

    html: str | bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})


def redirect(place: str) -> Page:
    """Go there, and look with GET."""
    return Page("", 303, {"Location": place})


def page(asked: Asked, title: str, *content: Markup | None, crumbs: tuple[tuple[str, str], ...] = ()) -> Page:
    """A whole page. `crumbs` are (title, path) of the pages above."""
    user = asked.user
    who = (
        el(
            "form",
            el("span", "Signed in as ", el("strong", user.login)),
            hidden(asked),
            el("button", "Sign out", class_="quiet"),
            method="post",
            action="/logout",
        )
        if user is not None
        else el("a", "Sign in", href="/login")
    )
    body = join(
        el("a", "Skip to content", href="#content", class_="skip"),
        el(
            "header",
            el("a", "Sandbox", el("span", "not GitHub", class_="badge"), href="/", class_="name"),
            el("nav", *_links(user), aria_label="Main"),
            el("div", who, class_="who"),
        ),
        el("nav", _crumbs(crumbs, title), aria_label="Breadcrumb", class_="crumbs") if crumbs else None,
        el("main", el("h1", title), *_said(asked), *content, id="content"),
        el(
            "footer",
            el(
                "p",
                "Sandbox, not GitHub: a server for tests on this machine. Its tokens open nothing anywhere else. "
                "It is not affiliated with GitHub.",
            ),
        ),
    )
    head = join(
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{title} - Sandbox, not GitHub"),
        el("link", rel="stylesheet", href="/sandbox.css"),
    )
    return Page(f"<!doctype html>{el('html', el('head', head), el('body', body), lang='en')}")


def _links(user: User | None) -> list[Markup]:
    places = [("Start", "/")]
    if user is not None:
        places += [("Developer settings", "/settings/personal-access-tokens")]
    return [el("a", name, href=path) for name, path in places]


def _crumbs(crumbs: tuple[tuple[str, str], ...], title: str) -> Markup:
    above = [el("li", el("a", name, href=path)) for name, path in crumbs]
    return el("ol", above, el("li", title, aria_current="page"))


def _said(asked: Asked) -> list[Markup]:
    said, asked.session.said = asked.session.said, ""
    return [el("p", said, class_="said", role="status")] if said else []


def hidden(asked: Asked) -> Markup:
    """The field that says that a form came from here."""
    return el("input", type="hidden", name="form_token", value=asked.session.form_token)


def not_there(asked: Asked) -> Page:
    """404."""
    found = page(
        asked,
        "Not found",
        el("p", "There is nothing here, or you may not see it."),
        el("p", el("a", "To the start page", href="/")),
    )
    found.status = 404
    return found
