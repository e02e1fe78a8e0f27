"""The pre-filled address of GitHub's form "New fine-grained personal access token".

https://docs.github.com/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens
says which parameters there are: `name`, `description`, `target_name`, `expires_in`, and one per permission. There is
none for the repositories, and GitHub Enterprise Server's documentation has no such address.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from keyhole.planner.plan import Plan
from keyhole.planner.request import LONGEST_DESCRIPTION, LONGEST_NAME
from keyhole.planner.server import prefills
from keyhole.providers.github.instance import Instance

_SHORT = re.compile(r"( \(|,).*")
_TOKEN = " token"  # noqa: S105  # a word, not a secret
FORM = "/settings/personal-access-tokens/new"


def link(plan: Plan, instance: Instance) -> str:
    """The address for this plan; empty where there is none.

    That is on Enterprise Server, for a plan with nothing to grant, and for tools that take no token.
    """
    if not prefills(instance) or plan.empty or not plan.takes_token:
        return ""
    request = plan.request
    fields = [("name", token_name(plan)), ("description", description(plan))]
    if request.owner:
        fields.append(("target_name", request.owner))
    fields.append(("expires_in", "none" if request.days is None else str(request.days)))
    fields += [(each.name, each.level.word) for each in plan.granted if each.published and not each.fixed]
    return f"{instance.web}{FORM}?{urlencode(fields, quote_via=quote)}"


def token_name(plan: Plan) -> str:
    """The name of the token: the one that was asked for, or one that says what it is for; at most 40 characters."""
    if plan.request.name:
        return plan.request.name
    titles = [_SHORT.sub("", preset.title) for preset in plan.presets]
    whole = " + ".join(titles) or ("Keyhole" if plan.request.features else "Integration")
    longest = LONGEST_NAME - len(_TOKEN)
    if len(whole) > longest:
        whole = whole[: longest + 1].rpartition(" ")[0].rstrip(" +,")
    return f"{whole}{_TOKEN}"


def description(plan: Plan) -> str:
    """What the token is for and what it may, for whoever finds it in a list; at most 1,024 characters."""
    held = ", ".join(f"{each.name}: {each.level.word}" for each in plan.granted)
    users = list(dict.fromkeys(demand.by for demand in plan.demands if demand.operation is None))
    purpose = f"For {', '.join(users)}. " if users else "Planned from the requests of a tool. "
    text = f"{purpose}Least permissions, planned with Keyhole: {held}."
    return text if len(text) <= LONGEST_DESCRIPTION else f"{text[: LONGEST_DESCRIPTION - 3]}..."
