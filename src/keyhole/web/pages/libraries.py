"""Libraries: every package that the connected repositories use, who uses it, and what is known against it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict

from keyhole.inventory import services
from keyhole.inventory.services import PAGE, LibraryFilter
from keyhole.repositories.services import list_repositories
from keyhole.scanners.dependencies.versions import spelled
from keyhole.web.caller import caller_of
from keyhole.web.registry import Nav, page, trail
from keyhole.web.render import show

_GIVEN = ("q", "ecosystem", "relation", "use", "licence", "repository", "affected")


@page("libraries", name="libraries", title="Libraries", action="finding:read", nav=Nav("Libraries", 37))
def listing(request: HttpRequest) -> HttpResponse:
    """The libraries that match, by name, a hundred a page."""
    caller = caller_of(request)
    given = {name: value for name in _GIVEN if (value := request.GET.get(name, "").strip()[:254])}
    if "ecosystem" in given:
        given["ecosystem"] = spelled(given["ecosystem"])
    number = _page_number(request.GET)
    total, rows = services.list_libraries(caller, _wanted(given), number)
    return show(
        request,
        "web/libraries.html",
        title="Libraries",
        rows=[(row, urlencode({"ecosystem": row.ecosystem, "name": row.key})) for row in rows],
        total=total,
        given=given,
        query=urlencode(given),
        number=number,
        more=total > number * PAGE,
        ecosystems=services.ecosystems(caller),
        repositories=list_repositories(caller),
        stocks=services.stocks(caller),
    )


@page("libraries/one", name="library", title="Library", action="finding:read", section="libraries")
def one(request: HttpRequest) -> HttpResponse:
    """Who uses one library, at which versions and through which others, and what is known against it."""
    caller = caller_of(request)
    ecosystem, key = spelled(request.GET.get("ecosystem", "")[:40]), request.GET.get("name", "")[:300]
    uses = services.uses(caller, ecosystem, key)
    covered = ecosystem in services.covered()
    return show(
        request,
        "web/library.html",
        title=uses[0].name,
        ecosystem=ecosystem,
        uses=uses,
        versions=sorted({each.version for each in uses if each.version}),
        repositories={each.stock.repository_id for each in uses},
        licences=sorted({each.licences for each in uses if each.licences}),
        problems=services.problems(caller, ecosystem, key),
        covered=covered,
        assessed=covered and all(each.version for each in uses),
        crumbs=trail("libraries"),
    )


def _wanted(given: dict[str, str]) -> LibraryFilter:
    number = given.get("repository", "")
    return LibraryFilter(
        text=given.get("q", ""),
        ecosystem=given.get("ecosystem", ""),
        relation=given.get("relation", ""),
        use=given.get("use", ""),
        licence=given.get("licence", ""),
        repository_id=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None,
        affected="affected" in given,
    )


def _page_number(data: QueryDict) -> int:
    text = data.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
