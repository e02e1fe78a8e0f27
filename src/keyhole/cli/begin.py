"""What `keyhole` runs first: a scan's process makes itself ready while the command line does."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # what `signal` is made of, and loaded before anything
import os
import sys


def _stopped(_number: int, _frame: object) -> None:
    """Ends the process while it only begins: an exception would come up in the middle of somebody's import."""
    try:
        os.write(2, b"\nStopped.\n")
    finally:
        os._exit(130)


_STOPS = signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""Whether Ctrl-C is for us: whoever started us may have it ignored."""
if _STOPS:
    signal.signal(
        signal.SIGINT, _stopped
    )  # already here, as what imports this does more before it calls `main`


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _stand_in_for_closed_streams()
    # Whoever started us may ignore it, and then nobody would learn how a process of ours ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    command, *rest = sys.argv[1:] or [""]
    of_folder = command == "scan" and any(map(os.path.isdir, rest))
    if of_folder:
        import gc

        from keyhole.scanners.early import HEAD, start_early

        gc.disable()  # one scan leaves little of it, and looking for it takes as long as scanning a small project
        start_early(*([HEAD] if "--head" in rest else []))
    from keyhole.cli.main import main as command_line

    if _STOPS:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command_line()
    except SystemExit as ended:
        if of_folder:
            _end_at_once(ended)
        raise


def _end_at_once(ended: SystemExit) -> None:
    """Ends the process without taking Python to pieces, which takes a while, unless there is still something to say.

    Not for other commands: a database is closed that way.
    """
    from keyhole.scanners.early import forgotten

    forgotten()
    if ended.code is None or isinstance(ended.code, int):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code or 0)


def _stand_in_for_closed_streams() -> None:
    """Puts the null device in the place of a standard stream that is closed.

    Else the next file or pipe that is opened would get its number, and what is meant for the stream.
    """
    if sys.stdin is None:
        sys.stdin = open(_nothing(), encoding="utf-8")  # noqa: SIM115  # stays open, as all three do
    if sys.stdout is None:
        sys.stdout = open(_nothing(), "w", encoding="utf-8", errors="replace")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(_nothing(), "w", encoding="utf-8", errors="replace")  # noqa: SIM115


def _nothing() -> int:
    """The null device under the lowest number that is free, for the programs that are started, too."""
    number = os.open(os.devnull, os.O_RDWR)
    os.set_inheritable(number, True)
    return number
