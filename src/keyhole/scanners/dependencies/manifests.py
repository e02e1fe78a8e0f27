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

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(slots=True)
class Wanted:
    """Names that are asked for, each with how; an empty text where that does not matter."""

    direct: dict[str, str] = field(default_factory=dict)
    developing: dict[str, str] = field(default_factory=dict)


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


def npm_wanted(manifests: Manifests) -> Wanted | None:
    """By `package.json`, with the range that is asked for."""
    return _from(manifests, "package.json", _take_npm)


def _take_npm(content: bytes, wanted: Wanted) -> None:
    document = json_in(content)
    for kind in ("dependencies", "optionalDependencies", "peerDependencies"):
        wanted.direct.update(_texts(document.get(kind)))
    wanted.developing.update(_texts(document.get("devDependencies")))


def composer_wanted(manifests: Manifests) -> Wanted | None:
    """By `composer.json`."""
    return _from(manifests, "composer.json", _take_composer)


def _take_composer(content: bytes, wanted: Wanted) -> None:
    document = json_in(content)
    wanted.direct.update((name.lower(), "") for name in words(document.get("require")))
    wanted.developing.update((name.lower(), "") for name in words(document.get("require-dev")))


def python_wanted(manifests: Manifests) -> Wanted | None:
    """By `pyproject.toml`: the standard's own tables, those of dependency groups, and those of Poetry and PDM."""
    return _from(manifests, "pyproject.toml", _take_python)


def _take_python(content: bytes, wanted: Wanted) -> None:
    document = toml_in(content)
    project, tool = _table(document.get("project")), _table(document.get("tool"))
    poetry, pdm = _table(tool.get("poetry")), _table(tool.get("pdm"))
    wanted.direct.update(_required(project.get("dependencies")))
    for extra in _table(project.get("optional-dependencies")).values():
        wanted.direct.update(_required(extra))
    wanted.direct.update(_named(poetry.get("dependencies")))
    wanted.developing.update(_named(poetry.get("dev-dependencies")))
    for group in _table(poetry.get("group")).values():
        wanted.developing.update(_named(_table(group).get("dependencies")))
    groups = (
        *_table(document.get("dependency-groups")).values(),
        *_table(pdm.get("dev-dependencies")).values(),
    )
    for group in (*groups, _table(tool.get("uv")).get("dev-dependencies")):
        wanted.developing.update(_required(group))
    wanted.direct.pop("python", None)  # the interpreter, as Poetry writes it


def pipfile_wanted(manifests: Manifests) -> Wanted | None:
    """By `Pipfile`."""
    return _from(manifests, "Pipfile", _take_pipfile)


def _take_pipfile(content: bytes, wanted: Wanted) -> None:
    document = toml_in(content)
    wanted.direct.update(_named(document.get("packages")))
    wanted.developing.update(_named(document.get("dev-packages")))


def cargo_wanted(manifests: Manifests) -> Wanted | None:
    """By `Cargo.toml`, under the names of the packages themselves."""
    return _from(manifests, "Cargo.toml", _take_cargo)


def _take_cargo(content: bytes, wanted: Wanted) -> None:
    document = toml_in(content)
    targets = map(_table, _table(document.get("target")).values())
    for table in (document, _table(document.get("workspace")), *targets):
        for kind in ("dependencies", "build-dependencies"):
            wanted.direct.update(_crates(table.get(kind)))
        wanted.developing.update(_crates(table.get("dev-dependencies")))


def _crates(found: object) -> Iterable[tuple[str, str]]:
    for name, told in _table(found).items():
        yield word(_table(told).get("package")) or name, ""


_GEM = re.compile(r"""\s*gem[\s(]+["']([^"']+)["'](.*)""")
_GROUP = re.compile(r"\s*group\b(.*)\bdo\b")
_BLOCK = re.compile(r"\s*(?:\w.*\bdo\b(?:\s*\|[^|]*\|)?|(?:if|unless|case|begin)\b.*)\s*")
_DEVELOPING = re.compile(r"\b(?:development|test|dev|ci|lint|docs?)\b")


def gem_developing(manifests: Manifests) -> set[str]:
    """Gems that a `Gemfile` asks for in groups for developing and testing alone."""
    developing: set[str] = set()
    others: set[str] = set()
    for content in (*manifests.get("Gemfile", ()), *manifests.get("gems.rb", ())):
        blocks: list[bool] = []
        try:
            lines = text_of(content).splitlines()
        except Malformed:
            continue
        for line in lines:
            plain = line.partition("#")[0]
            if gem := _GEM.match(plain):
                grouped = "group" in gem[2] and bool(_DEVELOPING.search(gem[2].partition("group")[2]))
                (developing if grouped or any(blocks) else others).add(gem[1])
            elif group := _GROUP.match(plain):
                blocks.append(bool(_DEVELOPING.search(group[1])))
            elif _BLOCK.fullmatch(plain):
                blocks.append(False)
            elif plain.strip() == "end" and blocks:
                blocks.pop()
    return developing - others


_MIX = re.compile(r"\{\s*:(\w+)\s*,([^{}]*)\}")
_ONLY = re.compile(r"\bonly:\s*(\[[^\]]*\]|:\w+)")


def mix_wanted(manifests: Manifests) -> Wanted | None:
    """By `mix.exs`, which is a program and is not run: by what its list of dependencies looks like."""
    return _from(manifests, "mix.exs", _take_mix)


def _take_mix(content: bytes, wanted: Wanted) -> None:
    for match in _MIX.finditer(text_of(content)):
        only = _ONLY.search(match[2])
        developing = only is not None and ":prod" not in only[1]
        (wanted.developing if developing else wanted.direct)[match[1]] = ""


_PAKET = re.compile(r"\s*(?:nuget|clitool)\s+(\S+)", re.IGNORECASE)


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


def _named(found: object) -> Iterable[tuple[str, str]]:
    return ((normal("PyPI", name), "") for name in _table(found))


def _required(found: object) -> Iterable[tuple[str, str]]:
    """The names in a list of requirements, as PEP 508 writes them."""
    for text in words(found) if isinstance(found, list) else ():
        if match := _NAME.match(text):
            yield normal("PyPI", match[1]), ""
