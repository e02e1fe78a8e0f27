"""The `keyhole` command. Commands are loaded when asked for, so that `keyhole --help` starts in no time."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from keyhole import __version__
from keyhole.core.errors import KeyholeError, Unavailable

_INFRASTRUCTURE = {
    "__init__",
    "__main__",
    "asking",
    "begin",
    "describe",
    "judging",
    "main",
    "output",
    "reporting",
    "rights",
    "session",
}


class CommandsFromFiles(click.Group):
    """A group whose commands are the modules beside this file: `keyhole api-token` is `cli/api_token.py`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the modules that are commands."""
        stems = {
            path.stem
            for path in Path(__file__).parent.iterdir()
            if path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").exists())
        }
        return sorted(stem.replace("_", "-") for stem in stems - _INFRASTRUCTURE - {"__pycache__"})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None when there is no such module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"keyhole.cli.{cmd_name.replace('-', '_')}")
        found: click.Command = module.command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, naming the nearest command when there is none of that name."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), 1)
            ctx.fail(
                f"No such command {args[0]!r}." + (f" Did you mean `keyhole {near[0]}`?" if near else "")
            )
        return super().resolve_command(ctx, args)


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_EXIT_CODES = (
    "Exit codes: 0 done, 1 findings or a failed check, 2 usage or input, 3 incomplete (a scan that did not see "
    "everything), 4 Keyhole cannot act safely now, 5 not permitted."
)


@click.group(
    cls=CommandsFromFiles, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXIT_CODES
)
@click.version_option(__version__, prog_name="keyhole")
def keyhole() -> None:
    """Give tools a keyhole, not your keys.

    Fine-grained tokens for Git repositories, a gateway that enforces them, and code scans.
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        ended_with = keyhole.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except KeyholeError as problem:
        click.echo(f"Error: {problem.message}", err=True)
        if problem.hint:
            click.echo(problem.hint, err=True)
        sys.exit(problem.exit_code)
    except OSError as problem:
        _tell_of(problem)
        sys.exit(Unavailable.exit_code)
    # `click.exceptions.Exit(1)` of a command comes back as its number here, and not as an exception.
    if isinstance(ended_with, int):
        sys.exit(ended_with)


def _tell_of(problem: OSError) -> None:
    """What the machine lacks, in a sentence. Raises what is no lack of the machine."""
    if problem.errno in _NO_ROOM:
        # What is left of the output would be written once more at the end, and fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        place = f" ({problem.filename})" if problem.filename else ""
        click.echo(f"Error: {problem.strerror}{place}: not everything could be written.", err=True)
    elif problem.errno == errno.ENOENT and problem.filename == "git":
        click.echo("Error: git cannot be run: it was not found.", err=True)
        click.echo("Install git; `keyhole doctor` says whether it can be run then.", err=True)
    else:
        raise problem
