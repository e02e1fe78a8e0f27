"""Asking a repository's git address before git does.

Git tells failures only in words, and takes a page of HTML (a proxy's sign-in, a maintenance notice) for an old server
with an empty repository: a fetch that prunes would then delete every branch of the copy. So the first request of the
protocol is made here once, and git is started only when it was answered as git servers answer.
Source: git's Documentation/gitprotocol-http.adoc, "Smart Clients".
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from keyhole.core.secret import Secret
from keyhole.providers.github.handover import USER
from keyhole.providers.github.instance import Instance
from keyhole.providers.github.problems import GitHubProblem, ProblemKind, shown
from keyhole.providers.github.verdict import Answered, verdict
from keyhole.providers.outgoing import Outgoing, Reply, Unreachable

_ADVERTISEMENT = "application/x-git-upload-pack-advertisement"


def greet(instance: Instance, source: str, credential: Secret | None, outgoing: Outgoing) -> None:
    """GitHubProblem unless git may read the repository at `source` with the credential."""
    # Version 2 answers with what the server can do, without the list of all refs.
    headers: dict[str, str | Secret] = {"Git-Protocol": "version=2"}
    if credential is not None:
        pair = f"{USER}:{credential.reveal()}".encode()
        headers["Authorization"] = Secret(f"Basic {base64.b64encode(pair).decode()}")
    try:
        reply = outgoing.request("GET", f"{source}/info/refs?service=git-upload-pack", headers=headers)
    except Unreachable as problem:
        raise GitHubProblem(ProblemKind.UNREACHABLE, message=problem.message, hint=problem.hint) from problem
    if reply.status == 200 and reply.headers.get("content-type").partition(";")[0].strip() == _ADVERTISEMENT:
        return
    raise _problem(instance, reply)


def _problem(instance: Instance, reply: Reply) -> GitHubProblem:
    if 200 <= reply.status < 300:
        return GitHubProblem(
            ProblemKind.OTHER,
            answered=reply.status,
            message=f"{instance.name} did not answer git as a git server does.",
            hint="A proxy or a sign-in page may stand in front of it.",
        )
    plain = reply.headers.get("content-type").startswith("text/plain")
    said = shown(reply.body[:2000].decode("utf-8", "replace")) if plain else ""
    found = verdict(Answered(reply.status, reply.headers, said), instance, datetime.now(UTC), None)
    if found.kind is ProblemKind.OTHER and reply.status == 403:
        return GitHubProblem(
            ProblemKind.PERMISSION_MISSING,
            name=instance.name,
            message="The credential may not read the code of this repository: that needs contents: read.",
            answered=403,
            accepted="contents=read",
            said=said,
        )
    return found
