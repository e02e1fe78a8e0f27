"""The guide's half of the demo: a token for GitHub planned, made, checked, sealed, used and noticed dead.

GitHub is the sandbox here, a server on this machine that enforces GitHub's published permissions.
"""

from __future__ import annotations

import re

from keyhole.cli.demo.stage import Step, StepFailed
from keyhole.cli.demo.visitor import Visitor
from keyhole.cli.demo.world import World
from keyhole.cli.output import count
from keyhole.core.secret import Secret

_PERSON = "octavia"
_TOKEN = re.compile(r"github_pat_[0-9A-Za-z_]{40,}")


def sandbox(world: World) -> str:
    """A GitHub to try it with started: the sandbox."""
    github = world.start_sandbox()
    github.add_user(_PERSON)
    _, _, name = world.full_name.partition("/")
    world.on_github = f"{_PERSON}/{name}"
    github.add_repository(world.on_github, private=True, source=world.source)
    github.add_repository(f"{_PERSON}/payroll", private=True)
    return f"{github.url} enforces GitHub's published permissions; {world.on_github} is a private repository there"


def plan(world: World) -> str:
    """Least permissions planned for a code scan, with a link that fills in GitHub's form."""
    planned = world.keyhole(
        "plan", "--feature", "scan", "--owner", _PERSON, "--owner-kind", "user",
        "--repository", world.on_github, "--name", "Keyhole code scan", "--github", world.sandbox.url,
    )  # fmt: skip
    if not planned["link"]:
        raise StepFailed("The plan has no link.")
    world.link = planned["link"]
    permissions = ", ".join(f"{name}: {level}" for name, level in planned["permissions"].items())
    return f"{permissions}\n{planned['link']}"


def make(world: World) -> str:
    """The link followed, the one repository selected, the token generated there."""
    visitor = Visitor(world.sandbox.url)
    visitor.open(world.link)
    visitor.submit("Sign in as", {"login": _PERSON})
    repository = next(
        each for each in world.sandbox.world.repositories.values() if each.full_name == world.on_github
    )
    visitor.submit("Generate token", {"access": "selected", "repository": str(repository.id)})
    found = _TOKEN.search(visitor.page)
    if found is None:
        raise StepFailed("No token was shown.")
    world.github_token = Secret(found[0])
    return f"signed in as {_PERSON}, “Only select repositories”: {world.on_github}; displayed once, copied"


def inspect(world: World) -> str:
    """The token checked with requests that change nothing."""
    before = world.sandbox.changes
    report = world.keyhole(
        "inspect", "--github", world.sandbox.url, "--owner", _PERSON, "--repository", world.on_github,
        "--permission", "contents=read", secret=world.github_token,
    )  # fmt: skip
    if world.sandbox.changes != before:
        raise StepFailed("The check changed something.")
    if not report["comparison"]["fits"]:
        raise StepFailed(f"The token does not fit the plan: {report['comparison']}")
    return f"{report['sentence']}\n{count(report['requests'], 'request')}, nothing changed on GitHub"


def seal(world: World) -> str:
    """The token sealed as a connection, and the repository taken in."""
    made = world.keyhole(
        "connect", "github", "--github", world.sandbox.url, "--owner", _PERSON,
        "--repository", world.on_github, "--name", "demo", secret=world.github_token,
    )  # fmt: skip
    if made["state"] != "healthy" or made["taken_in"] != [world.on_github]:
        raise StepFailed(f"The connection is {made['state']} and took in {made['taken_in']}.")
    return f"AES-256-GCM, bound to its place; working, expires {made['expires_at'][:10]}; {world.on_github} taken in"


def scan_there(world: World) -> str:
    """The repository on GitHub fetched and scanned with it."""
    outcome = world.keyhole("scan", world.on_github)
    if outcome["status"] != "complete":
        raise StepFailed(f"The scan is {outcome['status']}: {'; '.join(outcome['reasons'])}")
    return f"{count(outcome['objects'], 'object')} read, {count(len(outcome['findings']), 'finding')}"


def notice(world: World) -> str:
    """Token revoked on GitHub, and the next probe notices."""
    if world.github_token is None:
        raise StepFailed("There is no token.")
    world.sandbox.revoke(world.github_token.reveal())
    told = world.keyhole("connection", "check", "demo")
    if told["state"] != "sick":
        raise StepFailed(f"The connection is still {told['state']}.")
    return f"{told['reason']}\n{told['hint']}"


STEPS: tuple[Step, ...] = (sandbox, plan, make, inspect, seal, scan_there, notice)
"""The guide, in order."""
