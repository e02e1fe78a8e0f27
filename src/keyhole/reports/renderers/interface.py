"""What a format of reports is, and how one is found.

A format is a module of this package named `as_` and its id, with one `RENDERER`. The command line, the downloads and
the API offer what is found here.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from keyhole.core.errors import NotFound
from keyhole.reports.dataset import Dataset

_PREFIX = "as_"


@dataclass(frozen=True, slots=True)
class Renderer:
    """One format."""

    id: str
    """In commands and addresses."""
    title: str
    about: str
    """What it is for, in a few words."""
    suffix: str
    """How names of its files end, without the dot."""
    media: str
    """Media type."""
    render: Callable[[Dataset], bytes]
    """The whole report. The same data set makes the same bytes."""


def renderers() -> Mapping[str, Renderer]:
    """Every format, by id."""
    return {name: _renderer(name) for name in _names()}


def renderer_of(name: str) -> Renderer:
    """The format of this id. NotFound when there is none."""
    # Without importing the others, which takes longer than many a scan.
    if name not in _names():
        raise NotFound("There is no report of this kind.", hint=f"There are: {', '.join(_names())}.")
    return _renderer(name)


@cache
def _names() -> tuple[str, ...]:
    package = import_module("keyhole.reports.renderers")
    modules = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name.removeprefix(_PREFIX) for name in modules if name.startswith(_PREFIX)))


@cache
def _renderer(name: str) -> Renderer:
    renderer: Renderer = import_module(f"keyhole.reports.renderers.{_PREFIX}{name}").RENDERER
    if renderer.id != name:
        raise ValueError(f"format {renderer.id!r} lies in the module {_PREFIX}{name}")
    return renderer
