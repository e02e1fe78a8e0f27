"""Go's module file, which since Go 1.17 names every module that is built in, and the toolchain.

Format: https://go.dev/ref/mod#go-mod-file. Of a replaced module the replacement counts.
"""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.package import Package, Packages, leaves, text_of
from keyhole.scanners.lazily import pattern

NAMES = ("go.mod",)
_BLOCK = pattern(r"(\w++)\s*+\($")
_COMMENT = pattern(r"//.*$")
_INDIRECT = pattern(r"//\s*indirect\b")


def read(content: bytes) -> Packages:
    """Required modules, and `stdlib` at the version of the toolchain or else of the `go` line."""
    required: dict[str, Package] = {}
    replaced: list[tuple[str, list[str]]] = []
    block = toolchain = ""
    for number, line in enumerate(text_of(content).splitlines(), 1):
        plain = _COMMENT.sub("", line).strip()
        if opened := _BLOCK.fullmatch(plain):
            block = opened[1]
            continue
        if plain == ")":
            block = ""
            continue
        words = [block, *plain.split()] if block else plain.split()
        match words:
            case ["require", module, version]:
                relation = Relation.TRANSITIVE if _INDIRECT.search(line) else Relation.DIRECT
                name = module.strip('"')
                required[name] = Package("Go", name, version, number, relation=relation)
            case ["replace", module, *rest] if "=>" in rest:
                replaced.append((module.strip('"'), rest[rest.index("=>") + 1 :]))
            case ["go", version] if not toolchain:
                required["stdlib"] = _stdlib(version, number)
            case ["toolchain", name] if name.startswith("go"):
                toolchain = name
                required["stdlib"] = _stdlib(name.removeprefix("go"), number)
    for module, by in replaced:
        _replace(required, module, by)
    yield from required.values()


def mentioned(content: bytes) -> frozenset[str]:
    """All words in it: its own module, what it requires, what it replaces and by what."""
    words = {word for line in text_of(content).splitlines() for word in _COMMENT.sub("", line).split()}
    return frozenset(word.strip('"') for word in words)


def language(content: bytes) -> str:
    """The version of Go that its `go` line names; empty if it has none."""
    for line in text_of(content).splitlines():
        match _COMMENT.sub("", line).split():
            case ["go", version]:
                return version
    return ""


def _stdlib(version: str, line: int) -> Package:
    return Package("Go", "stdlib", version, line, relation=Relation.DIRECT)


def _replace(required: dict[str, Package], module: str, by: list[str]) -> None:
    old = required.get(module)
    if old is None:
        return
    if len(by) == 2:
        required[module] = Package("Go", by[0].strip('"'), by[1], old.line, relation=old.relation)
    elif by and leaves(folder := by[0].strip('"')):
        required[module] = Package("Go", module, "", old.line, relation=old.relation, folder=folder)
    else:
        del required[module]  # by a folder, which is the repository's own
