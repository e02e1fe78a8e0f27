"""What the process of a scan does before it knows what to scan: it imports, compiles and opens what it will need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keyhole.core.secret import Secret
from keyhole.scanners.interface import Examiner, GetsReady, Tools, TreeExaminer
from keyhole.scanners.kept import Kept
from keyhole.scanners.keyed import keyed_digest
from keyhole.scanners.lazily import compile_while
from keyhole.scanners.programs.configured import Configured, configure
from keyhole.scanners.registry import named
from keyhole.scanners.secrets import own

Idle = Callable[[], bool]
"""Tells whether there is nothing else to do yet."""


def get_ready(*, whole: bool, idle: Idle) -> None:
    """Imports what nearly every scan will need, of the whole history or not; while `idle` what only some will, too."""
    import keyhole.scanners.secrets.engine  # noqa: PLC0415  # here that is the point

    if not whole:
        return
    import keyhole.scanners.past  # noqa: PLC0415

    if idle():
        # A server's process waits for long, and so for what few repositories have.
        import keyhole.scanners.archives.openers  # noqa: PLC0415
        import keyhole.scanners.joining  # noqa: F401, PLC0415


class Ready:
    """What scans are done with, and the scanners that need to know nothing else to be opened."""

    def __init__(self, means: Mapping[str, Any]) -> None:
        """`means` are those that `child` tells first."""
        key = Secret(means["hmac_secret"])
        configure(Configured.from_json(means["programs"]))
        own.use(means["own_rules"])
        kept = Kept(means["kept"], key) if means["kept"] else None
        self.tools = Tools(keyed_digest(key), kept=kept, code=means["code"])
        self.opened: dict[str, Examiner | TreeExaminer] = {
            name: named(name).open(self.tools) for name in means["opened"]
        }

    def go_on(self, idle: Idle) -> None:
        """Makes ready, as long as it is `idle`, what would else be made when it is first used."""
        for each in self.opened.values():
            if isinstance(each, GetsReady):
                each.get_ready(idle)
        compile_while(idle)
