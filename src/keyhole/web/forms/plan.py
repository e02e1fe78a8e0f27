"""The form "What is this token for?": what was chosen as a plan request, and what the page shows to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from django.http import QueryDict

from keyhole.core.permissions import PermissionSet, vocabulary
from keyhole.planner.asked import Reading
from keyhole.planner.endpoints import read_endpoints
from keyhole.planner.features import FEATURES
from keyhole.planner.link import description, token_name
from keyhole.planner.plan import Plan, owner_kind_word
from keyhole.planner.presets import Certainty, Kind, Preset, presets
from keyhole.planner.query import Plain, from_query
from keyhole.planner.request import PlanRequest
from keyhole.repositories.models import Repository

OFFERED_DAYS = (7, 30, 60, 90, 366)
_SIGNS_IN = {Kind.PAT: "", Kind.APP: "GitHub App", Kind.OAUTH: "OAuth app", Kind.BUILT_IN: "no token"}
_SURE = {Certainty.EXACT: "", Certainty.PARTIAL: "partly verified", Certainty.UNVERIFIED: "unverified"}


@dataclass(frozen=True, slots=True)
class Tool:
    """One line of the list to choose from."""

    field: str
    value: str
    title: str
    about: str
    permissions: str
    badges: tuple[str, ...]
    checked: bool
    selectable: bool = True
    indented: bool = False
    """Whether it belongs to the line before it."""

    @property
    def key(self) -> str:
        """Its name among the ids of the page."""
        return f"{self.field}-{self.value.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class PlanForm:
    """What stands in the form."""

    request: PlanRequest
    observed: Reading
    """What was pasted or read from a file and is not part of the request: what nothing could be made of."""

    @property
    def endpoints(self) -> str:
        """The endpoints as lines."""
        return "\n".join(self.request.endpoints)

    @property
    def repositories(self) -> str:
        """The repositories as lines."""
        return "\n".join(self.request.repositories)

    @property
    def days(self) -> str:
        """The expiration as its field's value."""
        return "none" if self.request.days is None else str(self.request.days)

    @property
    def kind(self) -> str:
        """The kind of owner as its field's value."""
        return owner_kind_word(self.request.owner_kind)


def of_query(data: QueryDict) -> PlanForm:
    """The form that an address fills in."""
    return PlanForm(from_query(data), Reading())


def of_post(data: QueryDict) -> PlanForm:
    """The form as it was sent. InvalidInput when more was pasted than is read."""
    values = {
        name: data.getlist(name)
        for name in ("preset", "feature", "owner", "owner_kind", "days", "name", "github")
    }
    values["repository"] = data.get("repositories", "").replace(",", " ").split()
    blank = from_query(Plain(values))
    return with_reading(PlanForm(blank, Reading()), read_endpoints(data.get("endpoints", "")))


def with_reading(form: PlanForm, reading: Reading) -> PlanForm:
    """The form with what was read added: operations become endpoint lines, in their own spelling."""
    lines = tuple(dict.fromkeys((*form.request.endpoints, *reading.lines)))
    return PlanForm(
        replace(form.request, endpoints=lines),
        Reading(
            unmatched=(*form.observed.unmatched, *reading.unmatched),
            notes=(*form.observed.notes, *reading.notes),
        ),
    )


def own_features(request: PlanRequest) -> list[Tool]:
    """Keyhole's features as lines of the form."""
    return [
        Tool(
            "feature",
            each.id,
            each.title,
            f"Keyhole {each.about}.",
            _spelled(each.permissions),
            (),
            each.id in request.features,
        )
        for each in FEATURES.values()
    ]


def tools(request: PlanRequest) -> list[Tool]:
    """The presets with their options as lines: those that are chosen first, those that cannot be chosen last."""
    chosen = {wanted.partition(".")[0] for wanted in request.presets}
    known = sorted(presets().values(), key=lambda each: (each.id not in chosen, not each.selectable))
    return [line for each in known for line in _lines(each, request.presets)]


def _lines(preset: Preset, chosen: Sequence[str]) -> list[Tool]:
    signs_in = ", ".join(filter(None, (_SIGNS_IN[kind] for kind in preset.kinds)))
    badges = tuple(filter(None, (signs_in if Kind.PAT not in preset.kinds else "", _SURE[preset.certainty])))
    first = Tool(
        "preset",
        preset.id,
        preset.title,
        preset.about if preset.selectable else f"{preset.about} {preset.notes}",
        _spelled(preset.permissions),
        badges,
        preset.selectable and preset.id in chosen,
        preset.selectable,
    )
    return [
        first,
        *(
            Tool(
                "preset",
                each.id,
                each.when.partition(".")[0],
                "",
                _spelled(each.permissions),
                (),
                each.id in chosen,
                indented=True,
            )
            for each in preset.options
        ),
    ]


def _spelled(permissions: PermissionSet) -> str:
    known = vocabulary().permissions
    return ", ".join(f"{known[name].title}: {level.word}" for name, level in permissions.items())


def keyhole_token_query(plan: Plan, connected: Sequence[Repository]) -> str:
    """The query that fills in Keyhole's own form "Generate new token" with the same plan."""
    request = plan.request
    fields = [("name", token_name(plan)), ("description", description(plan))]
    fields += [("target_name", request.owner)] if request.owner else []
    fields.append(("expires_in", "none" if request.days is None else str(request.days)))
    fields += (
        [("preset", plan.presets[0].id)] if len(plan.presets) == 1 else []
    )  # whose set-up texts are shown then
    fields += [(each.name, each.level.word) for each in plan.granted]
    wanted = {name.lower() for name in request.repositories}
    fields += [("repositories", str(row.pk)) for row in connected if row.full_name.lower() in wanted]
    return urlencode(fields, quote_via=quote)
