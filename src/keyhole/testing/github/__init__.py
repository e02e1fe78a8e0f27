"""A GitHub with real fine-grained permissions, for integration tests: a real HTTP server on this machine.

    from keyhole.testing.github import GitHub

See docs/sandbox.md for what it does, and for what of it is recorded, documented or derived.
"""

from keyhole.testing.github.apps import App, Installation
from keyhole.testing.github.record import Recorded
from keyhole.testing.github.sandbox import GitHub
from keyhole.testing.github.tokens import Kind, SandboxToken, State
from keyhole.testing.github.world import Organization, Policy, Repository, User

__all__ = [
    "App", "GitHub", "Installation", "Kind", "Organization", "Policy", "Recorded", "Repository", "SandboxToken",
    "State", "User",
]  # fmt: skip
