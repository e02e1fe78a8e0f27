"""`keyhole member`: who is here in which role; invite, disable and enable people."""

from __future__ import annotations

import click

from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole
from keyhole.core.actions import Role

_ROLES = click.Choice([role.value for role in Role])


@click.group("member")
def command() -> None:
    """People: list, invite, change roles, disable and enable."""


def _as_dict(member: object) -> dict[str, object]:
    from keyhole.accounts.models import User

    assert isinstance(member, User)  # noqa: S101  # tells the type checker, without importing Django for --help
    return {
        "id": member.pk,
        "login": member.login,
        "email": member.email,
        "role": member.role.value,
        "active": member.is_active,
        "last_sign_in": member.last_login,
        "created_at": member.created_at,
    }


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List everybody, and the invitations that are open."""
    caller = open_keyhole()
    from keyhole.accounts.invitations import list_invitations
    from keyhole.accounts.members import list_members

    members, invitations = list_members(caller), list_invitations(caller)
    if as_json:
        say_json(
            {
                "members": [_as_dict(member) for member in members],
                "invitations": [
                    {"id": row.pk, "email": row.email, "role": row.role.value, "expires_at": row.expires_at}
                    for row in invitations
                ],
            }
        )
        return
    table(
        ("LOGIN", "EMAIL", "ROLE", "STATE", "LAST SIGNED IN"),
        [
            (
                member.login,
                member.email,
                member.role,
                "active" if member.is_active else "disabled",
                ago(member.last_login),
            )
            for member in members
        ],
        empty="",
    )
    if invitations:
        click.echo()
        table(
            ("INVITED", "ROLE", "EXPIRES"),
            [(row.email, row.role, ago(row.expires_at)) for row in invitations],
            empty="",
        )


@command.command("invite")
@click.argument("email")
@click.option("--role", type=_ROLES, default=Role.MEMBER.value, show_default=True)
@json_option
def invite_(email: str, role: str, as_json: bool) -> None:
    """Make a one-time address, valid for a week, and print it. Whoever opens it becomes a member."""
    caller = open_keyhole()
    from keyhole.accounts.invitations import invite

    invited = invite(caller, email, Role(role))
    if as_json:
        say_json(
            {
                "email": invited.invitation.email,
                "role": role,
                "expires_at": invited.invitation.expires_at,
                "link": invited.link.reveal(),
            }
        )
        return
    click.echo(
        f"Pass this address on to {safe(invited.invitation.email)}. It works once, expires "
        f"{ago(invited.invitation.expires_at)}, and is not shown again.",
        err=True,
    )
    click.echo(invited.link.reveal())


@command.command("role")
@click.argument("member", metavar="LOGIN|EMAIL")
@click.argument("role", type=_ROLES)
@json_option
def role_(member: str, role: str, as_json: bool) -> None:
    """Give a person another role. Their sessions end."""
    caller = open_keyhole()
    from keyhole.accounts.members import change_role, find_member

    changed = change_role(caller, find_member(caller, member).pk, Role(role))
    if as_json:
        say_json(_as_dict(changed))
    else:
        click.echo(f"The role of {safe(changed.login)} is {changed.role.value}.")


@command.command("disable")
@click.argument("member", metavar="LOGIN|EMAIL")
@click.option("--reason", default="", help="Kept in the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def disable_(member: str, reason: str, yes: bool, as_json: bool) -> None:
    """Let a person do nothing any more: no sign-in, no session, none of their tokens."""
    caller = open_keyhole()
    from keyhole.accounts.members import disable, find_member

    found = find_member(caller, member)
    if not yes and not as_json:
        click.confirm(
            f"Disable {safe(found.login)}? Every tool with a token of theirs is refused",
            abort=True,
            err=True,
        )
    changed = disable(caller, found.pk, reason)
    if as_json:
        say_json(_as_dict(changed))
    else:
        click.echo(f"{safe(changed.login)} is disabled.")


@command.command("enable")
@click.argument("member", metavar="LOGIN|EMAIL")
@json_option
def enable_(member: str, as_json: bool) -> None:
    """Let a disabled person in again."""
    caller = open_keyhole()
    from keyhole.accounts.members import enable, find_member

    changed = enable(caller, find_member(caller, member).pk)
    if as_json:
        say_json(_as_dict(changed))
    else:
        click.echo(f"{safe(changed.login)} is enabled and may sign in.")


@command.command("reset-link")
@click.argument("member", metavar="LOGIN|EMAIL")
@click.option(
    "--second-factors", is_flag=True, help="Remove authenticator app, passkeys and recovery codes too."
)
@json_option
def reset_link_(member: str, second_factors: bool, as_json: bool) -> None:
    """Make a one-time address, valid for an hour, at which a person chooses a new password; print it."""
    caller = open_keyhole()
    from keyhole.accounts.members import find_member
    from keyhole.accounts.passwords import reset_link

    found = find_member(caller, member)
    link = reset_link(caller, found.pk, drop_factors=second_factors)
    if as_json:
        say_json({"login": found.login, "link": link.reveal()})
        return
    click.echo(f"Pass this address on to {safe(found.login)}. It works once, within an hour.", err=True)
    click.echo(link.reveal())
