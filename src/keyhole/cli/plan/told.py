"""A plan on the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import count, safe, say_json, table

if TYPE_CHECKING:
    from keyhole.planner.plan import Granted, Plan
    from keyhole.planner.server import Server

_NAMED = 2


def show(plan: Plan, server: Server) -> None:
    """Everything about the plan, for a person."""
    from keyhole.planner.comparison import summary
    from keyhole.planner.link import link

    told = summary(plan)
    click.echo(safe(told.text) if told else _nothing(plan))
    if told:
        click.echo()
        table(
            ("PERMISSION", "LEVEL", "NEEDED BY"),
            [(each.title, each.level.word, _needed_by(each)) for each in plan.granted],
            empty="",
        )
        _numbers(plan)
    _lists(plan)
    if told is None:
        return
    if address := link(plan, server.instance):
        _heading("Pre-filled link")
        click.echo(address)
    if plan.takes_token:
        _steps(plan, server)
    _for_others(plan, server)


def _nothing(plan: Plan) -> str:
    if plan.unmatched or plan.dropped:
        return "Nothing to grant: no permission of a fine-grained token helps with what was given."
    return "Nothing to grant: what was given needs no permission."


def _needed_by(granted: Granted) -> str:
    names = list(dict.fromkeys(demand.by for demand in granted.reasons))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _heading(text: str) -> None:
    click.echo(f"\n{click.style(text, bold=True)}")


def _numbers(plan: Plan) -> None:
    from keyhole.planner.comparison import summary

    told = summary(plan)
    if told is None:
        return
    click.echo(
        f"\nIt allows {told.allowed} of GitHub's {told.of} repository operations; "
        "a classic token with repo allows them all, in every repository that you reach."
    )
    for line in told.cannot:
        click.echo(f"  cannot: {line[:1].lower()}{line[1:]}")


def _lists(plan: Plan) -> None:
    from keyhole.planner.notes import notes

    if plan.unmatched:
        _heading("Not planned for")
        for each in plan.unmatched:
            click.echo(f"- {safe(each.text)}: {each.why}")
    if plan.free:
        _heading("Needs no permission")
        for asked in plan.free:
            click.echo(f"- {asked.line}")
    found = notes(plan)
    if found:
        _heading("To know")
        for note in found:
            click.echo(f"- {safe(note.text)} {safe(note.hint)}".rstrip())
    for line in plan.read:
        click.echo(f"- {safe(line)}")


def _steps(plan: Plan, server: Server) -> None:
    from keyhole.planner.server import called
    from keyhole.planner.steps import steps

    _heading(f"Step by step on {safe(called(server.instance))}")
    if server.doubt:
        click.echo(safe(server.doubt))
    for number, step in enumerate(steps(plan, server.instance), 1):
        click.echo(f"{number:>2}. {safe(step.title)}. {safe(step.hint)}".rstrip())
        for value in step.values:
            click.echo(f"      {safe(value)}")


def _for_others(plan: Plan, server: Server) -> None:
    from keyhole.planner.approver import app_link, approver_text, manifest

    if text := approver_text(plan, server.instance):
        _heading("For the owner who approves it")
        click.echo("\n".join(safe(line) for line in text.splitlines()))
    if address := app_link(plan, server.instance):
        _heading("Form for the GitHub App, filled in")
        click.echo(address)
        _heading("GitHub App manifest")
        click.echo(manifest(plan, server.instance.web))


def as_dict(plan: Plan, server: Server) -> dict[str, Any]:
    """Everything about the plan, for machines."""
    from keyhole.planner.approver import app_link, app_permissions, approver_text
    from keyhole.planner.comparison import summary
    from keyhole.planner.link import link, token_name
    from keyhole.planner.notes import notes
    from keyhole.planner.plan import owner_kind_word
    from keyhole.planner.query import to_query
    from keyhole.planner.steps import steps

    told = summary(plan)
    return {
        "name": token_name(plan),
        "sentence": told.text if told else "",
        "permissions": {each.name: each.level.word for each in plan.granted},
        "reasons": {
            each.name: [
                {"by": demand.by, "why": demand.why, "source": demand.source.value, "doc": demand.doc}
                for demand in each.reasons
            ]
            for each in plan.granted
        },
        "unlocks": {each.name: len(each.unlocks) for each in plan.granted},
        "allowed": told.allowed if told else 0,
        "of": told.of if told else 0,
        "owner": plan.request.owner,
        "owner_kind": owner_kind_word(plan.request.owner_kind),
        "repositories": list(plan.request.repositories),
        "days": plan.request.days,
        "app_only": dict(plan.app_only),
        "app_permissions": app_permissions(plan),
        "needs_app": plan.needs_app,
        "takes_token": plan.takes_token,
        "app_link": app_link(plan, server.instance),
        "no_permission": [each.line for each in plan.free],
        "unmatched": [{"what": each.text, "why": each.why} for each in plan.unmatched],
        "notes": [
            {"severity": note.severity.value, "text": note.text, "hint": note.hint} for note in notes(plan)
        ],
        "read": list(plan.read),
        "server": {
            "kind": server.instance.kind.value,
            "web": server.instance.web,
            "api": server.instance.api,
            "doubt": server.doubt,
        },
        "link": link(plan, server.instance),
        "steps": [
            {"title": step.title, "hint": step.hint, "values": list(step.values)}
            for step in steps(plan, server.instance)
        ],
        "approver_text": approver_text(plan, server.instance),
        "query": to_query(plan.request),
    }


def list_presets(*, as_json: bool) -> None:
    """The presets and features, with what each asks for."""
    from keyhole.planner.features import FEATURES
    from keyhole.planner.presets import presets

    if as_json:
        say_json(
            {
                "presets": [
                    {
                        "id": each.id,
                        "title": each.title,
                        "about": each.about,
                        "kinds": [kind.value for kind in each.kinds],
                        "certainty": each.certainty.value,
                        "selectable": each.selectable,
                        "permissions": {name: level.word for name, level in each.permissions.items()},
                        "app_only": dict(each.app_only),
                        "options": [
                            {
                                "id": option.id,
                                "when": option.when,
                                "permissions": {
                                    name: level.word for name, level in option.permissions.items()
                                },
                            }
                            for option in each.options
                        ],
                        "source": each.source,
                        "notes": each.notes,
                    }
                    for each in presets().values()
                ],
                "features": [
                    {
                        "id": each.id,
                        "title": each.title,
                        "permissions": {name: level.word for name, level in each.permissions.items()},
                    }
                    for each in FEATURES.values()
                ],
            }
        )
        return
    table(
        ("FEATURE", "WHAT KEYHOLE DOES", "PERMISSIONS"),
        [(each.id, each.title, _spelled(each.permissions)) for each in FEATURES.values()],
        empty="",
    )
    click.echo()
    table(
        ("PRESET", "TOOL", "SIGNS IN WITH", "CERTAINTY"),
        [
            (
                each.id,
                each.title,
                "/".join(kind.value for kind in each.kinds),
                each.certainty.value if each.selectable else "cannot be chosen",
            )
            for each in presets().values()
        ],
        empty="",
    )
    choosable = sum(each.selectable for each in presets().values())
    click.echo(
        f"\n{count(choosable, 'preset')} can be chosen: keyhole plan --preset ID --repository OWNER/REPO"
    )


def _spelled(permissions: Any) -> str:
    return ", ".join(f"{name}:{level.word}" for name, level in permissions.items())
