"""Go's module file, which since Go 1.17 names every module that is built in, and the toolchain.

Format: https://go.dev/ref/mod#go-mod-file. Of a replaced module the replacement counts, if
it replaces every version or the one that is required.
"""

from __future__ import annotations

from collections.abc import Iterator

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.package import Malformed, Package, Packages, leaves, text_of
from keyhole.scanners.lazily import pattern

NAMES = ("go.mod",)
_BLOCK = pattern(r"(\w++)\s*+\($")
_COMMENT = pattern(r"//.*$")
_SAYS = pattern(r"(?m)^\s*+[^\s/]")
_KNOWN = pattern(r"(?m)^\s*+(?:module|go|require|replace)\b")
_CONFLICT = pattern(r"(?m)^<<<<<<<")
_INDIRECT = pattern(r"//\s*indirect\b")


def read(content: bytes) -> Packages:
    """Required modules, and `stdlib` at the version of the toolchain or else of the `go` line."""
    text = text_of(content)
    if _SAYS.search(text) and (_KNOWN.search(text) is None or _CONFLICT.search(text)):
        raise Malformed("not a module file of Go")
    required: dict[str, Package] = {}
    replaced: dict[tuple[str, str], list[str]] = {}
    toolchain = ""
    for number, line, words in _directives(text):
        match words:
            case ["require", module, version]:
                relation = Relation.TRANSITIVE if _INDIRECT.search(line) else Relation.DIRECT
                required[module] = Package("Go", module, version, number, relation=relation)
            case ["replace", module, "=>", by, *version]:
                replaced[module, ""] = [by, *version]
            case ["replace", module, only, "=>", by, *version]:
                replaced[module, only] = [by, *version]
            case ["go", version] if not toolchain:
                required["stdlib"] = _stdlib(version, number)
            case ["toolchain", name] if name.startswith("go"):
                toolchain = name
                # What follows a hyphen names a build of its own of that release, and not one before it.
                required["stdlib"] = _stdlib(name.removeprefix("go").partition("-")[0], number)
    for old in list(required.values()):
        new = replaced.get((old.name, old.version)) or replaced.get((old.name, ""))
        if new is not None:
            _replace(required, old, new)
    yield from required.values()


def _directives(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Number, line and words of each, those in a block with the word before it."""
    block: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        plain = _COMMENT.sub("", line).strip()
        if opened := _BLOCK.fullmatch(plain):
            block = [opened[1]]
        elif plain == ")":
            block = []
        elif plain:
            yield number, line, [*block, *(word.strip('"`') for word in plain.split())]


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


def _replace(required: dict[str, Package], old: Package, by: list[str]) -> None:
    if len(by) == 2:
        required[old.name] = Package("Go", by[0], by[1], old.line, relation=old.relation)
    elif leaves(by[0]):
        required[old.name] = Package("Go", old.name, "", old.line, relation=old.relation, folder=by[0])
    else:
        del required[old.name]  # by a folder, which is the repository's own
