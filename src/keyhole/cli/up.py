"""`keyhole up`: start everything, embedded."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from keyhole.core.errors import InvalidInput


@click.command("up")
@click.option(
    "--data", type=click.Path(path_type=Path), default=None, help="Data folder; overrides KEYHOLE_DATA."
)
@click.option(
    "--listen", metavar="HOST:PORT", default=None, help="Overrides KEYHOLE_LISTEN (127.0.0.1:8470)."
)
def command(data: Path | None, listen: str | None) -> None:
    """Start Keyhole: gateway, pages and jobs in one process, until stopped with Ctrl-C.

    The first time it prints a one-time link that makes you the first user.
    """
    if data is not None:
        os.environ["KEYHOLE_DATA"] = str(data.expanduser().resolve())
    if listen is not None:
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal():
            raise InvalidInput(f"{listen!r} is not HOST:PORT.", hint="For example --listen 127.0.0.1:8470")
        os.environ["KEYHOLE_LISTEN"] = listen
    # In place of this process, not below it: signals, exit code and memory are then the server's own.
    os.execv(sys.executable, [sys.executable, "-m", "keyhole.server"])  # noqa: S606 - ourselves, no shell
