"""The scanners there are: found by walking this package, so that adding one edits no list."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import keyhole.scanners
from keyhole.scanners.interface import ListsPackages, NeedsProgram, NotInstalled, Scanner, UnknownScanner

if TYPE_CHECKING:
    from keyhole.core.finding import Finding
    from keyhole.core.reach import Reach
    from keyhole.core.terms import Kind


@functools.cache
def all_scanners() -> Mapping[str, Scanner]:
    """Every module of this package that offers a SCANNER, by id. A wrong id stops the program: it is a slip of ours."""
    import pkgutil  # noqa: PLC0415  # a scan names its scanners, and does without

    names = [module_info.name for module_info in pkgutil.iter_modules(keyhole.scanners.__path__)]
    found = [scanner for scanner in map(_offered, names) if scanner is not None]
    return MappingProxyType({scanner.id: scanner for scanner in found})


@functools.cache
def _offered(name: str) -> Scanner | None:
    module = importlib.import_module(f"{keyhole.scanners.__name__}.{name}")
    scanner: Scanner | None = getattr(module, "SCANNER", None)
    if scanner is not None and scanner.id != name.replace("_", "-"):
        raise TypeError(f"scanner {scanner.id} lives in a module named {name}")
    return scanner


def _offered_if_there(name: str) -> Scanner | None:
    try:
        return _offered(name)
    except ModuleNotFoundError as missing:
        if missing.name != f"{keyhole.scanners.__name__}.{name}":
            raise  # it is there, and something that it needs is not
        return None


def chosen(ids: Iterable[str]) -> list[Scanner]:
    """The scanners with these ids, in the given order, each once.

    Raises UnknownScanner, also for none at all, and NotInstalled for one whose program is not there.
    """
    wanted = list(dict.fromkeys(ids))
    found = [named(name) for name in wanted]
    if not wanted:
        raise UnknownScanner("A scan needs at least one scanner.", hint=_there_are())
    for scanner in found:
        if how := missing(scanner):
            raise NotInstalled(
                f"The scanner {scanner.id} needs a program that is not installed on this machine.", hint=how
            )
    return found


def reach(ran: Iterable[str], findings: Iterable[Finding]) -> dict[str, Reach]:
    """What each scanner can find, by id: those that there are say it; imported ones find what they brought.

    `ran` and `findings` are those of one scan.
    """
    from keyhole.core.reach import IMPORTED, Reach  # noqa: PLC0415  # after a scan only

    brought: dict[str, set[Kind]] = {name: set() for name in ran if name.startswith(IMPORTED)}
    for found in findings:
        # What a report of our own brought back is known by the scanner that once found it.
        for name in [found.scanner] if found.scanner in brought else brought:
            brought[name].add(found.kind)
    ours = {
        name: Reach(scanner.kinds, isinstance(scanner, ListsPackages))
        for name, scanner in all_scanners().items()
    }
    return ours | {name: Reach(frozenset(kinds)) for name, kinds in brought.items()}


def missing(scanner: Scanner) -> str:
    """How to install the program that a scanner starts; empty if it is there, or if it needs none."""
    return scanner.missing() if isinstance(scanner, NeedsProgram) else ""


def named(name: str) -> Scanner:
    """The scanner with this id, whether its program is there or not. UnknownScanner, naming the nearest."""
    # Without importing the others: all of them together take longer to import than a small repository to read.
    module = name.replace("-", "_")
    here = module.isidentifier() and module == module.lower() and "__" not in module
    scanner = _offered_if_there(module) if here else None
    if scanner is not None and scanner.id == name:
        return scanner
    from difflib import get_close_matches  # noqa: PLC0415  # nearly all names are right

    near = get_close_matches(name[:40], all_scanners(), 1)
    meant = f"Did you mean {near[0]}? " if near else ""
    raise UnknownScanner(f"There is no scanner named {name[:40]!r}.", hint=f"{meant}{_there_are()}")


def _there_are() -> str:
    return f"There are: {', '.join(all_scanners())}."
