"""Settings -> Scan policies: what must hold for a scan to pass, tried on the past before it is switched on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core import gates
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError, NotFound
from keyhole.core.policy_text import from_json, from_text, to_toml
from keyhole.core.reach import in_words
from keyhole.environments import policies
from keyhole.environments.examples import examples
from keyhole.environments.models import Policy, PolicyVersion
from keyhole.environments.naming import check_scanners
from keyhole.environments.services import list_environments
from keyhole.findings.trying import MOST_EACH, Trial, try_policy
from keyhole.scanners.registry import all_scanners, reach
from keyhole.web.caller import caller_of
from keyhole.web.forms import gates as forms
from keyhole.web.forms.gates import GateForm
from keyhole.web.forms.numbers import whole_number
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_WAY = ("settings", "scan-policies")
_LAST = "3"


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy while it is written: as a form, or as text where `form` is None."""

    form: GateForm | None
    text: str

    @classmethod
    def of(cls, policy: gates.Policy, *, as_text: bool) -> Draft:
        """The policy, to be changed."""
        return cls(None if as_text else GateForm.of(policy), to_toml(policy))

    @classmethod
    def posted(cls, request: HttpRequest) -> Draft:
        """As it was sent."""
        if "text" in request.POST:
            return cls(None, request.POST["text"].replace("\r\n", "\n"))
        return cls(GateForm.posted(request.POST), "")

    def read(self) -> gates.Policy:
        """The policy that it says. InvalidInput, naming the field, if it says none."""
        if self.form is not None:
            self.form.check()
        policy = from_text(self.text) if self.form is None else from_json(self.form.data())
        check_scanners(policy)
        return policy


@page(
    "settings/scan-policies",
    name="scan-policies",
    title="Scan policies",
    action="environment:read",
    section="settings",
)
def listing(request: HttpRequest) -> HttpResponse:
    """The policies, and which environments select them."""
    return show(
        request,
        "web/scan_policies.html",
        title="Scan policies",
        policies=[_shown(row) for row in policies.list_policies(caller_of(request))],
        examples=examples().items(),
        crumbs=trail("settings"),
    )


def _shown(row: Any) -> dict[str, Any]:
    latest = row.versions.all()[0]
    users = [each.name for each in row.environments.all() if each.removed_at is None]
    return {"row": row, "version": latest, "gates": len(latest.data["gates"]), "users": users}


@page(
    "settings/scan-policies/<int:number>",
    name="scan-policy",
    title="Scan policy",
    action="environment:read",
    section="settings",
)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """What a policy demands, now or as an earlier version."""
    row = policies.get(caller_of(request), number)
    versions = list(row.versions.all())
    version = _version(row, versions, request.GET.get("version", ""))
    policy = version.as_core()
    return show(
        request,
        "web/scan_policy.html",
        title=row.name,
        crumbs=trail(*_WAY),
        needed=in_words(gates.needed(policy, reach((), ()))),
        **_shown(row) | {"policy": policy, "text": to_toml(policy), "version": version, "versions": versions},
    )


def _version(row: Policy, versions: list[PolicyVersion], wanted: str) -> PolicyVersion:
    """The version with that number, the last one for none. NotFound."""
    if not wanted:
        return versions[0]
    found = next((each for each in versions if each.number == whole_number(wanted)), None)
    if found is None:
        raise NotFound(f"{row.name} has no version {wanted[:20]}.", hint=f"The last is {versions[0].number}.")
    return found


@page(
    "settings/scan-policies/new",
    name="scan-policy-new",
    title="New scan policy",
    action="environment:change",
    section="settings",
    methods=("GET", "POST"),
)
def new(request: HttpRequest) -> HttpResponseBase:
    """The form, empty or as one of the examples; tried first, or kept."""
    if request.method != "POST":
        example = examples().get(request.GET.get("example", ""))
        as_text = "text" in request.GET
        if example is not None:
            return _edit(request, Draft.of(example, as_text=as_text))
        if as_text:
            return _edit(request, Draft(None, to_toml(examples()["development"])))
        return _edit(request, Draft(GateForm(rows=(forms.Row(0, "high"), forms.Row(1))), ""))
    draft = Draft.posted(request)
    if request.POST.get("do") != "save":
        return _edit(request, draft)
    try:
        policy = draft.read()
        made = policies.create(caller_of(request), policy)
    except KeyholeError as problem:
        return _edit(request, draft, problem)
    _note_strange(request, policy)
    messages.success(
        request, f"{made.name} is kept. It judges the scans of environments that select it.", "ok"
    )
    return redirect("scan-policy", made.pk)


