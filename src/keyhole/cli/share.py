"""`keyhole share`: links by which people without an account read one report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.reports.models import Share


@click.group("share")
def command() -> None:
    """Links to reports: for people without an account, until they expire."""


@command.command("new")
@click.argument("scan", type=int)
@click.option("--days", type=int, default=14, show_default=True, help="How long the link works.")
@click.option(
    "--password", is_flag=True, help="Protect it with a password, asked for or read from standard input."
)
@json_option
def new(scan: int, days: int, password: bool, as_json: bool) -> None:
    """Share the report of the scan with this number, as it is now. The link is printed once, on standard output."""
    caller = open_keyhole()
    from keyhole.cli.asking import credential
    from keyhole.reports import services, shares

    report = services.of_scan(caller, scan)
    secret = credential("Password for the report") if password else None
    made = shares.create(caller, report, scan=scan, days=days, password=secret)
    if as_json:
        say_json({**_as_dict(made.share), "link": made.link.reveal()})
        return
    click.echo(f"It works until {made.share.ends_at:%Y-%m-%d %H:%M} UTC. Displayed only once:", err=True)
    click.echo(made.link.reveal())


@command.command("list")
@click.option("--all", "every", is_flag=True, help="Also those that ended.")
@json_option
def list_(every: bool, as_json: bool) -> None:
    """List the links."""
    caller = open_keyhole()
    from keyhole.reports import shares

    rows = [share for share in shares.list_shares(caller) if every or shares.works(share)]
    if as_json:
        say_json([_as_dict(share) for share in rows])
        return
    table(
        ("LINK", "REPORT", "PASSWORD", "OPENED", "EXPIRES"),
        [
            (
                share.pk,
                share.title,
                "yes" if share.password else "no",
                f"{share.opened}, last {ago(share.opened_at)}" if share.opened else "never",
                "taken back" if share.revoked_at else ago(share.ends_at),
            )
            for share in rows
        ],
        empty="No links. `keyhole share new SCAN` makes one.",
    )


@command.command("revoke")
@click.argument("link", type=int)
@json_option
def revoke(link: int, as_json: bool) -> None:
    """Take the link with this number back, at once and for good."""
    caller = open_keyhole()
    from keyhole.reports import shares

    share = shares.revoke(caller, link)
    if as_json:
        say_json(_as_dict(share))
    else:
        click.echo(f"The link to {safe(share.title)} does not work any more.")


def _as_dict(share: Share) -> dict[str, Any]:
    return {
        "id": share.pk,
        "title": share.title,
        "scan": share.scan_id,
        "password": bool(share.password),
        "created_at": share.created_at,
        "expires_at": share.ends_at,
        "revoked_at": share.revoked_at,
        "opened": share.opened,
        "opened_at": share.opened_at,
    }
