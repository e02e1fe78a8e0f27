"""Bare copies of GitHub repositories, for scanning: branches and tags, made and brought up to date by git itself.

Git connects to the address that was checked, follows no redirect (a renamed repository is found again by its id), and
gets the credential as `handover` describes.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from keyhole.core.secret import Secret
from keyhole.providers.addresses import CannotLookUp, pin
from keyhole.providers.gitcli import GitError, follow, over_http, run, succeeds
from keyhole.providers.github.client import at
from keyhole.providers.github.greeting import greet
from keyhole.providers.github.handover import handed
from keyhole.providers.github.instance import Instance
from keyhole.providers.github.problems import GitHubProblem, ProblemKind, shown
from keyhole.providers.outgoing import Outgoing, configured

Progress = Callable[[str, int, int], None]
"""Told what is under way (`Receiving objects`), how many are done, and of how many; both 0 while uncounted."""

REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
"""What is copied. Pull requests (refs/pull) are not: a repository may have a hundred thousand."""
_HOURS = 3600.0
_STALLED_SECONDS = 60
_COUNTED = re.compile(r"(?:remote: )?([A-Z][a-z]+ [a-z]+):\s+\d+% \((\d+)/(\d+)\)")


def silent(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def clone(
    instance: Instance,
    owner: str,
    name: str,
    credential: Secret | None,
    git_dir: Path,
    on_progress: Progress = silent,
    *,
    outgoing: Outgoing | None = None,
    timeout: float = _HOURS,
) -> None:
    """Make a bare copy at `git_dir`, which must not exist. It appears there whole, or not at all.

    GitHubProblem says what went wrong; what `on_progress` raises ends it too.
    """
    if git_dir.exists():
        raise FileExistsError(git_dir)
    git_dir.parent.mkdir(parents=True, exist_ok=True)
    draft = git_dir.with_name(f".{git_dir.name}.{secrets.token_hex(4)}")
    source = f"{instance.web}{at(owner, name)}.git"
    options = ("--bare", "--template=", "--no-hardlinks", "--progress")
    ask = _Ask(instance, source, credential, outgoing or configured(), on_progress, timeout)
    try:
        _over_network(ask, None, "clone", *options, "--", source, str(draft))
        # Git keeps the source's address; nothing here uses it, and a rename would make it wrong.
        run(draft, "config", "--local", "--remove-section", "remote.origin")
        draft.rename(git_dir)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def fetch(
    instance: Instance,
    owner: str,
    name: str,
    credential: Secret | None,
    git_dir: Path,
    on_progress: Progress = silent,
    *,
    outgoing: Outgoing | None = None,
    default_branch: str = "",
    timeout: float = _HOURS,
) -> None:
    """Bring a copy up to date; branches and tags that are gone go here too. Each ref moves whole or not at all.

    `default_branch`: what HEAD becomes, if there is such a branch; empty leaves it.
    """
    source = f"{instance.web}{at(owner, name)}.git"
    options = ("--prune", "--no-tags", "--no-write-fetch-head", "--progress")
    ask = _Ask(instance, source, credential, outgoing or configured(), on_progress, timeout)
    _over_network(ask, git_dir, "fetch", *options, "--", source, *REFS)
    branch = f"refs/heads/{default_branch}"
    if default_branch and succeeds(git_dir, "show-ref", "--verify", "--quiet", "--", branch):
        run(git_dir, "symbolic-ref", "HEAD", branch)


@dataclass(frozen=True, slots=True)
class _Ask:
    """What both commands need."""

    instance: Instance
    source: str
    credential: Secret | None
    outgoing: Outgoing
    on_progress: Progress
    timeout: float


def _over_network(ask: _Ask, git_dir: Path | None, *args: str) -> None:
    greet(ask.instance, ask.source, ask.credential, ask.outgoing)
    try:
        pinned = pin(ask.instance.web, allow_private=ask.outgoing.allow_private, name="address")
    except CannotLookUp as problem:
        raise GitHubProblem(ProblemKind.UNREACHABLE, message=problem.message, hint=problem.hint) from problem
    with handed(ask.credential, ask.instance.web) as handover, _told_apart(ask.instance):
        follow(
            git_dir,
            *args,
            on_line=lambda line: _tell(line, ask.on_progress),
            timeout=ask.timeout,
            config={
                **over_http(pinned, ask.outgoing.ca_file),
                "http.lowSpeedLimit": "1",
                "http.lowSpeedTime": str(_STALLED_SECONDS),
                "transfer.bundleURI": "false",
                "fetch.unpackLimit": "1",
                **handover.config,
            },
            allow_protocols=(pinned.scheme,),
            inherit=handover.inherit,
        )


def _tell(line: str, on_progress: Progress) -> None:
    counted = _COUNTED.match(line)
    if counted is not None:
        on_progress(counted[1], int(counted[2]), int(counted[3]))


_BROKEN_OFF = (
    r"Could not resolve|Failed to connect|Couldn't connect|Connection|timed out|too slow|in time|early EOF"
    r"|RPC failed|unexpected disconnect|hung up|SSL|certificate|Empty reply|Recv failure|transfer closed"
)
_MEANINGS = (
    (ProblemKind.SSO_REQUIRED, r"SAML|single sign-on"),
    (ProblemKind.POLICY, r"forbids access|IP allow list|lifetime"),
    (
        ProblemKind.BAD_CREDENTIALS,
        r"Authentication failed|[Ii]nvalid (?:username|credentials)|could not read (?:Username|Password)|error: 401",
    ),
    (ProblemKind.NOT_FOUND_OR_NOT_SELECTED, r"[Rr]epository .*not found|error: 404"),
    (ProblemKind.SECONDARY_RATE_LIMITED, r"error: 429|[Rr]ate limit"),
    (ProblemKind.PERMISSION_MISSING, r"error: 403|Permission to .* denied|not granted"),
    (ProblemKind.MOVED, r"error: 30[12378]|redirect"),
    (ProblemKind.DOWN, r"error: 5\d\d"),
    (ProblemKind.UNREACHABLE, _BROKEN_OFF),
)


@contextmanager
def _told_apart(instance: Instance) -> Iterator[None]:
    try:
        yield
    except GitError as problem:
        said = problem.said or problem.message
        kind = next((kind for kind, words in _MEANINGS if re.search(words, said)), ProblemKind.OTHER)
        until = None
        if kind is ProblemKind.SECONDARY_RATE_LIMITED:
            until = datetime.now(UTC) + timedelta(minutes=1)  # git does not tell when
        words = shown(problem.message)
        message = f"Git could not copy from {instance.name}: {words}" if kind is ProblemKind.OTHER else ""
        accepted = "contents=read" if kind is ProblemKind.PERMISSION_MISSING else ""
        raise GitHubProblem(
            kind, name=instance.name, message=message, said=words, until=until, accepted=accepted
        ) from None


def size(git_dir: Path) -> int:
    """Bytes that a copy takes on disk."""
    total = 0
    for folder, _, files in os.walk(git_dir):
        total += sum((Path(folder) / name).lstat().st_size for name in files)
    return total
