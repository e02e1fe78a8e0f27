"""What a git request is about, and the words that a refusal of it reaches a person in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keyhole.core import request as core
from keyhole.core.decide import Reason
from keyhole.core.errors import BadCredentials, KeyholeError, NotFound, PermissionDenied
from keyhole.core.permissions import PermissionSet
from keyhole.gateway.http import HttpRequest
from keyhole.gateway.mirrored import refuse_mirror
from keyhole.repositories.models import Repository
from keyhole.tokens.authority import Bearer, Circumstances, Refused


@dataclass(frozen=True, slots=True)
class Subject:
    """One git request with whom and what it is about."""

    http: HttpRequest
    bearer: Bearer
    repository: Repository | None
    """None when there is none with that name; it is judged all the same, so that hidden and absent are alike."""
    core: core.Repository | None

    @property
    def git_dir(self) -> Path:
        """Where git finds it. Only for requests that were allowed, which an absent repository never is."""
        if self.repository is None:
            raise NotFound("Repository not found.")
        refuse_mirror(self.repository)
        return self.repository.git_dir

    @property
    def circumstances(self) -> Circumstances:
        """How the request came, for the record."""
        return Circumstances(
            surface="git",
            method=self.http.method,
            target=self.http.target.render().decode("ascii"),
            address=self.http.address,
            agent=self.http.agent,
        )


def denied_text(subject: Subject, refused: Refused) -> KeyholeError:
    """The refusal as git's users know it."""
    if refused.status == 404 or subject.core is None:
        return NotFound("Repository not found.")
    if refused.status == 401:
        return BadCredentials("Bad credentials")
    needs = " or ".join(_words(needed) for needed in refused.denied.needs) or "something no permission gives"
    return PermissionDenied(
        f"Permission to {subject.core.full_name}.git denied to {subject.bearer.name}.",
        hint=f"This needs {needs}; the token has {_words(refused.denied.has) or 'no permission'} on its repositories.",
    )


def refused_refs(refused: Refused, paths: dict[str, str]) -> dict[str, str]:
    """Refs at fault -> why, in GitHub's words; empty when it is about the push as a whole."""
    if refused.denied.reason is Reason.WORKFLOWS_MISSING:
        return {
            ref: f"refusing to allow this fine-grained token to create or update workflow `{path}` without "
            "`workflows` permission"
            for ref, path in paths.items()
        }
    if refused.denied.reason is Reason.REF_NOT_ALLOWED:
        return {refused.denied.detail: "only branches and tags can be pushed"}
    return {}


def _words(permissions: PermissionSet) -> str:
    return " and ".join(f"{name}: {level.word}" for name, level in permissions.items())
