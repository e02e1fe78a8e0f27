"""Python's lock files in TOML: poetry, uv, pdm, and the common one.

Formats: https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock, https://docs.astral.sh/uv,
https://pdm-project.org, https://packaging.python.org/specifications/pylock-toml/.
"""

from __future__ import annotations

from typing import Any

from keyhole.scanners.dependencies.documents import objects, toml_in, word
from keyhole.scanners.dependencies.package import Lines, Package, Packages

NAMES = ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "pylock.*.toml")
_OWN = ("editable", "virtual", "directory", "path")


def read(content: bytes) -> Packages:
    """Packages from an index; those of the repository itself are not."""
    document = toml_in(content)
    lines = Lines(content)
    for entry in (*objects(document.get("package")), *objects(document.get("packages"))):
        name = word(entry.get("name"))
        line = lines.of(f'name = "{name}"')
        if name and not _of_the_repository(entry):
            yield Package("PyPI", name, word(entry.get("version")), line, entry.get("category") == "dev")


def _of_the_repository(entry: dict[str, Any]) -> bool:
    source = entry.get("source")
    own = isinstance(source, dict) and (
        source.get("type") == "directory" or any(key in source for key in _OWN)
    )
    return own or "directory" in entry
