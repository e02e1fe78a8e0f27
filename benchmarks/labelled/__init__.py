"""The labelled lines that the accuracy of secret scanners is measured on: read, and written out as files.

`*.txt` beside this file hold templates, a kind before each; `@@ NAME` begins a file. Each line is made several times,
so that nothing in the repository looks like a leak and a scanner that knows one value gains nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from keyhole.scanners.secrets.shapes import make

FOLDER = Path(__file__).parent
NONE = "none"
VARIANTS = 4
"""How often each line is made."""
_SHAPE = re.compile(r"<(?!(?:alnum|hex|uphex|lower|upper|lownum|upnum|digit|base64|url64|bytes|crc32)[:>])")
_HIDDEN = "\x01"


@dataclass(frozen=True, slots=True)
class Line:
    """One made line."""

    source: str
    """Name of the list it is from."""
    file: str
    """Name of the file it stands in."""
    number: int
    """From 1."""
    kind: str
    text: str

    @property
    def suffix(self) -> str:
        """What sort of file it stands in."""
        return Path(self.file).suffix or Path(self.file).name


def lines() -> list[Line]:
    """Every made line of every list."""
    return [line for path in sorted(FOLDER.glob("*.txt")) for line in _of(path)]


def write(made: list[Line], folder: Path) -> None:
    """Writes the files, one folder for each list."""
    files: dict[Path, list[str]] = {}
    for line in made:
        files.setdefault(folder / line.source / line.file, []).append(line.text)
    for path, texts in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(texts) + "\n")


def _of(path: Path) -> list[Line]:
    found: list[Line] = []
    file, number = "", 0
    for written in path.read_text("utf-8").splitlines():
        if written.startswith("@@ "):
            file, number = written[3:], 0
        elif written and not written.startswith("#"):
            kind, _, template = written.partition("| ")
            found += [
                Line(path.stem, file, number + made, kind, _made(template, made))
                for made in range(1, VARIANTS + 1)
            ]
            number += VARIANTS
    return found


def _made(template: str, variant: int) -> str:
    made = make(_SHAPE.sub(_HIDDEN, template.replace("\\n", "\\ n")), variant)
    return made.replace(_HIDDEN, "<").replace("\\ n", "\\n").replace("«", "").replace("»", "")
