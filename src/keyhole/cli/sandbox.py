"""`keyhole sandbox`: a GitHub with real fine-grained permissions, on this machine."""

from __future__ import annotations

import ipaddress
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.output import json_option, say_json
from keyhole.core.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from keyhole.testing.github import GitHub

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("sandbox")
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:8471", show_default=True, help="Where to listen."
)
@click.option("--certificate", type=_FILE, help="Speak TLS with this certificate (PEM); needed by gh.")
@click.option("--key", type=_FILE, help="The certificate's private key (PEM).")
@json_option
def command(listen: str, certificate: Path | None, key: Path | None, as_json: bool) -> None:
    """Serve a sandbox GitHub until stopped with Ctrl-C.

    It answers like GitHub's REST API, git and token pages, and enforces the published permission table: for trying
    Keyhole, and for integration tests, without a GitHub account. It is not GitHub; everything is gone when it stops.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise InvalidInput(f"{listen!r} is not HOST:PORT.", hint="For example --listen 127.0.0.1:8471")
    if (certificate is None) != (key is None):
        raise InvalidInput("--certificate and --key belong together.")
    from keyhole.testing.github import GitHub
    from keyhole.testing.github.demo import fill

    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    try:
        with GitHub(host=host.strip("[]"), port=int(port), certificate=certificate, key=key) as github:
            fill(github)
            _say(github, as_json=as_json)
            if not _is_loopback(host.strip("[]")):
                click.echo(
                    "Warning: other machines reach this address, and nobody needs a password here.", err=True
                )
            stop.wait()
    except OSError as problem:
        raise Unavailable(
            f"The sandbox cannot listen at {listen}: {problem.strerror or problem}.",
            hint="Give another address with --listen, for example --listen 127.0.0.1:8472",
        ) from problem
    if not as_json:
        click.echo("Stopped. Everything in the sandbox is gone.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say(github: GitHub, *, as_json: bool) -> None:
    people = sorted(each.login for each in github.world.accounts.values() if each.kind == "User")
    repositories = sorted(each.full_name for each in github.world.repositories.values())
    new_token = f"{github.url}/settings/personal-access-tokens/new"
    if as_json:
        say_json(
            {
                "url": github.url,
                "api_url": github.api_url,
                "new_token_url": new_token,
                "users": people,
                "repositories": repositories,
            }
        )
        return
    click.echo(
        f"""Sandbox, not GitHub: a server for tests on this machine.

  Web and git   {github.url}
  REST API      {github.api_url}
  New token     {new_token}

  People        {", ".join(people)} (no passwords: choose one on the sign-in page)
  Repositories  {", ".join(repositories)}

To use it with Keyhole, allow addresses of this machine and connect {github.url}:

  KEYHOLE_ALLOW_PRIVATE_ADDRESSES=yes keyhole up

Each answer says in X-Keyhole-Sandbox whether it is recorded, documented or derived. To reset, stop and start again:
everything is in memory and in one temporary folder. Stop with Ctrl-C."""
    )
