"""What the conventions look at: the files of this checkout, and the sources as syntax trees."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "keyhole"


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or would be committed; generated and ignored ones are nobody's style."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    paths = (ROOT / name.decode() for name in listing.split(b"\0") if name)
    return tuple(sorted({path for path in paths if path.is_file() and not path.is_symlink()}))


@cache
def sources() -> tuple[Path, ...]:
    """Every Python file that is shipped."""
    return tuple(path for path in files() if path.suffix == ".py" and path.is_relative_to(SOURCE))


def written_sources() -> tuple[Path, ...]:
    """The shipped Python files that a person wrote: Django writes the migrations."""
    return tuple(path for path in sources() if "migrations" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    """Readable in a failure: the path from the root of the checkout."""
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """Full names of the modules, and of the things in modules, that a file imports."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found