@page(
    "settings/scan-policies/<int:number>/change",
    name="scan-policy-change",
    title="Change scan policy",
    action="environment:change",
    section="settings",
    methods=("GET", "POST"),
)
def change(request: HttpRequest, number: int) -> HttpResponseBase:
    """The form, or the text; tried first, or kept as a new version."""
    row = policies.get(caller_of(request), number)
    if request.method != "POST":
        return _edit(request, Draft.of(row.latest.as_core(), as_text="text" in request.GET), row=row)
    draft = Draft.posted(request)
    if request.POST.get("do") != "save":
        return _edit(request, draft, row=row)
    try:
        policy = draft.read()
        seen = whole_number(request.POST.get("seen", ""))
        changed = policies.change(caller_of(request), number, policy, seen)
    except KeyholeError as problem:
        return _edit(request, draft, problem, row=row)
    _note_strange(request, policy)
    messages.success(
        request, f"{changed.name} is at version {changed.latest.number}, for scans from now on.", "ok"
    )
    return redirect("scan-policy", number)


@page(
    "settings/scan-policies/<int:number>/remove",
    name="scan-policy-remove",
    title="Remove scan policy",
    action="environment:change",
    section="settings",
    methods=("GET", "POST"),
)
def remove(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, saying which environments it judges; those must let go of it."""
    row = policies.get(caller_of(request), number)
    if request.method == "POST":
        policies.remove(caller_of(request), number)
        messages.success(request, f"{row.name} is removed. Verdicts that it gave stay.", "ok")
        return redirect("scan-policies")
    return show(
        request, "web/scan_policy_remove.html", title="Remove scan policy", crumbs=trail(*_WAY), **_shown(row)
    )


def _note_strange(request: HttpRequest, policy: gates.Policy) -> None:
    for name in sorted(policy.scanners - set(all_scanners())):
        messages.warning(
            request,
            f"{name} is no scanner of Keyhole’s: what counts is what is imported under that name, "
            "and no other scan passes.",
            "warn",
        )


def _seen(request: HttpRequest, row: Any, problem: KeyholeError | None) -> str:
    """The version that the form was made from: kept until somebody has been told that there is a later one."""
    if row is None:
        return ""
    return (not isinstance(problem, Conflict) and request.POST.get("seen")) or str(row.latest.number)


def _edit(
    request: HttpRequest, draft: Draft, problem: KeyholeError | None = None, *, row: Any = None
) -> HttpResponse:
    trial: Trial | None = None
    if request.POST.get("do") == "try":
        try:
            trial = _tried(request, draft)
        except KeyholeError as wrong:
            problem = wrong
    errors = _beside(draft.form, problem) if problem and draft.form else {}
    return show(
        request,
        "web/scan_policy_edit.html",
        status=problem.status if problem else 200,
        title=f"Change {row.name}" if row is not None else "New scan policy",
        row=row,
        seen=_seen(request, row, problem),
        form=draft.form,
        text=draft.text,
        problem=problem,
        errors=errors,
        choices=forms,
        scanners=_scanners(draft.form.required if draft.form else ()),
        trial=trial,
        environments=list_environments(caller_of(request)),
        last=request.POST.get("last", _LAST),
        compared=request.POST.get("environment", ""),
        crumbs=trail(*_WAY),
    )


def _scanners(required: tuple[str, ...]) -> list[tuple[str, str]]:
    """Those that there are, and what is required besides: what is not offered would be lost."""
    known = {each.id: each.title for each in all_scanners().values()}
    return list((known | {name: name for name in required if name not in known}).items())


def _beside(form: GateForm, problem: KeyholeError) -> dict[str, str]:
    """The error by where the form shows it; nothing for one that stands nowhere in it."""
    field = getattr(problem, "field", "")
    place = form.place(field)
    if place in ("", "complete"):
        return {}
    return {place: f"{form.said(field, problem.message)} {problem.hint}".strip()}


def _tried(request: HttpRequest, draft: Draft) -> Trial:
    last = whole_number(request.POST.get("last", _LAST))
    if not 1 <= last <= MOST_EACH:
        raise InvalidInput(f"From 1 to {MOST_EACH} scans of each repository.", field="last")
    chosen = request.POST.get("environment", "")
    return try_policy(
        caller_of(request), draft.read(), last=last, environment_id=whole_number(chosen) if chosen else None
    )
