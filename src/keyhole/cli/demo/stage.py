"""Showing the demo: one line a step as it ends, with its time and what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyhole.core.errors import KeyholeError

if TYPE_CHECKING:
    from keyhole.cli.demo.world import World

Step = Callable[["World"], str]
"""Does one thing and returns what came of it; the first line of its docstring is its title."""


class StepFailed(KeyholeError):
    """A step did not come out as it must."""


class Stage:
    """Plays steps and remembers how each went."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._started = time.monotonic()
        self._failed = False
        self.record: list[dict[str, Any]] = []
        """One entry a step: name, ok, seconds, detail."""

    @property
    def ok(self) -> bool:
        """Whether every step truly happened."""
        return bool(self.record) and not self._failed

    @property
    def seconds(self) -> float:
        """Time since the beginning."""
        return time.monotonic() - self._started

    def play(self, step: Step, world: World) -> None:
        """Run one step. Raises StepFailed when it does not come out as it must."""
        title = (step.__doc__ or "").splitlines()[0].rstrip(".")
        begun = time.monotonic()
        try:
            detail, problem = step(world), None
        except StepFailed as failure:
            detail, problem = failure.message, failure
        took = time.monotonic() - begun
        self.record.append(
            {
                "name": step.__name__,
                "title": title,
                "ok": problem is None,
                "seconds": round(took, 3),
                "detail": detail,
            }
        )
        self._show(title, detail, took, problem is None)
        if problem is not None:
            self._failed = True
            raise problem

    def _show(self, title: str, detail: str, took: float, ok: bool) -> None:
        if self._quiet:
            return
        sign = click.style("ok  ", fg="green") if ok else click.style("FAIL", fg="red")
        click.echo(f"{sign} {len(self.record):2}. {title}  {click.style(f'{took:.2f} s', dim=True)}")
        for line in detail.splitlines():
            click.echo(f"         {line}")

    def curtain(self, kept: Path | None) -> str:
        """The last words: how it went and how to go on in the browser."""
        if not self.ok:
            return f"\nStopped after {self.seconds:.1f} s: the last step did not come out as it must."
        program = sys.argv[0] if Path(sys.argv[0]).name == "keyhole" else "keyhole"
        again = f"{program} up --data {kept}" if kept else f"{program} up"
        return (
            f"\nThe whole way took {self.seconds:.1f} s.\n"
            f"Open it in the browser: run `{again}` and follow the link it prints."
        )
