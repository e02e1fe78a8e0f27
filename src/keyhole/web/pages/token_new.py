"""Generate new token: the form, its live summary, and the one page that shows the token."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from keyhole.core.errors import InvalidInput, KeyholeError
from keyhole.core.grant import Access
from keyhole.integrations import services as integrations
from keyhole.integrations import setups
from keyhole.integrations.adopting import adopt
from keyhole.integrations.models import Integration
from keyhole.planner.presets import presets
from keyhole.tokens import services as tokens
from keyhole.tokens.models import Token
from keyhole.web.caller import caller_of
from keyhole.web.forms import permissions, summary
from keyhole.web.forms.owners import Owners
from keyhole.web.forms.token import OFFERED_DAYS, TokenForm, from_post, from_query
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_REMEMBERED = 20


@page(
    "settings/personal-access-tokens/new",
    name="token-new",
    title="Generate new token",
    action="token:create",
    section="settings",
    methods=("GET", "POST"),
)
def new(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, it generates the token and shows it in that one answer."""
    owners = Owners.for_caller(caller_of(request))
    today = timezone.now().date()
    if request.method != "POST":
        blank = TokenForm(owner=owners.usual, expires=str(_default_days()))
        return _form(request, owners, from_query(request.GET, today, blank))
    form = from_post(request.POST)
    if (earlier := _generated(request).get(form.submission)) is not None:
        return redirect("token", earlier)
    if "generate" not in request.POST:  # another resource owner was chosen, or Preview without JavaScript
        return _form(request, owners, form)
    try:
        issued = tokens.generate(caller_of(request), form.spec(today))
    except KeyholeError as problem:
        if not isinstance(problem, InvalidInput) and problem.status != 409:
            raise
        return _form(request, owners, form, problem)
    _remember(request, form.submission, issued.token.pk)
    integration = _held_by(request, form, issued.token)
    # Shown in the answer itself, and not after a redirect: that would mean to keep it somewhere, if only for a
    # moment, and it is kept nowhere.
    first = next((row for row in owners.repositories_of(form.owner) if row.pk in form.repositories), None)
    return show(
        request,
        "web/token_once.html",
        title="Token generated",
        token=issued.token,
        secret=issued.secret.reveal(),
        integration=integration,
        addresses=setups.addresses(),
        groups=setups.groups(
            integration.preset if integration else "", first.full_name if first else "", form.owner
        ),
        shown=summary.of_grant(issued.token.grant_value(), owners.repositories_of(form.owner)),
        crumbs=trail("settings", "developer-settings", "personal-access-tokens", "tokens"),
    )


def _held_by(request: HttpRequest, form: TokenForm, token: Token) -> Integration | None:
    """Who holds it: the integration it was generated for, or a new one of the token's name."""
    caller = caller_of(request)
    if form.integration:
        try:
            return integrations.hold(caller, form.integration, token.pk).row
        except KeyholeError as problem:  # the token is there all the same, and must be shown now or never
            messages.error(request, f"It was not added to the integration: {problem.message}", "bad")
    adopt()
    made = integrations.of_token(token.pk)
    if made is not None and form.preset in presets():
        return integrations.edit(caller, made.pk, integrations.Edit(preset=form.preset)).row
    return made


@page(
    "settings/personal-access-tokens/new/summary",
    name="token-summary",
    title="Summary",
    action="token:create",
    section="settings",
    methods=("POST",),
)
def live_summary(request: HttpRequest) -> HttpResponse:
    """The summary alone, for the form as it stands."""
    owners = Owners.for_caller(caller_of(request))
    form = from_post(request.POST)
    return show(request, "web/parts/summary.html", shown=_shown(owners, form))


def _form(
    request: HttpRequest, owners: Owners, form: TokenForm, problem: KeyholeError | None = None
) -> HttpResponse:
    if form.owner not in owners.logins:
        form = replace(form, owner=owners.usual, repositories=frozenset())
    return show(
        request,
        "web/token_new.html",
        status=422 if problem else 200,
        title="Generate new token",
        form=form,
        owners=owners,
        repositories=owners.repositories_of(form.owner),
        choices=_choices(form),
        expirations=_expirations(),
        latest=_latest(),
        unlimited=not settings.KEYHOLE_MAX_TOKEN_DAYS,
        sections=permissions.sections(owners.kind_of(form.owner), form.permissions),
        shown=_shown(owners, form),
        problem=problem,
        errors=_beside(problem),
        crumbs=trail("settings", "developer-settings", "personal-access-tokens", "tokens"),
    )


def _beside(problem: KeyholeError | None) -> dict[str, str]:
    """The problem under the name of its field, as the template names them."""
    field = getattr(problem, "field", "") or ("name" if problem is not None and problem.status == 409 else "")
    return {field: problem.message} if problem is not None and field else {}


def _shown(owners: Owners, form: TokenForm) -> summary.Shown:
    return summary.of_form(form, owners.core(form.owner), owners.repositories_of(form.owner), timezone.now())


def _choices(form: TokenForm) -> list[tuple[str, str, str, bool]]:
    texts = {
        Access.PUBLIC: ("Public repositories only", "Read-only, as everyone can. No repository permissions."),
        Access.ALL: (
            "All repositories",
            f"Of {form.owner}, now and in the future. Rarely what a tool needs.",
        ),
        Access.SELECTED: ("Only select repositories", "The ones that you choose, and no others."),
    }
    return [(access.value, *texts[access], form.access == access.value) for access in Access]


def _default_days() -> int:
    return min(30, settings.KEYHOLE_MAX_TOKEN_DAYS or 30)


def _expirations() -> list[tuple[str, str]]:
    most, now = settings.KEYHOLE_MAX_TOKEN_DAYS or 36_500, timezone.now()
    offered = sorted({_default_days(), *(days for days in OFFERED_DAYS if days <= most)})
    return [(str(days), f"{days} days - {now + timedelta(days=days):%-d %B %Y}") for days in offered]


def _latest() -> tuple[str, str]:
    today = timezone.now().date()
    return (
        (today + timedelta(days=1)).isoformat(),
        (today + timedelta(days=settings.KEYHOLE_MAX_TOKEN_DAYS or 36_500)).isoformat(),
    )


def _generated(request: HttpRequest) -> dict[str, int]:
    return dict(request.session.get("generated", {}))


def _remember(request: HttpRequest, submission: str, token_id: int) -> None:
    """So that sending the same form again (Reload, a second click) leads to the token and makes no second one."""
    newest = [*_generated(request).items(), (submission, token_id)][-_REMEMBERED:]
    request.session["generated"] = dict(newest)
