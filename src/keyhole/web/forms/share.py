"""The form "Share by link", and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from keyhole.core.errors import InvalidInput
from keyhole.core.plural import counted
from keyhole.core.secret import Secret
from keyhole.reports import shares
from keyhole.reports.dataset import Dataset
from keyhole.web.caller import caller_of
from keyhole.web.forms.numbers import whole_number
from keyhole.web.render import show

_CHOICES = (1, 7, 14, 30, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class ShareForm:
    """What was asked for."""

    days: int
    password: Secret | None

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> ShareForm:
        """What was sent. InvalidInput, naming the field."""
        password = sent.get("password", "")[:1025]
        if password != sent.get("again", "")[:1025]:
            raise InvalidInput("The two passwords are not the same.", field="again")
        return cls(whole_number(sent.get("days", "")), Secret(password) if password else None)


def lengths() -> list[tuple[int, str]]:
    """Days that a link may work for, and the words for it."""
    most: int = settings.KEYHOLE_MAX_SHARE_DAYS
    days = sorted({each for each in (*_CHOICES, most) if 0 < each <= most})
    return [(each, counted(each, "day")) for each in days]


def usual() -> int:
    """What is chosen at first."""
    return min(shares.DEFAULT_DAYS, int(settings.KEYHOLE_MAX_SHARE_DAYS))


def shared(
    request: HttpRequest,
    report: Dataset,
    *,
    back: str,
    crumbs: list[tuple[str, str]],
    scan: int | None = None,
) -> HttpResponse:
    """The form; sent rightly, the page that shows the link once. `back` is where the report is looked at."""
    problem: InvalidInput | None = None
    if request.method == "POST":
        try:
            form = ShareForm.of(request.POST.dict())
            made = shares.create(
                caller_of(request), report, scan=scan, days=form.days, password=form.password
            )
        except InvalidInput as wrong:
            problem = wrong
        else:
            return show(
                request,
                "web/share_once.html",
                title="The report is shared",
                share=made.share,
                link=made.link.reveal(),
                crumbs=crumbs,
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
        back=back,
        crumbs=crumbs,
    )
