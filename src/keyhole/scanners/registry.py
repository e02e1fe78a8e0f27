"""The scanners there are: found by walking this package, so that adding one edits no list."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import keyhole.scanners
from keyhole.scanners.interface import NeedsProgram, NotInstalled, Scanner, UnknownScanner


@functools.cache
def all_scanners() -> Mapping[str, Scanner]:
    """Every module of this package that offers a SCANNER, by id. A wrong id stops the program: it is a slip of ours."""
    found: dict[str, Scanner] = {}
    for module_info in pkgutil.iter_modules(keyhole.scanners.__path__):
        module = importlib.import_module(f"{keyhole.scanners.__name__}.{module_info.name}")
        scanner: Scanner | None = getattr(module, "SCANNER", None)
        if scanner is None:
            continue
        if scanner.id != module_info.name.replace("_", "-"):
            raise TypeError(f"scanner {scanner.id} lives in a module named {module_info.name}")
        found[scanner.id] = scanner
    return MappingProxyType(found)


def chosen(ids: Iterable[str]) -> list[Scanner]:
    """The scanners with these ids, in the given order, each once.

    Raises UnknownScanner, also for none at all, and NotInstalled for one whose program is not there.
    """
    known = all_scanners()
    wanted = list(dict.fromkeys(ids))
    for name in wanted:
        if name not in known:
            raise UnknownScanner(
                f"There is no scanner named {name[:40]!r}.", hint=f"There are: {', '.join(known)}."
            )
    if not wanted:
        raise UnknownScanner("A scan needs at least one scanner.", hint=f"There are: {', '.join(known)}.")
    for name in wanted:
        if how := missing(known[name]):
            raise NotInstalled(
                f"The scanner {name} needs a program that is not installed on this machine.", hint=how
            )
    return [known[name] for name in wanted]


def missing(scanner: Scanner) -> str:
    """How to install the program that a scanner starts; empty if it is there, or if it needs none."""
    return scanner.missing() if isinstance(scanner, NeedsProgram) else ""
