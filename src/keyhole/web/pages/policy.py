"""Settings -> Policy: what signing in and new tokens must keep to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from keyhole.accounts import sign_in_policy
from keyhole.accounts.models import Owner
from keyhole.core.actions import Role
from keyhole.core.errors import InvalidInput, KeyholeError, NotFound
from keyhole.core.plural import counted
from keyhole.tokens import policy
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_APPROVAL = {
    policy.Approval.NEVER: ("None", "Whoever may generate a token has it at once."),
    policy.Approval.WRITING: ("Tokens that write", "With any permission above read."),
    policy.Approval.ALWAYS: ("Every token", "Members may then ask for tokens of it, too."),
}


@page("settings/policy", name="policy", title="Policy", action="policy:read", section="settings")
def overview(request: HttpRequest) -> HttpResponse:
    """What holds for everybody here."""
    return _overview(request)


def _overview(request: HttpRequest, problem: KeyholeError | None = None) -> HttpResponse:
    caller = caller_of(request)
    needed = sign_in_policy.second_factor_roles(caller)
    chosen = request.POST.get("owner", request.GET.get("owner", ""))[:100]
    terms = policy.get_terms(caller, chosen)
    field = getattr(problem, "field", "")
    return show(
        request,
        "web/policy.html",
        status=problem.status if problem else 200,
        title="Policy",
        roles=[(role.value, role.value.capitalize(), role in needed) for role in Role],
        owner=chosen,
        owners=[row.login for row in Owner.objects.order_by("login_folded")],
        max_days=request.POST.get("max_days", terms.max_days or ""),
        approvals=[(each.value, *_APPROVAL[each], each is terms.approval) for each in policy.Approval],
        ceilings=request.POST.get("ceilings", "\n".join(f"{k}={v}" for k, v in terms.ceilings.items())),
        others=[login or "All resource owners" for login, _ in policy.list_policies(caller)],
        beyond=policy.beyond(caller),
        problem=None if field else problem,
        errors={field: problem.message} if problem and field else {},
        crumbs=trail("settings"),
    )


@page(
    "settings/policy/tokens",
    name="policy-tokens",
    title="Token policy",
    action="policy:change",
    section="settings",
    methods=("POST",),
)
def tokens(request: HttpRequest) -> HttpResponseBase:
    """What tokens of a resource owner, or of all, must keep to."""
    owner = request.POST.get("owner", "")[:100]
    try:
        withheld = policy.set_terms(caller_of(request), owner, _terms(request))
    except (InvalidInput, NotFound) as problem:
        return _overview(request, problem)
    words = f" {counted(len(withheld), 'token')} go beyond it and are withheld." if withheld else ""
    messages.success(request, f"The token policy holds from now on.{words}", "ok")
    return redirect(f"{reverse('policy')}?{urlencode({'owner': owner})}" if owner else "policy")


def _terms(request: HttpRequest) -> policy.Terms:
    days = request.POST.get("max_days", "").strip()
    if days and not (days.isascii() and days.isdigit() and len(days) < 6):
        raise InvalidInput("A number of days, or nothing.", field="max_days")
    try:
        approval = policy.Approval(request.POST.get("approval", ""))
    except ValueError as problem:
        raise InvalidInput("Choose which tokens need approval.", field="approval") from problem
    ceilings = {}
    for line in request.POST.get("ceilings", "")[:20_000].split():
        name, _, level = line.partition("=")
        ceilings[name] = level
    return policy.Terms(int(days) if days else None, approval, ceilings)


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
