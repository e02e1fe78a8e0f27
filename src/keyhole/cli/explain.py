"""`keyhole explain`: why a request was refused, or allowed."""

from __future__ import annotations

import click

from keyhole.cli.output import json_option, say_json
from keyhole.cli.session import open_keyhole


@click.command("explain")
@click.argument("entry_id", metavar="ID")
@json_option
def command(entry_id: str, as_json: bool) -> None:
    """Tell what was asked, what it needs, what the token has, and what to ask for.

    ID is in every refusal: the `explain` field, the X-Keyhole-Explain header, or git's remote message.
    """
    open_keyhole()
    from dataclasses import asdict

    from keyhole.audit.explain import explain

    explanation = explain(entry_id)
    if as_json:
        say_json(asdict(explanation))
    else:
        click.echo(explanation.text())
