"""Which page is where, and whose browser asks."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from importlib.resources import files
from urllib.parse import parse_qs, unquote, urlencode

from keyhole.testing.github.web import approvals, new_token, places, repositories, sign_in, token_pages
from keyhole.testing.github.web.frame import Asked, Page, Session, not_there, redirect
from keyhole.testing.github.world import World

COOKIE = "sandbox_session"
_MOST_SESSIONS = 1000
_Handler = Callable[..., Page]
_PUBLIC: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", r"/", places.start),
    ("GET", r"/login", sign_in.ask),
    ("POST", r"/login", sign_in.choose),
    ("POST", r"/logout", sign_in.leave),
    ("GET", r"/raw/([^/]+/[^/]+)/([^/]+)/(.+)", repositories.raw),
    ("GET", r"/codeload/([^/]+/[^/]+)/legacy\.(tar\.gz|zip)/([0-9a-f]{40})", repositories.archive),
)
_SIGNED_IN: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", r"/settings(?:/tokens|/apps|/profile)?", token_pages.developer),
    ("GET", r"/settings/personal-access-tokens", token_pages.listing),
    ("GET", r"/settings/personal-access-tokens/new", new_token.ask),
    ("POST", r"/settings/personal-access-tokens", new_token.generate),
    ("GET", r"/settings/personal-access-tokens/(\d+)", token_pages.one),
    ("POST", r"/settings/personal-access-tokens/(\d+)/regenerate", token_pages.regenerate),
    ("POST", r"/settings/personal-access-tokens/(\d+)/delete", token_pages.delete),
    ("GET", r"/organizations/([^/]+)/settings/personal-access-token-requests", approvals.waiting),
    ("POST", r"/organizations/([^/]+)/settings/personal-access-token-requests/(\d+)", approvals.decide),
    ("GET", r"/organizations/([^/]+)/settings/personal-access-tokens", approvals.active),
    ("POST", r"/organizations/([^/]+)/settings/personal-access-tokens/(\d+)", approvals.end),
)
_LATE: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", r"/([^/]+)", repositories.account),
    ("GET", r"/([^/]+/[^/]+?)(?:\.git)?(?:/(?:tree|blob|commit)/.*)?", repositories.one),
)


class Pages:
    """All pages of one sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}

    def answer(self, method: str, target: str, cookie: str, body: bytes, base: str) -> tuple[Page, Session]:
        """The page, and the session to set."""
        path, _, query = target.partition("?")
        session = self._session(cookie)
        asked = Asked(
            self._world,
            "GET" if method == "HEAD" else method,
            unquote(path),
            parse_qs(query, keep_blank_values=True),
            parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True),
            session,
            target,
            base,
        )
        with self._world.lock:
            return self._page(asked), session

    def _session(self, cookie: str) -> Session:
        known = self._sessions.get(cookie)
        if known is None:
            known = Session(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            while len(self._sessions) >= _MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[known.id] = known
        return known

    def _page(self, asked: Asked) -> Page:
        if asked.path == "/sandbox.css":
            css = files(__package__).joinpath("sandbox.css").read_text()
            return Page(css, 200, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=60"})
        if asked.method == "POST" and asked.given("form_token") != asked.session.form_token:
            found = not_there(asked)
            found.status = 422
            return found
        for table, needs_user in ((_PUBLIC, False), (_SIGNED_IN, True), (_LATE, False)):
            for method, pattern, handler in table:
                match = re.fullmatch(pattern, asked.path)
                if match is None or method != asked.method:
                    continue
                if needs_user and asked.user is None:
                    return redirect(f"/login?{urlencode({'return_to': asked.target})}")
                return handler(asked, *match.groups())
        return not_there(asked)
