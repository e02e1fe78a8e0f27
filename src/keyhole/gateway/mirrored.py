"""Repositories that lie on GitHub: their requests are authorized and then refused."""

from __future__ import annotations

from keyhole.gateway.errors import NotImplementedYet
from keyhole.repositories.models import Repository


def refuse_mirror(repository: Repository, explain: str = "") -> None:
    """Raises NotImplementedYet for a repository that lies on GitHub. To be asked once its request is authorized.

    Its mirror here is for code scans: a read from it could be out of date, a push into it would be lost.
    """
    if repository.is_served:
        return
    where = repository.marker.partition("#")[0]
    problem = NotImplementedYet(
        f"The request was authorized, but {repository.full_name} lies on {where}, and Keyhole does not pass "
        "requests on to it.",
        hint="Keyhole scans this repository; use a token of GitHub's own to read or push it.",
    )
    problem.explain = explain
    raise problem
