"""Requirements files of pip, with pinned versions.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Other files that one names (`-r`, `-c`) are
files of the repository, too, and read when their turn comes: each is told, so that one that never has its turn is not
passed over. So is what comes from an address or a folder, which has no version that could be compared; what a folder of
the repository asks for is said by files of its own, or by none.

pip-compile and uv note beside each package what asks for it, in a comment that begins with `via`; in files without such
notes every line may be direct or not.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field

from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import UNKNOWN, Malformed, Package, Packages, text_of
from keyhole.scanners.lazily import pattern

NAMES = (
    "requirements*.txt",
    "*requirements.txt",
    "constraints*.txt",
    "requirements*.lock",
    "requirements/*.txt",
    "*/requirements/*.txt",
)
_COMMENT = pattern(r"(^|\s)#.*$")
_PINNED = pattern(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*+(?:\[[^\]]*+\])?\s*+(?:===?\s*+(?P<version>[^\s;,#\\]+)(?P<rest>[^;]*))?"
)
_FILE = pattern(r"(?:-[rc]\s*+|--(?:requirement|constraint)(?:\s*+=\s*+|\s++))[\"']?([^\s\"']++).*")
_EDITABLE = pattern(r"(?:-e\s*+|--editable(?:\s*+=\s*+|\s++))[\"']?([^\s\"']++).*")
_ARCHIVED = r"\.(?:whl|zip|tgz|tar\.\w+)"
_PLACE = pattern(
    r"""[^\s;@\[=<>!~/]*+/|\.|file:|(?:git|hg|svn|bzr)\+|[^\s;@\[=<>!~]+"""
    rf"{_ARCHIVED}(?:[\s;#\[]|$)"
)
"""What begins so is no name."""
_EGG = pattern(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_ARCHIVE = pattern(
    rf"([A-Za-z0-9][A-Za-z0-9._]*+(?:-[A-Za-z_][A-Za-z0-9._]*+)*+)-[0-9].*{_ARCHIVED}", re.DOTALL
)
_ADDRESS = pattern(r"(?:[a-z+]+:)?(?://)?(?:[^/]*@)?([^?#]*).*", re.DOTALL)
_VIA = pattern(r"\s*#\s*via\b(.*)")
_MORE = pattern(r"\s*#\s{2,}(\S.*)")
_BESIDE = pattern(r"\s#\s*via\b(.*)$")
_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(slots=True)
class _Line:
    package: Package
    via: list[str] = field(default_factory=list)


def read(content: bytes) -> Packages:
    """Every requirement, and every file that is to be read besides; those without one exact version come with none."""
    found: list[_Line] = []
    files: list[Package] = []
    noting = False
    for number, line in enumerate(_text(content).splitlines(), 1):
        if found and (via := _VIA.fullmatch(line) or (_MORE.fullmatch(line) if noting else None)):
            noting = True
            _note(found[-1], via[1])
            continue
        noting = False
        package = _package(_COMMENT.sub("", line).strip(), number)
        if package is not None and package.listed_in:
            files.append(package)
        elif package is not None:
            found.append(_Line(package))
            if via := _BESIDE.search(line):
                _note(found[-1], via[1])
    yield from (
        (each.package for each in found) if not any(each.via for each in found) else _with_standing(found)
    )
    yield from files


def _text(content: bytes) -> str:
    """As pip reads it: what PowerShell writes by `pip freeze > requirements.txt` is UTF-16."""
    if not content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return text_of(content)
    try:
        return content.decode("utf-16")
    except UnicodeDecodeError:
        raise Malformed("not UTF-16 text") from None


def _package(plain: str, number: int) -> Package | None:
    if plain.startswith("-"):
        return _by_option(plain, number)
    match = _PINNED.match(plain)
    if (match is None or not match["version"]) and _PLACE.match(plain):
        return _placed(plain.split(maxsplit=1)[0], number)
    if match is None:
        return None
    exact = match["version"] and "," not in (match["rest"] or "") and "*" not in match["version"]
    return Package("PyPI", match["name"], match["version"] if exact else "", number)


def _by_option(plain: str, number: int) -> Package | None:
    if file := _FILE.fullmatch(plain):
        place = file[1] if "://" not in file[1] else _shown(file[1])
        return Package("PyPI", place, "", number, listed_in=file[1])
    editable = _EDITABLE.fullmatch(plain)
    return _placed(editable[1], number) if editable else None


def _placed(text: str, number: int) -> Package:
    """What comes from an address or a path."""
    named = _EGG.search(text) or _ARCHIVE.fullmatch(_shown(text).rpartition("/")[2])
    package = Package("PyPI", named[1] if named else _shown(text), "", number)
    folder = text.partition("#")[0].partition("[")[0].removeprefix("file:").removeprefix("//")
    return package if ":" in folder else package._replace(folder=folder, alone=True)


def _shown(text: str) -> str:
    """An address without scheme, query, and who may fetch it, which can be a password; a path as it is."""
    match = _ADDRESS.fullmatch(text)
    return (match[1] if match else "") or "an address"


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
        yield each.package._replace(relation=known.relation, via=known.via)
