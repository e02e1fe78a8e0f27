"""What can be done with an integration as a whole: edit, test, set up, pause, resume, rotate, remove."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from keyhole.accounts.models import User
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.integrations import services, setups, trying
from keyhole.integrations.services import Edit
from keyhole.planner.presets import presets
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page(
    "integrations/<int:number>/edit",
    name="integration-edit",
    title="Edit integration",
    action="integration:change",
    section="integrations",
    methods=("GET", "POST"),
)
def edit(request: HttpRequest, number: int) -> HttpResponseBase:
    """Name, owner, purpose, notes and the preset it was set up from."""
    caller = caller_of(request)
    found = services.get(caller, number)
    given = request.POST
    if request.method == "POST":
        change = Edit(
            name=given.get("name", ""),
            purpose=given.get("purpose", ""),
            notes=given.get("notes", ""),
            owner_login=given.get("owner", ""),
            preset=given.get("preset", ""),
        )
        try:
            services.edit(caller, number, change)
        except (InvalidInput, Conflict) as problem:
            return _form(request, found, change, problem)
        messages.success(request, f"{change.name} is described anew.", "ok")
        return redirect("integration", number)
    row = found.row
    return _form(request, found, Edit(row.name, row.purpose, row.notes, row.owner.login, row.preset))


def _form(
    request: HttpRequest, found: services.Registered, form: Edit, problem: KeyholeError | None = None
) -> HttpResponse:
    field = "name" if isinstance(problem, Conflict) else getattr(problem, "field", "")
    people = User.objects.filter(is_active=True).select_related("owner").order_by("owner__login_folded")
    return _about(
        request,
        found,
        "web/integration_edit.html",
        "Edit integration",
        status=422 if problem else 200,
        form=form,
        errors={field: problem.message} if problem and field else {},
        problem=None if field else problem,
        people=[user.login for user in people],
        presets=list(presets().values()),
    )


@page(
    "integrations/<int:number>/test",
    name="integration-test",
    title="Test integration",
    action="integration:read",
    section="integrations",
)
def test(request: HttpRequest, number: int) -> HttpResponse:
    """What a request with its rights would be told, repository by repository. Nothing is sent."""
    caller = caller_of(request)
    found = services.get(caller, number)
    trials = trying.try_out(caller, number)
    return _about(request, found, "web/integration_test.html", "Test integration", trials=trials)


@page(
    "integrations/<int:number>/setup",
    name="integration-setup",
    title="Set it up",
    action="integration:read",
    section="integrations",
)
def setup(request: HttpRequest, number: int) -> HttpResponse:
    """Texts to copy into the tool, with this Keyhole's addresses in them."""
    found = services.get(caller_of(request), number)
    first = found.repositories[0] if found.repositories else ""
    owner = found.live[0].owner if found.live else ""
    return _about(
        request,
        found,
        "web/integration_setup.html",
        "Set it up",
        groups=setups.groups(found.row.preset, first, owner),
        addresses=setups.addresses(),
    )


@page(
    "integrations/<int:number>/pause",
    name="integration-pause",
    title="Pause integration",
    action="integration:change",
    section="integrations",
    methods=("GET", "POST"),
)
def pause(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, then pauses every token that it holds."""
    caller = caller_of(request)
    if request.method == "POST":
        found = services.pause(caller, number, request.POST.get("reason", "")[:200])
        messages.success(
            request, f"{found.row.name} is paused. Nothing is allowed to it until you resume it.", "ok"
        )
        return redirect("integration", number)
    found = services.get(caller, number)
    return _about(request, found, "web/integration_pause.html", "Pause integration")


@page(
    "integrations/<int:number>/resume",
    name="integration-resume",
    title="Resume integration",
    action="integration:change",
    section="integrations",
    methods=("POST",),
)
def resume(request: HttpRequest, number: int) -> HttpResponseBase:
    """Every paused token of it goes on."""
    found = services.resume(caller_of(request), number)
    messages.success(request, f"{found.row.name} goes on, with the rights it had.", "ok")
    return redirect("integration", number)


@page(
    "integrations/<int:number>/remove",
    name="integration-remove",
    title="Remove integration",
    action="integration:change",
    section="integrations",
    methods=("GET", "POST"),
)
def remove(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, naming what will stop; then revokes its tokens and takes it off the register."""
    caller = caller_of(request)
    if request.method == "POST":
        found = services.remove(caller, number, request.POST.get("reason", "")[:200])
        messages.success(request, f"{found.row.name} is removed, and every token of it revoked.", "ok")
        return redirect("integrations")
    found = services.get(caller, number)
    return _about(request, found, "web/integration_remove.html", "Remove integration")


def _about(
    request: HttpRequest, found: services.Registered, template: str, title: str, **context: Any
) -> HttpResponse:
    address = reverse("integration", args=[found.row.pk])
    return show(
        request,
        template,
        title=title,
        found=found,
        row=found.row,
        base=settings.KEYHOLE_URL,
        crumbs=[*trail("integrations"), (address, found.row.name)],
        **context,
    )
