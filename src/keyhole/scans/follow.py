"""Watching a scan until it ends, from a command line: with a server at work, or without one."""

from __future__ import annotations

import time
from collections.abc import Iterator

from keyhole.core.caller import Caller
from keyhole.jobs import engine
from keyhole.scans import services
from keyhole.scans.models import Scan

_LOOK_EVERY = 0.2
_CHECK_WORKERS_EVERY = 2.0


def follow(caller: Caller, scan_id: int) -> Iterator[Scan]:
    """The scan as it is, several times a second, the last time when it has ended.

    If no worker is alive, this process becomes one for as long as it takes: the scan is the same durable job then,
    and a server started later goes on with what this process leaves. Closing the iterator lets go of the scan
    without stopping it; for that there is `services.stop`.
    """
    began_here = False
    next_check = 0.0
    try:
        while True:
            scan = services.get(caller, scan_id)
            yield scan
            if scan.finished:
                return
            if time.monotonic() >= next_check:
                next_check = time.monotonic() + _CHECK_WORKERS_EVERY
                if not engine.somebody_works():
                    engine.start()
                    began_here = True
            time.sleep(_LOOK_EVERY)
    finally:
        if began_here:
            engine.stop()
