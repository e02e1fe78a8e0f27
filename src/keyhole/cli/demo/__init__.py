"""`keyhole demo`: the whole way on one real repository, each step done for real by a client of a real server."""

from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import FrameType

import click

from keyhole.cli.demo import guide
from keyhole.cli.demo.stage import Stage, StepFailed
from keyhole.cli.demo.steps import STEPS
from keyhole.cli.demo.world import World
from keyhole.cli.output import json_option, say_json


@click.command("demo")
@click.argument("repository", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    default=None,
    help="Keep the demo's data in this folder, to open in the browser afterwards.",
)
@json_option
def command(repository: Path, keep: Path | None, as_json: bool) -> None:
    """Walk the whole way on a Git REPOSITORY: token, gateway, refusals, code scan, revocation; then the guide for
    GitHub, with a sandbox in its place: plan, token, check, connection, scan, revocation there; then the audit log.

    REPOSITORY is copied and never changed. No account and no network is needed.
    """
    signal.signal(signal.SIGTERM, _leave)
    stage = Stage(quiet=as_json)
    with (
        tempfile.TemporaryDirectory(prefix="keyhole-demo-") as scratch,
        World(Path(scratch), keep.resolve() if keep else None, repository.resolve()) as world,
        suppress(StepFailed),  # shown as it happened; the last words and the exit code say it again
    ):
        for step in (*STEPS[:-1], *guide.STEPS, STEPS[-1]):
            stage.play(step, world)
    if as_json:
        say_json({"ok": stage.ok, "seconds": round(stage.seconds, 2), "steps": stage.record})
    else:
        click.echo(stage.curtain(keep))
    sys.exit(0 if stage.ok else 1)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Told to end, it ends what it started, too: its server would go on for ever."""
    sys.exit(128 + number)
