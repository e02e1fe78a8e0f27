"""The code around a finding, read from the repository when somebody looks, and never kept."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from keyhole.accounts.services import allows, require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.escaping import unescape
from keyhole.core.terms import Place
from keyhole.findings.masking import Line, lines_around, window
from keyhole.findings.merging import file_mark, line_mark
from keyhole.findings.models import Problem
from keyhole.providers.gitcli import GitError, run
from keyhole.repositories.lookup import is_there

LARGEST = 1 << 20
"""Bytes of a file that is still shown."""
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Code:
    """The lines, or why there are none."""

    lines: tuple[Line, ...] = ()
    why_not: str = ""


def around(caller: Caller, problem: Problem) -> Code:
    """The lines around the finding's first place, as they are in its commit. That they were looked at is on record."""
    user = require(caller, "finding:read")
    if not allows(caller, user, "finding:code"):
        return Code(why_not="Your role does not include seeing code.")
    place = problem.data["locations"][0]
    if place.get("place", Place.FILE.value) != Place.FILE.value:
        return Code(why_not=f"It is in a {place['place']}, not in a file.")
    if not problem.commit:
        return Code(why_not="No commit names this file.")
    if problem.repository.removed_at is not None or not is_there(problem.repository):
        return Code(why_not="The repository is not where it was connected.")
    try:
        content = _read(problem)
    except GitError:
        return Code(why_not="This commit or file is not in the repository any more.")
    if isinstance(content, str):
        return Code(why_not=content)
    with transaction.atomic():
        append(
            Draft(
                action="finding:code",
                outcome=ALLOWED,
                actor=caller.as_actor(),
                subject={
                    "finding_id": problem.pk,
                    "repository": problem.repository.full_name,
                    "repository_id": problem.repository_id,
                    "commit": problem.commit,
                    "path": problem.path,
                },
            )
        )
    text = content.decode("utf-8", "surrogateescape")
    # Where a secret is in one version of a file, another version may have it on another line.
    marks = _secrets_in(problem)
    lines = {line for line in window(problem.line) if line_mark(problem.path, line) in marks}
    return Code(tuple(lines_around(text, problem.line, secrets=lines, near_secret=bool(marks))))


def _read(problem: Problem) -> bytes | str:
    """The file in the commit, or why it is not shown. GitError if there is none."""
    git_dir = problem.repository.git_dir
    # A name of the commit comes first, so that no path can be an option.
    name = f"{problem.commit}:{unescape(problem.path).decode('utf-8', 'surrogateescape')}"
    size = int(run(git_dir, "cat-file", "-s", name, timeout=_SECONDS))
    if size > LARGEST:
        return f"The file has {size:,} bytes; larger ones than {LARGEST:,} are not shown."
    content = run(git_dir, "cat-file", "blob", name, timeout=_SECONDS)
    if b"\0" in content:
        return "The file is not text."
    return content


def _secrets_in(problem: Problem) -> set[str]:
    """Marks of all that is, or was, a secret in this file, whatever became of it."""
    rows = Problem.objects.filter(repository=problem.repository_id, marks__contains=file_mark(problem.path))
    return {mark for marks in rows.values_list("marks", flat=True) for mark in marks.split()}
