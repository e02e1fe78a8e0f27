"""Settings -> Policy: what signing in must keep to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import sign_in_policy
from keyhole.core.actions import Role
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page("settings/policy", name="policy", title="Policy", action="policy:read", section="settings")
def overview(request: HttpRequest) -> HttpResponse:
    """What holds for everybody here."""
    needed = sign_in_policy.second_factor_roles(caller_of(request))
    return show(
        request,
        "web/policy.html",
        title="Policy",
        roles=[(role.value, role.value.capitalize(), role in needed) for role in Role],
        crumbs=trail("settings"),
    )


@page(
    "settings/policy/sign-in",
    name="policy-sign-in",
    title="Sign-in policy",
    action="policy:change",
    section="settings",
    methods=("POST",),
)
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Choose the roles that need a second factor."""
    chosen = set(request.POST.getlist("role"))
    sign_in_policy.require_second_factor(caller_of(request), {role for role in Role if role.value in chosen})
    messages.success(request, "The sign-in policy holds from now on.", "ok")
    return redirect("policy")
