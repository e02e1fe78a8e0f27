"""Planted secrets, and the search for them after the whole run.

A test that handles a secret registers it (`plant` makes a unique one, `watch` takes one that Keyhole made). When
every test of the run has ended, each file below the run's folder and everything that pytest captured is searched for
every registered secret, as it is and as hexadecimal, base64 and URL encoding would write it. One hit fails the run.

Who may hold a secret in plain text - the repository under test, a credential file of a git client - is put below a
folder named `planted`, which the search leaves out. That list is the folder's name, so that it stays short and seen.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import hyperscan

RUN_FOLDER = "PYTEST_KEYHOLE_RUN"
"""Environment variable with the folder of this test run: set by the first process, inherited by the others."""
EXEMPT = "planted"
"""Name of the folders that the search leaves out."""

_CHUNK = 1 << 26
_SHORTEST = 12


@dataclass(frozen=True, slots=True)
class Leak:
    """One secret found where no secret may be."""

    name: str
    """What the secret was registered as."""
    place: Path
    """The file that holds it."""
    spelling: str
    """How it is written there: plain, hex, base64 or url."""

    def __str__(self) -> str:
        return f"{self.name}: {self.spelling} in {self.place}"


def run_folder() -> Path:
    """The folder of this test run, below which everything that tests and servers write must land."""
    return Path(os.environ[RUN_FOLDER])


def plant(name: str) -> str:
    """A new secret, unlike any other, that must not be found outside `planted` folders when the run ends."""
    return watch(name, f"canary-{secrets.token_urlsafe(24)}")


def watch(name: str, text: str) -> str:
    """Registers a secret that was made elsewhere, such as a generated token; returns it as it is."""
    if len(text) < _SHORTEST:
        raise ValueError(f"{name}: a secret of fewer than {_SHORTEST} characters would be found by chance")
    register = run_folder() / EXEMPT / "canaries.jsonl"
    register.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"name": name, "text": text}) + "\n"
    descriptor = os.open(register, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())  # one write of one line: workers may append at the same time
    finally:
        os.close(descriptor)
    return text


def registered(run: Path) -> dict[str, str]:
    """All secrets of the run: text -> name."""
    register = run / EXEMPT / "canaries.jsonl"
    if not register.exists():
        return {}
    lines = (json.loads(line) for line in register.read_text().splitlines())
    return {line["text"]: line["name"] for line in lines}


def search(run: Path) -> list[Leak]:
    """Every place below `run` where a registered secret can be read."""
    needles = [
        (needle, name, spelling)
        for text, name in registered(run).items()
        for needle, spelling in _spellings(text)
    ]
    if not needles:
        return []
    # One pass over the files for all needles at once: Python's own alternation takes 4 s per MB for 1,000 secrets.
    database = hyperscan.Database()
    database.compile(
        expressions=[needle for needle, _, _ in needles],
        ids=list(range(len(needles))),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(needles),
        elements=len(needles),
        literal=True,
    )
    longest = max(len(needle) for needle, _, _ in needles)
    return [
        Leak(needles[found][1], place, needles[found][2])
        for place in _files(run)
        for found in sorted(_occurrences(place, database, longest))
    ]


def _spellings(text: str) -> list[tuple[bytes, str]]:
    raw = text.encode()
    found = [(raw, "plain"), (raw.hex().encode(), "hex"), (raw.hex().upper().encode(), "hex")]
    for before in range(3):
        # What stands before the secret shifts base64 by 0, 1 or 2 bytes; only characters that the secret alone
        # decides are kept.
        encoded = base64.b64encode(b"\0" * before + raw)
        whole = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        found += [(whole, "base64"), (whole.replace(b"+", b"-").replace(b"/", b"_"), "base64")]
    if (escaped := quote(text, safe="")) != text:
        found.append((escaped.encode(), "url"))
    return found


def _files(run: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(run):
        folders[:] = [name for name in folders if name != EXEMPT]
        paths = (Path(folder, name) for name in files)
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _occurrences(place: Path, database: hyperscan.Database, longest: int) -> set[int]:
    found: set[int] = set()

    def note(needle: int, *_where: object) -> None:
        found.add(needle)

    with place.open("rb") as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            database.scan(tail + chunk, match_event_handler=note)
            tail = chunk[-longest:]
    return found
