"""The thirteen steps of generating the token, with what to choose at each of them."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.core.permissions import Group
from keyhole.core.plural import counted
from keyhole.core.request import OwnerKind
from keyhole.core.summary import capitalised
from keyhole.planner.link import description, link, token_name
from keyhole.planner.plan import Granted, Plan
from keyhole.planner.server import called
from keyhole.providers.github.instance import Instance


@dataclass(frozen=True, slots=True)
class Step:
    """One of them."""

    title: str
    """What to do, in the words of the page that is being looked at."""
    hint: str = ""
    """More about it; may be empty."""
    values: tuple[str, ...] = ()
    """What to enter or select there, each to be copied by itself."""
    address: str = ""
    """Where the step leads, if that can be opened directly."""


_GROUPS = {
    Group.REPOSITORY: "Repository permissions",
    Group.ORGANIZATION: "Organization permissions",
    Group.ACCOUNT: "Account permissions",
}


def steps(plan: Plan, instance: Instance) -> tuple[Step, ...]:
    """The thirteen, in their order. A pre-filled link stands in for steps 2 to 8 and 11, and says so."""
    return (*_way_to_the_form(plan, instance), *_form(plan, instance))


def _way_to_the_form(plan: Plan, instance: Instance) -> tuple[Step, ...]:
    short = " The pre-filled link opens the form of step 7 at once." if link(plan, instance) else ""
    return (
        Step(
            f"Sign in to {called(instance)}",
            f"As the person whom the token will act for.{short}",
            address=instance.web,
        ),
        Step(
            "Open Settings",
            "Your picture in the upper-right corner, then Settings.",
            address=f"{instance.web}/settings/profile",
        ),
        Step(
            "Developer settings",
            "At the end of the menu on the left.",
            address=f"{instance.web}/settings/apps",
        ),
        Step("Personal access tokens", "In the menu on the left."),
        Step(
            "Fine-grained tokens",
            "Below it; not Tokens (classic).",
            address=f"{instance.web}/settings/personal-access-tokens",
        ),
        Step(
            "Generate new token",
            "At the top of the list.",
            address=f"{instance.web}/settings/personal-access-tokens/new",
        ),
    )


def _form(plan: Plan, instance: Instance) -> tuple[Step, ...]:
    owner = plan.request.owner
    return (
        Step(
            "Enter a token name",
            f"Then choose {owner} as the resource owner."
            if owner
            else "The resource owner is your own account.",
            (token_name(plan), *((owner,) if owner else ())),
        ),
        Step("Set an expiration", "Shorter is safer.", (_expiration(plan.request.days),)),
        *_repository_steps(plan),
        Step(
            "Set the permissions",
            _permission_hint(plan),
            tuple(permission_line(each) for each in plan.granted),
        ),
        Step("Generate token", _generate_hint(plan), (description(plan),)),
        Step(
            "Copy the token now",
            "It is displayed only once. Paste it where it is needed or into Keyhole, and nowhere else.",
        ),
    )


def _expiration(days: int | None) -> str:
    return "No expiration" if days is None else counted(days, "day")


def _repository_steps(plan: Plan) -> tuple[Step, Step]:
    chosen = plan.request.repositories
    if not plan.needs_repositories:
        return (
            Step(
                "Repository access: Only select repositories",
                "Not for this plan: leave it at Public repositories.",
            ),
            Step("Select the repositories", "None: no permission of this plan is about repositories."),
        )
    return (
        Step(
            "Repository access: Only select repositories",
            "Not All repositories: that includes every future one.",
            ("Only select repositories",),
        ),
        Step(
            "Select the repositories",
            f"{capitalised(counted(len(chosen), 'repository'))}."
            if chosen
            else "Those that the tool works on, and no others.",
            tuple(name.rpartition("/")[2] for name in chosen),
        ),
    )


def _permission_hint(plan: Plan) -> str:
    groups = list(dict.fromkeys(_GROUPS[each.group] for each in plan.granted))
    return f"Under {' and '.join(groups)}; leave all others at No access." if groups else "None."


def permission_line(granted: Granted) -> str:
    """A permission as the form words it: `Contents: Read-only`."""
    words = {1: "Read-only", 2: "Read and write", 3: "Admin"}
    return f"{granted.title}: {words[int(granted.level)]}"


def _generate_hint(plan: Plan) -> str:
    look = "Look the summary over first. "
    if plan.request.owner_kind is OwnerKind.ORGANIZATION:
        return (
            f"{look}The description says what it is for, to you and to the owner who may have to approve it."
        )
    return f"{look}The description is for whoever finds the token in the list."
