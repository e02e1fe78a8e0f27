"""`keyhole library`: what the connected repositories use."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from collections.abc import Collection

    from keyhole.inventory.models import Library
    from keyhole.inventory.services import Listed


@click.group("library")
def command() -> None:
    """Packages that repositories use, as their last scans saw them."""


@command.command("list")
@click.argument("text", default="")
@click.option("--ecosystem", default="", help="As OSV calls it, in any case: PyPI, npm, Maven, Go, ...")
@click.option("--affected", is_flag=True, help="Only those that an open finding is about.")
@click.option("--direct", is_flag=True, help="Only those that a repository asks for itself.")
@click.option("--licence", default="", help="Part of a licence; `none` where the file says none.")
@click.option(
    "--page", type=click.IntRange(min=1), default=1, show_default=True, help="A hundred libraries a page."
)
@json_option
def list_(
    text: str, ecosystem: str, affected: bool, direct: bool, licence: str, page: int, as_json: bool
) -> None:
    """List libraries, those with TEXT in their names."""
    caller = open_keyhole()
    from keyhole.inventory.services import PAGE, LibraryFilter, list_libraries

    wanted = LibraryFilter(text, ecosystem, "direct" if direct else "", licence=licence, affected=affected)
    total, rows = list_libraries(caller, wanted, page)
    if as_json:
        say_json({"total": total, "items": [asdict(row) for row in rows]})
        return
    table(
        ("LIBRARY", "ECOSYSTEM", "VERSIONS", "REPOSITORIES", "FINDINGS", "UPGRADE TO"),
        [
            (
                row.name,
                row.ecosystem,
                row.versions,
                row.repositories,
                _findings(row),
                row.upgrade or "-",
            )
            for row in rows
        ],
        empty=f"Page {page} has none: there are {total:,} libraries, {PAGE} a page."
        if total
        else "No such libraries. `keyhole scan OWNER/REPO -s dependencies` finds what a repository uses.",
    )
    if total > page * PAGE:
        click.echo(f"{len(rows)} of {total:,}; --page {page + 1} shows more.", err=True)


def _findings(row: Listed) -> str:
    """What is open about a library; one that was not compared with advisories says so."""
    said = [f"{count} {severity}" for severity, count in row.problems]
    return ", ".join(said if row.assessed else [*said, "not assessed"]) or "-"


@command.command("show")
@click.argument("ecosystem")
@click.argument("name")
@json_option
def show(ecosystem: str, name: str, as_json: bool) -> None:
    """Show who uses the library NAME of ECOSYSTEM, how, and what was found about it: open findings first."""
    caller = open_keyhole()
    from keyhole.core.library import how
    from keyhole.findings.shown import problem_as_json
    from keyhole.inventory.services import covered, problems, uses
    from keyhole.scanners.dependencies.names import normal
    from keyhole.scanners.dependencies.versions import spelled

    ecosystem = spelled(ecosystem)
    key = normal(ecosystem, name)
    rows, found = uses(caller, ecosystem, key), list(problems(caller, ecosystem, key))
    if as_json:
        say_json({"uses": [_use(row) for row in rows], "findings": [problem_as_json(row) for row in found]})
        return
    table(
        ("REPOSITORY", "VERSION", "WHERE", "HOW"),
        [
            (
                row.stock.repository.full_name,
                row.version or "-",
                f"{safe(row.path)}:{row.line}" + (f", {row.stock.ref}" if row.stock.ref else ""),
                " > ".join(row.via) or how(row.relation, ()) or row.relation,
            )
            for row in rows
        ],
        empty="",
    )
    click.echo()
    table(
        ("ID", "SEVERITY", "FINDING", "REPOSITORY", "STATE", "UPGRADE TO"),
        [
            (
                row.pk,
                row.severity,
                row.title,
                row.repository.full_name,
                (row.get_decided_display() if row.decided else row.get_status_display()).lower(),
                row.upgrade or "-",
            )
            for row in found
        ],
        empty=_nothing_found(ecosystem, covered()),
    )


def _use(row: Library) -> dict[str, Any]:
    """One place that names the library."""
    return {
        "repository": row.stock.repository.full_name,
        "ref": row.stock.ref,
        "version": row.version,
        "purl": row.purl,
        "path": row.path,
        "line": row.line,
        "relation": row.relation,
        "dev": row.dev,
        "via": row.via,
        "licences": row.licences,
    }


def _nothing_found(ecosystem: str, known: Collection[str]) -> str:
    if ecosystem in known:
        return "No finding is about it."
    return f"Not assessed: there are no advisories for {safe(ecosystem)}. `keyhole advisories sync` fetches them."
