"""Making the environments and policies that Keyhole offers to begin with."""

from __future__ import annotations

from keyhole.core.caller import Caller
from keyhole.core.names import plain
from keyhole.environments import policies, services
from keyhole.environments.examples import DUE_DAYS, examples


def take_examples(caller: Caller) -> list[str]:
    """Makes an environment of each, with its policy, as far as there is none of the name; returns the names made."""
    known = {plain(row.name): row for row in policies.list_policies(caller)}
    there = {plain(row.name) for row in services.list_environments(caller)}
    made = []
    for rank, (name, policy) in enumerate(examples().items(), start=1):
        if plain(policy.name) in there:
            continue
        row = known.get(plain(policy.name)) or policies.create(caller, policy)
        services.create(
            caller,
            services.EnvironmentSpec(policy.name, policy.description, 10 * rank, row.pk, DUE_DAYS[name]),
        )
        made.append(policy.name)
    return made
