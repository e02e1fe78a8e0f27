"""Reports by mail: made, paused, sent now, removed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.errors import InvalidInput, NotFound
from keyhole.reports import mailing as mailings
from keyhole.reports.filters import sentence
from keyhole.repositories import services as repositories
from keyhole.schedules.times import zones
from keyhole.web.caller import caller_of
from keyhole.web.forms.mailing import AS, filter_of, spec_of, times_offered
from keyhole.web.forms.share import lengths, usual
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page(
    "reports/mail/new",
    name="mailing-new",
    title="Send a report by mail",
    action="report:mail",
    section="scans",
    methods=("GET", "POST"),
)
def new(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, it has the report sent from then on."""
    caller = caller_of(request)
    problem: InvalidInput | NotFound | None = None
    if request.method == "POST":
        try:
            made = mailings.create(caller, spec_of(request.POST.dict()))
        except (InvalidInput, NotFound) as wrong:
            problem = wrong
        else:
            messages.success(request, f"{made.name} is {mailings.is_sent(made)}.", "ok")
            return redirect("mailing", made.pk)
    field = getattr(problem, "field", "") or ("repository" if problem else "")
    query = request.POST.get("query", "") if request.method == "POST" else request.GET.urlencode()
    wanted = filter_of(query)
    return show(
        request,
        "web/mailing_new.html",
        status=422 if problem else 200,
        title="Send a report by mail",
        query=query,
        filter=sentence(wanted) if wanted else "",
        given=request.POST.dict()
        if request.method == "POST"
        else {"what": "findings", "how": "attach", "zone": "UTC"},
        errors={field: f"{problem.message} {problem.hint}".strip()} if problem else {},
        channels=mailings.mail_channels(),
        repositories=repositories.list_repositories(caller),
        times=times_offered(),
        zones=zones(),
        formats=AS,
        lengths=lengths(),
        usual=str(usual()),
        crumbs=trail("scans", "reports"),
    )


@page(
    "reports/mail/<int:number>", name="mailing", title="Report by mail", action="report:read", section="scans"
)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """What is sent to whom, when, and what came of it each time."""
    caller = caller_of(request)
    found = mailings.get(caller, number)
    rows = mailings.sendings(caller, found)
    return show(
        request,
        "web/mailing.html",
        title=found.name,
        mailing=found,
        what=mailings.what(found),
        when=mailings.when(found),
        following=next((row for row in rows if row.done_at is None), None),
        done=[row for row in rows if row.done_at is not None],
        crumbs=trail("scans", "reports"),
    )


@page(
    "reports/mail/<int:number>/change",
    name="mailing-change",
    title="Change",
    action="report:mail",
    section="scans",
    methods=("POST",),
)
def change(request: HttpRequest, number: int) -> HttpResponseBase:
    """Pause it, let it go on, send it now, or remove it: what the button says."""
    caller, what = caller_of(request), request.POST.get("do", "")
    match what:
        case "pause" | "resume":
            mailings.set_paused(caller, number, what == "pause")
        case "send":
            mailings.send_now(caller, number)
            messages.success(
                request, "It is sent in a moment. Reload this page to see what came of it.", "ok"
            )
        case "remove":
            mailings.remove(caller, number)
            messages.success(request, "It is not sent any more.", "ok")
            return redirect("reports")
        case _:
            raise InvalidInput("There is no such button.", field="do")
    return redirect("mailing", number)
