"""`keyhole findings`: what the scans found."""

from __future__ import annotations

import click

from keyhole.cli.output import ago, json_option, say_json, table
from keyhole.cli.session import open_keyhole


@click.command("findings")
@click.argument("scan", type=int, required=False)
@json_option
def command(scan: int | None, as_json: bool) -> None:
    """List the findings of the scan with this number; without one, list the scans."""
    caller = open_keyhole()
    from keyhole.scans import services

    if scan is None:
        rows = services.list_scans(caller)
        if as_json:
            say_json(
                [
                    {
                        "id": row.pk,
                        "name": row.name,
                        "repository": row.repository.full_name,
                        "state": row.state,
                        "reason": row.reason,
                        "counters": row.counters,
                        "created_at": row.created_at,
                    }
                    for row in rows
                ]
            )
            return
        table(
            ("SCAN", "NAME", "REPOSITORY", "STATE", "FINDINGS", "STARTED"),
            [
                (
                    row.pk,
                    row.name,
                    row.repository.full_name,
                    row.get_state_display(),
                    row.counters.get("findings", "-"),
                    ago(row.started_at),
                )
                for row in rows
            ],
            empty="No code scans yet. `keyhole scan OWNER/REPO` runs one.",
        )
        return
    found = services.findings(caller, scan)
    if as_json:
        say_json([row.data for row in found])
        return
    table(
        ("SEVERITY", "WHAT", "WHERE", "COMMIT", "NEW"),
        [
            (row.severity, row.title, f"{row.path}:{row.line}", row.commit[:10], "new" if row.new else "")
            for row in found
        ],
        empty="This scan has no findings.",
    )
