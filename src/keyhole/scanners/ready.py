"""What the process of a scan does while there is no order yet: it imports and compiles what a scan will need."""

from __future__ import annotations

import sys

from keyhole.scanners.lazily import compile_while


def get_ready(*, whole: bool) -> None:
    """What nearly every scan will need, of the whole history or not; with time left, what only some will, too."""
    import keyhole.scanners.secrets.engine  # noqa: PLC0415  # here that is the point

    if not whole:
        return
    import keyhole.scanners.past  # noqa: PLC0415

    if _waits():
        # A server's process waits for long, and so for what few repositories have.
        import keyhole.scanners.archives.openers  # noqa: PLC0415
        import keyhole.scanners.joining  # noqa: F401, PLC0415

        compile_while(_waits)


def _waits() -> bool:
    """Whether there is no order yet."""
    import select  # noqa: PLC0415  # who reads the newest commit alone does not ask

    return not select.select([sys.stdin], [], [], 0)[0]
