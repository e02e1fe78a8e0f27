"""Requirements files of pip, with pinned versions.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Other files that one names (`-r`, `-c`) are
files of the repository, too, and read when their turn comes. pip-compile and uv note beside each package what asks for
it, in a comment that begins with `via`; in files without such notes every line may be direct or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import UNKNOWN, Package, Packages, text_of
from keyhole.scanners.lazily import pattern

NAMES = ("requirements*.txt", "*requirements.txt", "constraints*.txt", "requirements*.lock")
_COMMENT = pattern(r"(^|\s)#.*$")
_PINNED = pattern(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*+(?:\[[^\]]*+\])?\s*+(?:===?\s*+(?P<version>[^\s;,#\\*]+)(?P<rest>[^;]*))?"
)
_VIA = pattern(r"\s*#\s*via\b(.*)")
_MORE = pattern(r"\s*#\s{2,}(\S.*)")
_BESIDE = pattern(r"\s#\s*via\b(.*)$")
_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(slots=True)
class _Line:
    package: Package
    via: list[str] = field(default_factory=list)


def read(content: bytes) -> Packages:
    """Every requirement that has a name; those without one exact version come with none."""
    found: list[_Line] = []
    noting = False
    for number, line in enumerate(text_of(content).splitlines(), 1):
        if found and (via := _VIA.fullmatch(line) or (_MORE.fullmatch(line) if noting else None)):
            noting = True
            _note(found[-1], via[1])
            continue
        noting = False
        package = _package(line, number)
        if package is not None:
            found.append(_Line(package))
            if via := _BESIDE.search(line):
                _note(found[-1], via[1])
    yield from (
        (each.package for each in found) if not any(each.via for each in found) else _with_standing(found)
    )


def _package(line: str, number: int) -> Package | None:
    plain = _COMMENT.sub("", line).strip()
    if not plain or plain.startswith("-") or "://" in plain.partition(";")[0].partition("@")[0]:
        return None
    match = _PINNED.match(plain)
    if match is None:
        return None
    exact = match["version"] and "," not in (match["rest"] or "")
    return Package("PyPI", match["name"], match["version"] if exact else "", number)


def _note(line: _Line, text: str) -> None:
    line.via += filter(None, (each.strip() for each in text.split(",")))


def _with_standing(found: list[_Line]) -> Packages:
    """A file that is noted (`-r requirements.in`, `app (pyproject.toml)`) is no package: what it asks for is direct."""
    asks: dict[str, list[str]] = {normal("PyPI", each.package.name): [] for each in found}
    direct = []
    for each in found:
        name = normal("PyPI", each.package.name)
        for by in each.via:
            asking = normal("PyPI", by) if _NAME.fullmatch(by) else ""
            if asking in asks:
                asks[asking].append(name)
            else:
                direct.append(name)
    standing = standings(asks, lambda name: name, direct)
    for each in found:
        known = standing.get(normal("PyPI", each.package.name), UNKNOWN)
        package = each.package
        yield Package(
            "PyPI", package.name, package.version, package.line, relation=known.relation, via=known.via
        )
