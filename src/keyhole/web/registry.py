"""What a page is, and how the pages are found.

A page is a function under `@page` in a module of `keyhole.web.pages`; the package is walked, so that there is no
list of addresses and no menu to edit. A page says which action of `core/actions.py` it is: one without does not
load. That the three pages for people who are not signed in need none is said by `OPEN`, and seen in review.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from importlib import import_module
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from keyhole.accounts.services import SecondFactorNeeded, require
from keyhole.core.actions import ACTIONS
from keyhole.core.errors import KeyholeError
from keyhole.core.nul import refuse_nul
from keyhole.web import errors
from keyhole.web.caller import caller_of

OPEN: Final = "open"
"""In the place of an action: the page is for people who are not signed in."""

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Nav:
    """An entry of the main navigation."""

    title: str
    order: int
    """Lowest is first."""


@dataclass(frozen=True, slots=True)
class Page:
    """One address of the browser's."""

    path: str
    """As Django's `path` takes it, without the leading slash."""
    name: str
    """For `{% url %}`."""
    title: str
    """For breadcrumbs and, unless the page says more, its heading."""
    action: str
    """What the signed-in person must be allowed to do to open it; `OPEN` for nobody signed in."""
    view: View
    methods: tuple[str, ...]
    section: str
    """Name of the navigation's page that this one lies under."""
    nav: Nav | None
    """Its own entry there."""


_pages: dict[str, Page] = {}


def page(
    path: str,
    *,
    name: str,
    title: str,
    action: str,
    section: str = "",
    nav: Nav | None = None,
    methods: tuple[str, ...] = ("GET",),
) -> Callable[[View], View]:
    """Register the function below as a page. ValueError when the action is unknown or the name is taken."""
    if action != OPEN and action not in ACTIONS:
        raise ValueError(f"page {name}: {action!r} is not an action of core/actions.py")
    if name in _pages:
        raise ValueError(f"page {name}: there is another one of this name")

    def register(view: View) -> View:
        known = Page(path, name, title, action, view, methods, section or name, nav)
        _pages[name] = known
        return view

    return register


def served(known: Page) -> View:
    """The view as Django calls it: method and action are checked, errors become pages."""

    @wraps(known.view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        request.page = known  # type: ignore[attr-defined]  # the navigation reads it
        if request.method not in (*known.methods, "HEAD" if "GET" in known.methods else ""):
            return errors.method_not_allowed(request, known.methods)
        try:
            if known.action != OPEN:
                require(caller_of(request), known.action)
            refuse_nul(_texts(request, kwargs))
            return known.view(request, *args, **kwargs)
        except SecondFactorNeeded as problem:
            messages.warning(request, f"{problem.message} {problem.hint}", "warn")
            return redirect("security")
        except KeyholeError as problem:
            return errors.answer(request, problem)

    return login_not_required(answer) if known.action == OPEN else answer


def _texts(request: HttpRequest, kwargs: Mapping[str, object]) -> Iterator[object]:
    """All that a browser wrote, but for files: they may hold anything."""
    yield from kwargs.values()
    for sent in (request.GET, request.POST):
        for name, values in sent.lists():
            yield from (name, *values)


@cache
def pages() -> tuple[Page, ...]:
    """Every page of the package, found by walking it."""
    package = import_module("keyhole.web.pages")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        import_module(f"{package.__name__}.{module.name}")
    return tuple(_pages.values())


def navigation() -> list[Page]:
    """The pages with an entry in the main navigation, in their order."""
    entries = [(known.nav.order, known) for known in pages() if known.nav is not None]
    return [known for _, known in sorted(entries, key=lambda entry: entry[0])]


def trail(*names: str) -> list[tuple[str, str]]:
    """Breadcrumbs: address and title of pages without parameters, outermost first."""
    return [(reverse(name), _pages[name].title) for name in names]
