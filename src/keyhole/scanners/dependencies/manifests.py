"""What a repository itself asks for, by the files that its people write: names, and whether only for developing.

A manifest that cannot be read says nothing: what is locked is locked all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from keyhole.scanners.dependencies.documents import json_in, toml_in, word, words
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed, Manifests, text_of
from keyhole.scanners.lazily import pattern

_NAME = pattern(r"\s*+([A-Za-z0-9][A-Za-z0-9._-]*+)\s*+(?:\[[^\]]*+\])?(.*)", re.DOTALL)
LOCAL = "local:"
"""How something is asked for that comes from a folder, or as another manifest says."""
_FOLDERS = frozenset({"path", "file", "editable"})
_REMOTE = frozenset({"git", "url", "hg"})


@dataclass(slots=True)
class Wanted:
    """Names that are asked for, each with how; an empty text where that does not matter."""

    direct: dict[str, str] = field(default_factory=dict)
    developing: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    """Names as they are written, where that is not the normal spelling."""
    own: str = ""
    """The name of what the manifest is of."""
    also: list[tuple[str, str, bool]] = field(default_factory=list)
    """What else is asked for under a name of these, as by another extra: name, how, and whether only for developing."""

    def ask(self, name: str, how: str, *, developing: bool = False) -> None:
        """Notes one thing that is asked for."""
        group = self.developing if developing else self.direct
        if group.get(name, how) != how:
            self.also.append((name, group[name], developing))
        group[name] = how

    def every(self, *, developing: bool) -> list[tuple[str, str]]:
        """Names and how each is asked for, those with several ways as often."""
        also = [(name, how) for name, how, only in self.also if only is developing]
        return [*also, *(self.developing if developing else self.direct).items()]


def _from(manifests: Manifests, name: str, take: Callable[[bytes, Wanted], None]) -> Wanted | None:
    """None where there is no manifest that could be read."""
    wanted, known = Wanted(), False
    for content in manifests.get(name, ()):
        try:
            take(content, wanted)
            known = True
        except Malformed:
            continue
    return wanted if known else None


def npm_wanted(manifests: Manifests, *, peers: bool = True) -> Wanted | None:
    """By `package.json`, with the range that is asked for; with what it has to get along with, or without."""

    def take(content: bytes, wanted: Wanted) -> None:
        document = json_in(content)
        wanted.own = word(document.get("name"))
        asked: dict[str, str] = {}
        for kind in (*(("peerDependencies",) if peers else ()), "dependencies", "optionalDependencies"):
            asked.update(_texts(document.get(kind)))  # npm, too, takes the last of these
        for name, how in asked.items():
            wanted.ask(name, how)
        for name, how in _texts(document.get("devDependencies")):
            wanted.ask(name, how, developing=True)

    return _from(manifests, "package.json", take)


def composer_wanted(manifests: Manifests) -> Wanted | None:
    """By `composer.json`."""
    return _from(manifests, "composer.json", _take_composer)


def _take_composer(content: bytes, wanted: Wanted) -> None:
    document = json_in(content)
    wanted.own = word(document.get("name"))
    for kind, group in (("require", wanted.direct), ("require-dev", wanted.developing)):
        for name, how in _texts(document.get(kind)):
            if "/" in name:  # others are PHP itself and what is built into it
                wanted.spelled[name.lower()] = name
                group[name.lower()] = how


def python_wanted(manifests: Manifests) -> Wanted | None:
    """By `pyproject.toml`: the standard's own tables, those of dependency groups, and those of Poetry and PDM."""
    return _from(manifests, "pyproject.toml", _take_python)


def _take_python(content: bytes, wanted: Wanted) -> None:
    document = toml_in(content)
    project, tool = _table(document.get("project")), _table(document.get("tool"))
    poetry, pdm = _table(tool.get("poetry")), _table(tool.get("pdm"))
    wanted.own = word(project.get("name")) or word(poetry.get("name"))
    for each in (project.get("dependencies"), *_table(project.get("optional-dependencies")).values()):
        _require(wanted, each)
    _name(wanted, poetry.get("dependencies"))
    _name(wanted, poetry.get("dev-dependencies"), developing=True)
    for group in _table(poetry.get("group")).values():
        _name(wanted, _table(group).get("dependencies"), developing=True)
    groups = (
        *_table(document.get("dependency-groups")).values(),
        *_table(pdm.get("dev-dependencies")).values(),
    )
    for group in (*groups, _table(tool.get("uv")).get("dev-dependencies")):
        _require(wanted, group, developing=True)
    wanted.direct.pop("python", None)  # the interpreter, as Poetry writes it


_OF_PIPENV = frozenset({"source", "requires", "scripts", "pipenv"})


def pipfile_wanted(manifests: Manifests) -> Wanted | None:
    """By `Pipfile`."""
    return _from(manifests, "Pipfile", _take_pipfile)


def _take_pipfile(content: bytes, wanted: Wanted) -> None:
    document = toml_in(content)
    for group, found in document.items():
        if group not in _OF_PIPENV:  # every other table is a group of packages
            _name(wanted, found, developing=group != "packages")


