"""A folder for objects that are not yet part of the repository: nothing in it is reachable until it is moved.

git reads it through its environment, the way `git receive-pack` does with its own: new objects go into the folder,
old ones come from the repository. The name is the one that git's own clean-up knows, should Keyhole die meanwhile.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Quarantine:
    """New objects of one push."""

    git_dir: Path
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """Environment of a git process that writes here and reads both."""
        # Quoted, or a colon in the path would name two folders (git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES).
        quoted = str(self.git_dir / "objects").replace("\\", "\\\\").replace('"', '\\"')
        return {"GIT_OBJECT_DIRECTORY": str(self.folder), "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'}

    @property
    def reachable(self) -> Path:
        """List of the objects that the pushed refs bring, one `ID PATH` a line."""
        return self.folder / "reachable"

    @property
    def has_pack(self) -> bool:
        """Whether the objects came as a pack that was kept as one."""
        return any((self.folder / "pack").glob("*.idx"))

    def move_loose(self) -> None:
        """Move the reachable objects into the repository. What no ref brings is left to be deleted."""
        for oid in self._listed():
            source = self.folder / oid[:2] / oid[2:]
            target = self.git_dir / "objects" / oid[:2] / oid[2:]
            if source.exists() and not target.exists():
                target.parent.mkdir(exist_ok=True)
                source.rename(target)

    def _listed(self) -> Iterator[str]:
        with self.reachable.open("rb") as lines:
            for line in lines:
                yield line.split(b" ", 1)[0].strip().decode("ascii")


@asynccontextmanager
async def quarantine(git_dir: Path) -> AsyncIterator[Quarantine]:
    """A new quarantine, deleted with everything in it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tmp_objdir-incoming-", dir=git_dir / "objects"))
    try:
        (folder / "pack").mkdir()
        yield Quarantine(git_dir, folder)
    finally:
        # Shielded: a client that goes away must not leave its objects behind.
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, True))
