"""What happens with a scan's findings once they are stored and before the scan counts as ended.

The rooms above add their part here, so that this one need not know them: each part is a durable step of the scan's
job, run in the order given, and again from its beginning if the process dies in it. So it does what may be done
twice. A part that fails ends the scan as failed, with the reason. What speaks to the network is no part of a scan,
but a job of its own that a part may enqueue.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from keyhole.jobs import step

if TYPE_CHECKING:
    from keyhole.scans.models import Scan

Part = Callable[["Scan"], None]

_offered: set[str] = set()
_parts: dict[str, tuple[int, Part]] = {}


def offer_afterwards(module: str) -> None:
    """Names a module that has parts. It is imported when a scan needs them, not at every start-up."""
    _offered.add(module)


def afterwards(*, order: int) -> Callable[[Part], Part]:
    """Registers the decorated function as a part. Its name is stored with the job, so it never changes."""

    def register(function: Part) -> Part:
        known = _parts.get(function.__name__)
        if known is not None and known[1].__module__ != function.__module__:
            raise ValueError(f"two parts are called {function.__name__!r}")
        _parts[function.__name__] = (order, function)
        return function

    return register


def run_parts(row: int) -> None:
    """Runs each part as a step of the job that calls it."""
    for module in sorted(_offered):
        import_module(module)
    for _, part in sorted(_parts.values(), key=lambda each: (each[0], each[1].__name__)):
        _as_step(part)(row)


def _as_step(part: Part) -> Callable[[int], None]:
    from keyhole.scans.models import Scan, Stage, State  # noqa: PLC0415 - rooms offer before Django has models

    def run(row: int) -> None:
        scan = Scan.objects.select_related("repository__owner", "environment").filter(pk=row).first()
        if scan is None or scan.state != State.RUNNING or scan.stop_requested:
            return
        Scan.objects.filter(pk=row).update(stage=Stage.CONCLUDE)
        part(scan)

    run.__name__ = part.__name__
    return step(run)