def cargo_wanted(manifests: Manifests, *, workspace: bool = True) -> Wanted | None:
    """By `Cargo.toml`, under the names of the packages themselves; with what a workspace offers its members, or not."""
    offered: dict[str, str] = {}

    def take(content: bytes, wanted: Wanted) -> None:
        document = toml_in(content)
        wanted.own = word(_table(document.get("package")).get("name"))
        shared = _table(document.get("workspace"))
        for name, told in _table(shared.get("dependencies")).items():
            offered[name] = word(_table(told).get("package")) or name
        targets = map(_table, _table(document.get("target")).values())
        for table in (document, *targets, *((shared,) if workspace else ())):
            for kind in ("dependencies", "build-dependencies", "dev-dependencies"):
                for name, how in _crates(table.get(kind), offered):
                    wanted.ask(name, how, developing=kind == "dev-dependencies")

    return _from(manifests, "Cargo.toml", take)


def _crates(found: object, offered: dict[str, str]) -> Iterable[tuple[str, str]]:
    """Names and how they are asked for; what a member takes of what is offered may have another name there."""
    for name, told in _table(found).items():
        table = _table(told)
        taken = offered.get(name, name) if table.get("workspace") else name
        yield word(table.get("package")) or taken, _how(told)


_GEM = pattern(r"""\s*gem[\s(]+["']([^"']+)["'](.*)""")
_GROUP = pattern(r"\s*group\b(.*)\bdo\s*")
_GROUPED = pattern(r""",\s*+(?:groups?:|:groups?\s*+=>)\s*+((?:%[iw])?[\[({][^\])}]*|[^\s,)]+)""")
_OPTION = pattern(r",\s*+(?:\w++:|:\w++\s*+=>)")
_SYMBOL = pattern(r"%[iw]|(\w++)")
_BLOCK = pattern(r"\s*(?:\w.*\bdo\b(?:\s*\|[^|]*\|)?|(?:if|unless|case|begin)\b.*)\s*")
_DEVELOPING = frozenset({"development", "test", "dev", "ci", "lint", "doc", "docs"})


def gem_developing(manifests: Manifests) -> set[str]:
    """Gems that a `Gemfile` asks for in groups for developing and testing alone."""
    developing: set[str] = set()
    others: set[str] = set()
    for content in (*manifests.get("Gemfile", ()), *manifests.get("gems.rb", ())):
        blocks: list[frozenset[bool]] = []
        try:
            lines = text_of(content).splitlines()
        except Malformed:
            continue
        for line in lines:
            plain = line.partition("#")[0]
            around = blocks[-1] if blocks else frozenset()
            if gem := _GEM.match(plain):
                groups = around.union(*map(_kinds, _GROUPED.findall(gem[2])))
                (developing if groups == {True} else others).add(gem[1])
            elif group := _GROUP.fullmatch(plain):
                blocks.append(around | _kinds(_OPTION.split(group[1], 1)[0]))
            elif _BLOCK.fullmatch(plain):
                blocks.append(around)
            elif plain.strip() == "end" and blocks:
                blocks.pop()
    return developing - others


def _kinds(groups: str) -> frozenset[bool]:
    """For the groups that a text names, whether they are for developing: both where some are and others are not."""
    return frozenset(name in _DEVELOPING for name in _SYMBOL.findall(groups) if name)


_MIX = pattern(r"\{\s*:(\w+)\s*,([^{}]*)\}")
_ONLY = pattern(r"\bonly:\s*(\[[^\[\]]*\]|:\w+)")


def mix_wanted(manifests: Manifests) -> Wanted | None:
    """By `mix.exs`, which is a program and is not run: by what its list of dependencies looks like."""
    return _from(manifests, "mix.exs", _take_mix)


def _take_mix(content: bytes, wanted: Wanted) -> None:
    for match in _MIX.finditer(text_of(content)):
        only = _ONLY.search(match[2])
        developing = only is not None and ":prod" not in only[1]
        (wanted.developing if developing else wanted.direct)[match[1]] = ""


_PAKET = pattern(r"\s*(?:nuget|clitool)\s+(\S+)", re.IGNORECASE)


def paket_wanted(manifests: Manifests) -> Wanted | None:
    """By `paket.dependencies`."""
    return _from(manifests, "paket.dependencies", _take_paket)


def _take_paket(content: bytes, wanted: Wanted) -> None:
    for line in text_of(content).splitlines():
        if match := _PAKET.match(line):
            wanted.direct[match[1].lower()] = ""


def _table(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _texts(found: object) -> Iterable[tuple[str, str]]:
    return ((name, word(told)) for name, told in _table(found).items())


def _how(told: object) -> str:
    """The version that is asked for; LOCAL for what is in a folder, and for what another manifest asks for."""
    table = _table(told)
    if _REMOTE.intersection(table):
        return "*"  # whatever is there
    if table.get("workspace") or _FOLDERS.intersection(table):
        return LOCAL
    return word(table.get("version")) if table else word(told)


def _name(wanted: Wanted, found: object, *, developing: bool = False) -> None:
    for name, told in _table(found).items():
        wanted.spelled[normal("PyPI", name)] = name
        wanted.ask(normal("PyPI", name), _how(told), developing=developing)


def _require(wanted: Wanted, found: object, *, developing: bool = False) -> None:
    """The names in a list of requirements, as PEP 508 writes them."""
    for text in words(found) if isinstance(found, list) else ():
        if match := _NAME.match(text):
            wanted.spelled[normal("PyPI", match[1])] = match[1]
            wanted.ask(normal("PyPI", match[1]), match[2].strip() or "*", developing=developing)
