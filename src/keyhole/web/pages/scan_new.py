"""New code scan: name, description, provider, repository, branch or tag, token, scanners, run now."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect

from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError, NotFound
from keyhole.environments.models import UPSTREAM
from keyhole.environments.services import list_environments
from keyhole.repositories import services as repositories
from keyhole.repositories.models import Repository
from keyhole.scanners.registry import all_scanners
from keyhole.scans import services as scans
from keyhole.scans.services import ScanSpec
from keyhole.web.caller import caller_of
from keyhole.web.forms.numbers import whole_number
from keyhole.web.forms.scanners import offered
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_DEFAULT = ("secrets",)


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form. Nothing is checked yet."""

    name: str = ""
    description: str = ""
    repository: str = ""
    more: frozenset[str] = frozenset()
    """Ids of further repositories, each of which gets a scan of its own."""
    ref: str = ""
    scanners: tuple[str, ...] = _DEFAULT
    environment: str = ""
    upstream: tuple[str, ...] = ()
    run_now: bool = True


@page(
    "scans/new",
    name="scan-new",
    title="New code scan",
    action="scan:create",
    section="scans",
    methods=("GET", "POST"),
)
def new(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, it creates the scan and shows it, or the list of them if there are several."""
    caller = caller_of(request)
    connected = repositories.list_repositories(caller)
    if request.method != "POST":
        only = str(connected[0].pk) if len(connected) == 1 else ""
        return _form(request, connected, Form(repository=request.GET.get("repository", only)))
    form = _posted(request.POST)
    try:
        spec = _spec(form, connected)
        made = scans.create_each(caller, spec, [spec.repository_id, *_more(form, connected)])
    except (InvalidInput, Conflict, NotFound) as problem:
        return _form(request, connected, form, problem)
    return redirect("scan", made[0].pk) if len(made) == 1 else redirect("scans")


@page("scans/new/refs", name="scan-refs", title="Branches and tags", action="scan:create", section="scans")
def branches_and_tags(request: HttpRequest) -> HttpResponse:
    """What the field for branch or tag offers once a repository is chosen."""
    chosen = _chosen(repositories.list_repositories(caller_of(request)), request.GET.get("repository", ""))
    return show(request, "web/parts/refs.html", refs=_refs(caller_of(request), chosen))


def _posted(data: QueryDict) -> Form:
    return Form(
        name=data.get("name", "").strip(),
        description=data.get("description", "").strip(),
        repository=data.get("repository", ""),
        more=frozenset(data.getlist("more")),
        ref=data.get("ref", "").strip(),
        scanners=tuple(data.getlist("scanners")),
        environment=data.get("environment", ""),
        upstream=tuple(data.getlist("upstream")),
        run_now="run_now" in data,
    )


def _spec(form: Form, connected: list[Repository]) -> ScanSpec:
    chosen = _chosen(connected, form.repository)
    if chosen is None:
        raise InvalidInput("Choose the repository to scan.", field="repository")
    if not form.scanners or set(form.scanners) - set(all_scanners()):
        raise InvalidInput("Choose at least one scanner.", field="scanners")
    return ScanSpec(
        name=form.name,
        description=form.description,
        repository_id=chosen.pk,
        ref=form.ref,
        scanners=form.scanners,
        environment_id=whole_number(form.environment) if form.environment else None,
        upstream=form.upstream,
        run_now=form.run_now,
    )


def _more(form: Form, connected: list[Repository]) -> list[int]:
    if form.more - {str(row.pk) for row in connected}:
        raise InvalidInput("One of the repositories that were chosen is not there.", field="more")
    return [row.pk for row in connected if str(row.pk) in form.more]


def _chosen(connected: list[Repository], number: str) -> Repository | None:
    return next((row for row in connected if str(row.pk) == number), None)


def _by_provider(connected: list[Repository]) -> list[tuple[str, list[Repository]]]:
    groups = (
        ("Local folder", [row for row in connected if row.is_served]),
        ("GitHub", [row for row in connected if not row.is_served]),
    )
    return [(title, rows) for title, rows in groups if rows]


def _refs(caller: Caller, chosen: Repository | None) -> list[str]:
    if chosen is None:
        return []
    try:
        names = scans.refs_of(caller, chosen.pk)
    except KeyholeError:
        return []  # the field is free text, and creating the scan says what is wrong with the repository
    short = [name.removeprefix("refs/heads/").removeprefix("refs/tags/") for name in names]
    return [name for name in short if name.isprintable()]  # a name that is not even UTF-8 cannot be sent back


def _form(
    request: HttpRequest, connected: list[Repository], form: Form, problem: KeyholeError | None = None
) -> HttpResponse:
    field = getattr(problem, "field", "") or ("name" if problem else "")
    named = _refs(caller_of(request), _chosen(connected, form.repository))
    return show(
        request,
        "web/scan_new.html",
        status=422 if problem else 200,
        title="New code scan",
        form=form,
        repositories=connected,
        providers=_by_provider(connected),
        refs=named,
        scanners=offered(),
        environments=list_environments(caller_of(request)),
        told=UPSTREAM.items(),
        errors={field: problem.message} if problem else {},
        problem=problem,
        crumbs=trail("scans"),
    )
