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


@cache
def renderers() -> Mapping[str, Renderer]:
    """Every format, by id."""
    package = import_module("keyhole.reports.renderers")
    names = sorted(
        module.name for module in pkgutil.iter_modules(package.__path__) if module.name.startswith(_PREFIX)
    )
    found = {name: import_module(f"{package.__name__}.{name}").RENDERER for name in names}
    for name, renderer in found.items():
        if name != f"{_PREFIX}{renderer.id}":
            raise ValueError(f"format {renderer.id!r} lies in the module {name}")
    return {renderer.id: renderer for renderer in found.values()}


def renderer_of(name: str) -> Renderer:
    """The format of this id. NotFound when there is none."""
    found = renderers().get(name)
    if found is None:
        raise NotFound("There is no report of this kind.", hint=f"There are: {', '.join(renderers())}.")
    return found
