"""A shared report, for whoever has its link: exactly what was frozen in it, without an account, and nothing else."""

from __future__ import annotations

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from keyhole.core.errors import KeyholeError
from keyhole.core.secret import Secret
from keyhole.reports import shares
from keyhole.reports.models import Share
from keyhole.reports.renderers import as_html
from keyhole.reports.renderers.interface import renderers
from keyhole.reports.services import document
from keyhole.web import throttle
from keyhole.web.caller import address_of
from keyhole.web.registry import OPEN, page
from keyhole.web.render import show

_COOKIE = "keyhole-shared"
_OPEN_COOKIE = "keyhole-shared-open"
_SALT = "keyhole.shared"
_SECONDS = 12 * 3600
"""How long a browser remembers the link and its password; then the link has to be opened again."""


@page("shared/<str:token>", name="shared-link", title="Shared report", action=OPEN)
def link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Take the token out of the address at once, so that it is in no history and no screenshot."""
    share = shares.find(Secret(token))
    if share is None:
        shares.refused(Secret(token), address_of(request))
        return _nothing(request)
    path = reverse("shared", args=[shares.handle(share)])
    response = redirect(path)
    _set(request, response, _COOKIE, token, share, path)
    return _closed(response)


@page(
    "shared/report/<slug:handle>", name="shared", title="Shared report", action=OPEN, methods=("GET", "POST")
)
def report(request: HttpRequest, handle: str) -> HttpResponseBase:
    """The report, or first the question for its password."""
    share = _share(request, handle)
    if share is None:
        return _nothing(request)
    if _locked(request, share):
        # A form without a referrer would be sent with the origin `null`, which proves nothing.
        return _closed(_password(request, share), referrer="same-origin")
    shares.opened(share, address_of(request), "page")
    downloads = [
        (each.title, reverse("shared-file", args=[handle, each.id]))
        for each in renderers().values()
        if each.id != "text"
    ]
    response = HttpResponse(as_html.document(share.report(), downloads))
    response["Content-Security-Policy"] = f"{as_html.policy()}; frame-ancestors 'none'"
    return _closed(response)


@page("shared/report/<slug:handle>/<slug:form>", name="shared-file", title="Shared report", action=OPEN)
def file(request: HttpRequest, handle: str, form: str) -> HttpResponseBase:
    """The same report in another format."""
    share = _share(request, handle)
    if share is None or form not in renderers():
        return _nothing(request)
    if _locked(request, share):
        return _closed(redirect("shared", handle))
    shares.opened(share, address_of(request), form)
    found = document(share.report(), form, "keyhole-report")
    response = HttpResponse(found.body, content_type=found.media)
    response["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return _closed(response)


def _share(request: HttpRequest, handle: str) -> Share | None:
    token = Secret(request.COOKIES.get(_COOKIE, ""))
    share = shares.find(token)
    if share is None:
        shares.refused(token, address_of(request))
    return share if share is not None and shares.handle(share) == handle else None


def _locked(request: HttpRequest, share: Share) -> bool:
    """Whether the password is still to be given in this browser."""
    if not share.password:
        return False
    try:
        given = signing.loads(request.COOKIES.get(_OPEN_COOKIE, ""), salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        return True
    return bool(given != share.pk)


def _password(request: HttpRequest, share: Share) -> HttpResponseBase:
    """The question; answered rightly, the report."""
    problem: KeyholeError | None = None
    address, name = address_of(request), f"share {share.pk}"
    if request.method == "POST":
        if throttle.too_many(address, name) or throttle.too_many_for_link(share.pk):
            problem = throttle.wait()
        elif shares.password_is(share, Secret(request.POST.get("password", ""))):
            throttle.succeeded(address, name)
            response = redirect("shared", shares.handle(share))
            path = reverse("shared", args=[shares.handle(share)])
            _set(request, response, _OPEN_COOKIE, signing.dumps(share.pk, salt=_SALT), share, path)
            return response
        else:
            throttle.failed(address, name)
            throttle.link_failed(share.pk)
            shares.refused(Secret(request.COOKIES.get(_COOKIE, "")), address, "the password was wrong")
            problem = KeyholeError("That is not the password.", hint="Ask whoever sent you the link.")
    return show(
        request,
        "web/shared_password.html",
        status=422 if problem else 200,
        title="A report was shared with you",
        problem=problem,
    )


def _set(
    request: HttpRequest, response: HttpResponseBase, name: str, value: str, share: Share, path: str
) -> None:
    left = int((share.ends_at - timezone.now()).total_seconds())
    response.set_cookie(
        name,
        value,
        max_age=max(1, min(_SECONDS, left)),
        path=path,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def _nothing(request: HttpRequest) -> HttpResponseBase:
    """The same whether there never was such a link, it has expired, or it was revoked."""
    return _closed(show(request, "web/shared_nothing.html", status=404, title="There is no report here"))


def _closed(response: HttpResponseBase, *, referrer: str = "no-referrer") -> HttpResponseBase:
    """For one person's eyes: kept nowhere, told to nobody, found by no search engine."""
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = referrer
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
