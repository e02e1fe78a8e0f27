"""Reports that leave this Keyhole: links to them, made, listed and taken back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.reports import mailing, services, shares
from keyhole.web.caller import caller_of
from keyhole.web.forms.share import shared
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_SHOWN = 200


@page("reports", name="reports", title="Reports", action="report:read", section="scans")
def listing(request: HttpRequest) -> HttpResponse:
    """Every link that works, those that did, and what is sent by mail."""
    caller = caller_of(request)
    rows = list(shares.list_shares(caller)[:_SHOWN])
    return show(
        request,
        "web/reports.html",
        title="Reports",
        live=[share for share in rows if shares.works(share)],
        ended=[share for share in rows if not shares.works(share)],
        mailings=[(row, mailing.what(row), mailing.when(row)) for row in mailing.list_mailings(caller)],
        crumbs=trail("scans"),
    )


@page(
    "scans/<int:number>/share",
    name="scan-share",
    title="Share by link",
    action="report:share",
    section="scans",
    methods=("GET", "POST"),
)
def share_scan(request: HttpRequest, number: int) -> HttpResponse:
    """The form; sent, it shows the link, once."""
    report = services.of_scan(caller_of(request), number)
    crumbs = [*trail("scans"), (f"/scans/{number}", report.title)]
    return shared(request, report, scan=number, back=f"/scans/{number}", crumbs=crumbs)


@page(
    "reports/links/<int:number>/revoke",
    name="share-revoke",
    title="Take link back",
    action="report:share",
    section="scans",
    methods=("GET", "POST"),
)
def revoke(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first; then nobody gets anything by the link any more."""
    caller = caller_of(request)
    share = shares.get(caller, number)
    if request.method == "POST":
        shares.revoke(caller, number)
        messages.success(request, f"The link to {share.title} does not work any more.", "ok")
        return redirect("reports")
    return show(
        request,
        "web/share_revoke.html",
        title="Take link back",
        share=share,
        crumbs=[*trail("scans", "reports")],
    )
