"""Where submodules come from, as `.gitmodules` tells it; nothing is ever fetched from there."""

from __future__ import annotations

from pathlib import Path

from keyhole.gateway.rest.gitread.process import output
from keyhole.gateway.rest.gitread.trees import entry_at
from keyhole.providers.gitcli import GitError


async def url_of(git_dir: Path, tree: str, path: str) -> str | None:
    """The address of the submodule at `path`; None when `.gitmodules` does not tell."""
    file = await entry_at(git_dir, tree, ".gitmodules")
    if file is None or not file.mode.startswith("100"):
        return None
    try:
        # --no-includes: an include would read a file of this machine.
        out = await output(
            git_dir, "config", f"--blob={file.oid}", "--no-includes", "-z", "--list", limit=1 << 20
        )
    except GitError:  # not a configuration file
        return None
    settings = dict(record.partition("\n")[::2] for record in out.decode("utf-8", "replace").split("\0"))
    name = next(
        (
            key.removesuffix(".path")
            for key, value in settings.items()
            if key.startswith("submodule.") and key.endswith(".path") and value == path
        ),
        None,
    )
    return settings.get(f"{name}.url") if name is not None else None
