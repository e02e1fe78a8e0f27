"""Settings -> Members: who is here in which role, inviting people, letting somebody out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import invitations, members, passwords
from keyhole.core.actions import ACTIONS, Role
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show

ABOUT = {
    Role.OWNER: "Does everything, and decides who is here.",
    Role.MAINTAINER: "Connects repositories, generates tokens for every resource owner, decides on requests.",
    Role.AUDITOR: "Reads everything: tokens, scans, members and the audit log. Changes nothing.",
    Role.MEMBER: "Generates tokens for what is theirs, and runs code scans.",
}
"""What each role is for, in one line."""


@page("settings/members", name="members", title="Members", action="member:read", section="settings")
def listing(request: HttpRequest) -> HttpResponse:
    """Everybody, and the invitations that are open."""
    return _listing(request)


@page(
    "settings/members/invite",
    name="member-invite",
    title="Invite",
    action="member:invite",
    section="settings",
    methods=("GET", "POST"),
)
def invite(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, it shows the one-time address in that one answer."""
    if request.method != "POST":
        return _invite_form(request)
    try:
        invited = invitations.invite(caller_of(request), request.POST.get("email", "")[:300], _role(request))
    except (InvalidInput, Conflict) as problem:
        return _invite_form(request, problem)
    return show(
        request,
        "web/member_invited.html",
        title="Invitation made",
        invitation=invited.invitation,
        link=invited.link.reveal(),
        crumbs=trail("settings", "members"),
    )


@page(
    "settings/members/invitations/<int:number>/revoke",
    name="invitation-revoke",
    title="Revoke invitation",
    action="member:invite",
    section="settings",
    methods=("POST",),
)
def revoke_invitation(request: HttpRequest, number: int) -> HttpResponseBase:
    """Take an invitation back."""
    invitation = invitations.revoke_invitation(caller_of(request), number)
    messages.success(request, f"The invitation of {invitation.email} is revoked.", "ok")
    return redirect("members")


@page(
    "settings/members/<int:number>",
    name="member",
    title="Member",
    action="member:read",
    section="settings",
)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One person: role, and whether they may come in."""
    return _one(request, number)


@page(
    "settings/members/<int:number>/role",
    name="member-role",
    title="Change role",
    action="member:change",
    section="settings",
    methods=("POST",),
)
def change_role(request: HttpRequest, number: int) -> HttpResponseBase:
    """Give a person another role."""
    try:
        member = members.change_role(caller_of(request), number, _role(request))
    except (InvalidInput, Conflict) as problem:
        return _one(request, number, problem)
    messages.success(request, f"{member.login} is now {_with_article(member.role)}.", "ok")
    # Whoever gave away their own right to be here would see "You may not do this" instead of what they did.
    return redirect("settings" if member.pk == request.user.pk else "members")


@page(
    "settings/members/<int:number>/disable",
    name="member-disable",
    title="Disable",
    action="member:change",
    section="settings",
    methods=("GET", "POST"),
)
def disable(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, naming what will stop; then lets the person out."""
    caller = caller_of(request)
    member = members.get_member(caller, number)
    problem: KeyholeError | None = None
    if request.method == "POST":
        try:
            members.disable(caller, number, request.POST.get("reason", ""))
        except (InvalidInput, Conflict) as found:
            problem = found
        else:
            messages.success(
                request, f"{member.login} is disabled: signed out, and no token of theirs works.", "ok"
            )
            return redirect("members")
    return show(
        request,
        "web/member_disable.html",
        status=problem.status if problem else 200,
        title=f"Disable {member.login}",
        member=member,
        problem=problem,
        crumbs=[*trail("settings", "members"), (f"/settings/members/{number}", member.login)],
    )


@page(
    "settings/members/<int:number>/enable",
    name="member-enable",
    title="Enable",
    action="member:change",
    section="settings",
    methods=("POST",),
)
def enable(request: HttpRequest, number: int) -> HttpResponseBase:
    """Let a person in again."""
    member = members.enable(caller_of(request), number)
    messages.success(request, f"{member.login} may sign in again.", "ok")
    return redirect("member", number)


@page(
    "settings/members/<int:number>/reset",
    name="member-reset",
    title="Reset link",
    action="member:change",
    section="settings",
    methods=("GET", "POST"),
)
def reset_link(request: HttpRequest, number: int) -> HttpResponseBase:
    """A one-time address at which the person chooses a new password, shown in this one answer."""
    caller = caller_of(request)
    member = members.get_member(caller, number)
    link = ""
    if request.method == "POST":
        link = passwords.reset_link(caller, number, drop_factors="factors" in request.POST).reveal()
    return show(
        request,
        "web/member_reset.html",
        title=f"Reset link for {member.login}",
        member=member,
        link=link,
        minutes=int(passwords.RESET_LIFETIME.total_seconds() // 60),
        crumbs=[*trail("settings", "members"), (f"/settings/members/{number}", member.login)],
    )


def _listing(request: HttpRequest) -> HttpResponse:
    caller = caller_of(request)
    everybody = members.list_members(caller)
    return show(
        request,
        "web/members.html",
        title="Members",
        members=everybody,
        active=sum(member.is_active for member in everybody),
        invitations=invitations.list_invitations(caller),
        crumbs=trail("settings"),
    )


def _one(request: HttpRequest, number: int, problem: KeyholeError | None = None) -> HttpResponse:
    member = members.get_member(caller_of(request), number)
    return show(
        request,
        "web/member.html",
        status=problem.status if problem else 200,
        title=member.login,
        member=member,
        roles=[(role.value, role.value.capitalize(), ABOUT[role], role is member.role) for role in Role],
        may_do=[action.title for action in ACTIONS.values() if member.role in action.roles],
        last_owner=members.is_last_owner(member),
        problem=problem,
        crumbs=trail("settings", "members"),
    )


def _invite_form(request: HttpRequest, problem: KeyholeError | None = None) -> HttpResponse:
    chosen = request.POST.get("role", Role.MEMBER.value)
    field = getattr(problem, "field", "") or ("email" if problem else "")
    return show(
        request,
        "web/member_invite.html",
        status=problem.status if problem else 200,
        title="Invite a person",
        email=request.POST.get("email", "")[:300],
        roles=[(role.value, role.value.capitalize(), ABOUT[role], role.value == chosen) for role in Role],
        errors={field: problem.message} if problem else {},
        days=invitations.LIFETIME.days,
        crumbs=trail("settings", "members"),
    )


def _role(request: HttpRequest) -> Role:
    try:
        return Role(request.POST.get("role", ""))
    except ValueError as problem:
        raise InvalidInput("Choose a role.", field="role") from problem


def _with_article(role: Role) -> str:
    return f"an {role.value}" if role in (Role.OWNER, Role.AUDITOR) else f"a {role.value}"
