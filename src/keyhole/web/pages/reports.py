"""Reports that leave this Keyhole: links to them, made, listed and taken back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.errors import InvalidInput
from keyhole.reports import mailing, services, shares
from keyhole.web.caller import caller_of
from keyhole.web.forms.share import ShareForm, lengths, usual
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
    caller = caller_of(request)
    report = services.of_scan(caller, number)
    problem: InvalidInput | None = None
    if request.method == "POST":
        try:
            form = ShareForm.of(request.POST)
            made = shares.create(caller, report, scan=number, days=form.days, password=form.password)
        except InvalidInput as wrong:
            problem = wrong
        else:
            return show(
                request,
                "web/share_once.html",
                title="The report is shared",
                share=made.share,
                link=made.link.reveal(),
                crumbs=[*trail("scans"), (f"/scans/{number}", report.title)],
            )
    return show(
        request,
        "web/share.html",
        status=422 if problem else 200,
        title="Share by link",
        report=report,
        lengths=lengths(),
        chosen=request.POST.get("days") or str(usual()),
        errors={problem.field: problem.message} if problem else {},
        back=f"/scans/{number}",
        crumbs=[*trail("scans"), (f"/scans/{number}", report.title)],
    )


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
