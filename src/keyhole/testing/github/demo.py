"""The world that `keyhole sandbox` serves: two people, an organization, four repositories."""

from __future__ import annotations

from keyhole.testing.github.sandbox import GitHub
from keyhole.testing.github.tokens import checked_text

_API = """from flask import Flask

app = Flask(__name__)


@app.get("/tide/<station>")
def tide(station: str) -> dict[str, str]:
    return {"station": station, "state": "rising"}
"""
_WORKFLOW = """on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: make test
"""


def fill(github: GitHub) -> None:
    """Adds everybody and everything."""
    alice = github.add_user("alice", name="Alice Ahoy", email="alice@example.invalid")
    bob = github.add_user("bob", name="Bob Bilge", email="bob@example.invalid")
    github.add_organization("harbour", owners=[alice], members=[bob])
    github.add_repository(
        "harbour/tide-api",
        private=True,
        description="Tells the tide",
        files={
            "README.md": "# tide-api\n\nTells the tide.\n",
            "tide.py": _API,
            "requirements.txt": "flask==2.0.1\n",
            ".github/workflows/test.yml": _WORKFLOW,
            # For code scans to find: in the shape of a classic token, and never one that opened anything.
            "deploy/settings.ini": f"[deploy]\ntoken = {checked_text('ghp_')}\n",
        },
        collaborators={bob: "push"},
    )
    github.add_repository("harbour/payroll", private=True, description="Nobody's business")
    github.add_repository("harbour/site", private=False, description="harbour.example")
    github.add_repository("alice/notes", private=True)
