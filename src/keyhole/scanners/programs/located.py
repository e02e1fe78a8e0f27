"""Where a program is that a scanner starts, and which version it is."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from keyhole.core.git_safety import GIT_PATH
from keyhole.scanners.programs.configured import configured


@dataclass(frozen=True, slots=True)
class Program:
    """A program that comes as a Python package, whatever it is written in."""

    name: str
    """Of its file."""
    package: str
    """Of the package that it comes in."""
    install: str
    """How to get it, as a sentence."""


@dataclass(frozen=True, slots=True)
class Located:
    """A program that is there."""

    path: Path
    version: str


def locate(program: Program) -> Located | None:
    """The program beside our own Python, in the places that are set, or where git is looked for; None if in none.

    Never by an inherited PATH: what runs is not the choice of whoever started us.
    """
    for folder in _places():
        path = folder / program.name
        if path.is_file() and os.access(path, os.X_OK):
            version = _version(path, program.package)
            if version:
                return Located(path, version)
    return None


def home_of(path: Path) -> tuple[Path, ...]:
    """The folders that a program needs to be able to run: its environment, and the Python which that one stands on."""
    homes = [path.parents[1], path.resolve().parents[1]]
    for home in list(homes):
        settings = home / "pyvenv.cfg"
        if settings.is_file():
            lines = settings.read_text("utf-8", "replace").splitlines()
            homes += [
                Path(line.partition("=")[2].strip()).parent for line in lines if line.startswith("home")
            ]
    return tuple(dict.fromkeys(homes))


def _places() -> Iterator[Path]:
    yield Path(sysconfig.get_path("scripts"))
    yield from configured().places
    yield from map(Path, GIT_PATH.split(":"))


def _version(path: Path, package: str) -> str:
    """What the environment that the program stands in says: asking the program itself would mean to run it."""
    if path.parent == Path(sysconfig.get_path("scripts")):
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return ""
    for home in home_of(path):
        found = sorted(home.glob(f"lib/python3*/site-packages/{package}-*.dist-info"))
        if found:
            return found[-1].name.removesuffix(".dist-info").rpartition("-")[2]
    return ""
