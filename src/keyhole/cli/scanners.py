"""`keyhole scanners`: what a code scan can look for, and what is missing for it."""

from __future__ import annotations

import click

from keyhole.cli.output import json_option, say_json, table


@click.command("scanners")
@json_option
def command(as_json: bool) -> None:
    """List the scanners: their ids for `keyhole scan -s`, and how to install what one lacks."""
    from keyhole.cli.session import use_settings
    from keyhole.scanners.registry import all_scanners, missing

    use_settings()
    from keyhole.scans.programs import use_settings_for_programs

    use_settings_for_programs()
    rows = [(scanner, missing(scanner)) for scanner in all_scanners().values()]
    if as_json:
        say_json(
            [
                {
                    "id": scanner.id,
                    "title": scanner.title,
                    "kinds": sorted(scanner.kinds),
                    "installed": not how,
                    "install": how,
                    "rules_version": scanner.rules_version(),
                }
                for scanner, how in rows
            ]
        )
        return
    table(
        ("SCANNER", "LOOKS FOR", "FINDS", "READY"),
        [
            (
                scanner.id,
                scanner.title,
                ", ".join(sorted(scanner.kinds)),
                f"not installed: {how}" if how else "yes",
            )
            for scanner, how in rows
        ],
        empty="",
    )
