"""Results of other tools: a SARIF file becomes a scan that has ended, and its findings go the way of all others."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.log import Draft, append
from keyhole.core import finding as core
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.jobs import engine
from keyhole.repositories import services as repositories
from keyhole.repositories.lookup import is_there
from keyhole.repositories.models import Repository
from keyhole.scanners.keyed import keyed_digest
from keyhole.scans import refs, services
from keyhole.scans.job import KIND, store
from keyhole.scans.life import say
from keyhole.scans.models import Finding, Scan, Stage, State
from keyhole.scans.moved import known_ids
from keyhole.scans.sarif_reading import read

_BATCH = 500


def import_sarif(
    caller: Caller,
    repository_id: int,
    raw: bytes,
    ref: str = "",
    root: str = "",
    environment_id: int | None = None,
) -> Scan:
    """Makes a scan of what a SARIF file says about a branch or tag; empty is the repository's HEAD.

    `root` is the folder that the tool ran in, wherever that was: some tools write absolute paths. The findings are
    measured by the environment, if one is given.
    Its findings are stored at once; what compares and judges them runs as with every scan. InvalidInput, naming the
    field `file`, `ref` or `environment`; then nothing was made.
    """
    user = require(caller, "scan:create")
    repository = repositories.get(caller, repository_id)
    full, commit = _commit(repository, ref.strip())
    environment = services.environment_of(caller, environment_id)
    digest = keyed_digest(settings.KEYHOLE_HMAC_SECRET)
    result = read(raw, digest, commit, root, partial(_known, repository))
    result = dataclasses.replace(result, commit=result.commit or commit)
    with transaction.atomic():
        scan = Scan.objects.create(
            name=f"{repository.full_name} {', '.join(result.scanners)}"[:100],
            repository=repository,
            ref=full,
            scanners=list(result.scanners),
            requested_by=user,
            environment=environment,
            trigger=services.asked_by(caller),
            state=State.RUNNING,
            stage=Stage.STORE,
            created_at=timezone.now(),
            started_at=timezone.now(),
            commit=result.commit,
            evidence={"imported": True},
        )
        append(
            Draft(
                action="scan:create",
                outcome="allowed",
                actor=caller.as_actor(),
                subject={
                    "scan_id": scan.pk,
                    "scan": scan.name,
                    "repository": repository.full_name,
                    "repository_id": repository.pk,
                    "ref": full,
                    "scanners": scan.scanners,
                    "environment": environment.name if environment else "",
                    "imported": True,
                },
            )
        )
        say(scan, result.notes[0])
        store(scan, result)
        transaction.on_commit(lambda: engine.enqueue(KIND, scan.pk))
    return scan


def _known(repository: Repository, ids: Collection[str]) -> dict[str, core.Finding]:
    """The findings that scans of the repository had under these ids, each as the last scan that had it.

    One that has moved is known by the id that it had before.
    """
    known = known_ids(repository.pk, sorted(ids))
    found: dict[str, core.Finding] = {}
    ordered = sorted(set(known.values()))
    for start in range(0, len(ordered), _BATCH):
        rows = Finding.objects.filter(
            scan__repository=repository, key__in=ordered[start : start + _BATCH]
        ).order_by()
        last = rows.values("key").annotate(last=Max("pk")).values_list("last", flat=True)
        found |= {row.key: row.as_core() for row in Finding.objects.filter(pk__in=list(last))}
    return {number: found[kept] for number, kept in known.items() if kept in found}


def _commit(repository: Repository, name: str) -> tuple[str, str]:
    """Full name of the ref and the commit that it names; both empty where nothing was fetched yet."""
    if not is_there(repository) or (not repository.is_served and repository.fetched_at is None):
        if name:
            raise InvalidInput(
                f"Nothing of {repository.full_name} is here yet, so {name[:100]!r} names nothing.",
                field="ref",
                hint="Leave it empty, or scan the repository first.",
            )
        return "", ""
    if not name:
        return "", refs.head(repository.git_dir)
    tip = refs.named(repository.git_dir, name)
    return tip.ref, tip.commit
