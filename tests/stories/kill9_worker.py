"""Generates, revokes, judges and seals as fast as it can in several threads, and says what was done, until killed.

A line is written only after the service returned: an acknowledgement. The parent reads it, kills this process at a
random moment, and looks whether every promise was kept.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
from datetime import UTC, datetime

import django

django.setup()

from keyhole.accounts.services import local_caller, owner_for  # noqa: E402
from keyhole.core.grant import Access  # noqa: E402
from keyhole.core.permissions import GIT_FETCH, Level  # noqa: E402
from keyhole.core.request import OwnerKind, Repository, Request  # noqa: E402
from keyhole.core.secret import Secret  # noqa: E402
from keyhole.tokens.authority import Circumstances, identify, judge  # noqa: E402
from keyhole.tokens.services import TokenSpec, generate, revoke  # noqa: E402
from keyhole.vault.services import Place, forget, keep  # noqa: E402

_CIRCUMSTANCES = Circumstances("git", "POST", "/acme/tool.git/git-upload-pack", "192.0.2.1", "story")


def acknowledge(kind: str, value: object) -> None:
    """One write of one short line to a pipe: never mixed with another thread's, never half there."""
    os.write(1, (json.dumps([kind, value]) + "\n").encode())


def work(thread: int, run: str) -> None:
    """Until the end of the process."""
    caller = local_caller()
    repository = Repository(1, owner_for("acme", OwnerKind.ORGANIZATION).as_core(), "tool", public=False)
    for number in itertools.count():
        issued = generate(
            caller,
            TokenSpec(f"{run} {thread} {number}", "acme", Access.ALL, permissions={"contents": Level.READ}),
        )
        acknowledge("generated", issued.token.pk)
        bearer = identify(issued.secret)
        for _ in range(3):
            permit = judge(bearer, Request(GIT_FETCH, datetime.now(UTC), (repository,)), _CIRCUMSTANCES)
            acknowledge("judged", permit.id)
        revoke(caller, issued.token.pk)
        acknowledge("revoked", issued.token.pk)
        place = Place("story", issued.token.pk, "credential")
        keep(caller, place, Secret(f"made up secret {issued.token.pk}"))
        acknowledge("kept", issued.token.pk)
        if number % 2:
            acknowledge("to be forgotten", issued.token.pk)
            forget(caller, place)
            acknowledge("forgotten", issued.token.pk)


if __name__ == "__main__":
    local_caller()
    owner_for("acme", OwnerKind.ORGANIZATION)
    acknowledge("ready", os.getpid())
    for index in range(4):
        threading.Thread(target=work, args=(index, sys.argv[1]), daemon=True).start()
    threading.Event().wait()
