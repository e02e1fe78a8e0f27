"""Evidence: the pack of a scan as a download, and the key that packs are signed with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.reports.evidence import key as keys
from keyhole.reports.evidence.pack import make
from keyhole.reports.evidence.verify import pem_of
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page(
    "scans/<int:number>/evidence",
    name="scan-evidence",
    title="Evidence pack",
    action="evidence:make",
    section="scans",
    methods=("POST",),
)
def pack(request: HttpRequest, number: int) -> HttpResponse:
    """The pack, as a file. A form and no link: making one is on record."""
    made = make(caller_of(request), number)
    response = HttpResponse(made.body, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    response["Cache-Control"] = "no-store"
    return response


@page("settings/evidence", name="evidence", title="Evidence", action="evidence:make", section="settings")
def key(request: HttpRequest) -> HttpResponse:
    """The key that packs are signed with, for whoever has to trust it, and those before it."""
    caller = caller_of(request)
    current = keys.current(caller)
    return show(
        request,
        "web/evidence.html",
        title="Evidence",
        key=current,
        public=pem_of(bytes.fromhex(current.public)),
        before=[each for each in keys.known(caller) if not each.active],
        crumbs=trail("settings"),
    )


@page(
    "settings/evidence/key.pem",
    name="evidence-key-file",
    title="Public key",
    action="evidence:make",
    section="settings",
)
def key_file(request: HttpRequest) -> HttpResponse:
    """The public key, as other programs read it."""
    current = keys.current(caller_of(request))
    response = HttpResponse(pem_of(bytes.fromhex(current.public)), content_type="application/x-pem-file")
    response["Content-Disposition"] = 'attachment; filename="keyhole-evidence-key.pem"'
    return response


@page(
    "settings/evidence/new",
    name="evidence-key-new",
    title="New key",
    action="evidence:rotate",
    section="settings",
    methods=("GET", "POST"),
)
def new_key(request: HttpRequest) -> HttpResponseBase:
    """Asks first; then packs are signed with a new key."""
    caller = caller_of(request)
    if request.method == "POST":
        made = keys.replace(caller)
        messages.success(request, f"Packs are now signed with the key {made.fingerprint}.", "ok")
        return redirect("evidence")
    return show(
        request,
        "web/evidence_new_key.html",
        title="New key",
        key=keys.current(caller),
        crumbs=trail("settings", "evidence"),
    )
