"""What people do with code scans: create, run, look at, stop, delete."""

from __future__ import annotations

import dataclasses
import logging
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.log import Draft, append
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.refs import can_be_chosen, is_text
from keyhole.environments import services as environments
from keyhole.environments.models import UPSTREAM, Environment
from keyhole.jobs import engine
from keyhole.repositories import services as repositories
from keyhole.repositories.lookup import is_there
from keyhole.repositories.models import Repository
from keyhole.scanners.registry import chosen
from keyhole.scans import refs
from keyhole.scans.job import KIND
from keyhole.scans.life import finish, still_there
from keyhole.scans.models import UNFINISHED, Finding, Scan, State, Trigger

log = logging.getLogger("keyhole.scans")

_NAME_LENGTH = 100
_DESCRIPTION_LENGTH = 1024
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ScanSpec:
    """The fields of the form "New code scan"."""

    repository_id: int
    name: str = ""
    """At most 100 characters; empty takes one from the repository and the ref."""
    description: str = ""
    """At most 1,024 characters."""
    ref: str = ""
    """Branch or tag, short or full name; empty reads the history of all of them."""
    scanners: tuple[str, ...] = ("secrets",)
    """Ids of the scanners."""
    run_now: bool = True
    """Whether to run it at once, or when somebody asks for it."""
    environment_id: int | None = None
    """What its findings are measured by; None for nothing."""
    upstream: tuple[str, ...] = ()
    """What GitHub is told of it, beside what the environment asks for; see `environments.models.UPSTREAM`."""
    trigger: Trigger = Trigger.MANUAL
    """What made it run."""
    batch: str = ""
    """See `Scan.batch`."""


def create(caller: Caller, spec: ScanSpec) -> Scan:
    """Create a code scan and, if asked to, run it. InvalidInput, naming the field, if it makes no sense."""
    user = require(caller, "scan:create")
    repository = repositories.get(caller, spec.repository_id)
    _check_place(repository)
    ref = _ref(repository, spec.ref.strip())
    scanners = sorted(scanner.id for scanner in chosen(spec.scanners))  # scans of the same are found by these
    scan = Scan(
        description=line_of("description", spec.description, _DESCRIPTION_LENGTH),
        repository=repository,
        ref=ref,
        scanners=scanners,
        environment=environment_of(caller, spec.environment_id),
        upstream=_upstream(repository, spec.upstream),
        trigger=spec.trigger,
        batch=spec.batch,
        requested_by=user,
        created_at=timezone.now(),
    )
    scan.name = line_of("name", spec.name, _NAME_LENGTH) or _default_name(scan)
    with transaction.atomic():
        scan.save()
        where = scan.environment.name if scan.environment else ""
        _record(
            caller,
            "scan:create",
            scan,
            ref=scan.ref,
            scanners=scanners,
            environment=where,
            upstream=scan.upstream,
        )
        if spec.run_now:
            _queue(caller, scan)
    return scan


def create_each(caller: Caller, spec: ScanSpec, repository_ids: Iterable[int]) -> list[Scan]:
    """The same scan of several repositories, all or none of them; `spec.repository_id` does not count."""
    wanted = list(dict.fromkeys(repository_ids))
    if not wanted:
        raise InvalidInput("Choose at least one repository.", field="repository")
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(f"At most {MOST_AT_ONCE} repositories can be scanned at once.", field="repository")
    batch = uuid.uuid4().hex if len(wanted) > 1 else ""
    with transaction.atomic():
        return [
            create(caller, dataclasses.replace(spec, repository_id=number, batch=batch)) for number in wanted
        ]


def environment_of(caller: Caller, number: int | None) -> Environment | None:
    """The environment with this id; None for None. InvalidInput, naming the field, if there is none."""
    if number is None:
        return None
    try:
        return environments.get(caller, number)
    except NotFound as problem:
        raise InvalidInput(problem.message, field="environment", hint=problem.hint) from problem


def environment_named(caller: Caller, name: str) -> int | None:
    """Id of the environment of that name; None for no name. InvalidInput, naming the field, if there is none."""
    if not name:
        return None
    try:
        return environments.by_name(caller, name).pk
    except NotFound as problem:
        raise InvalidInput(problem.message, field="environment", hint=problem.hint) from problem


def _ref(repository: Repository, name: str) -> str:
    """The full name of the branch or tag. What lies on GitHub is looked up by the scan itself, when it has fetched."""
    if not name:
        return ""
    if repository.is_served and is_text(name):
        return refs.named(repository.git_dir, name, repository.full_name).ref
    if not can_be_chosen(name):
        raise InvalidInput(f"{name[:100]!r} cannot be the name of a branch or tag.", field="ref")
    return name


def _upstream(repository: Repository, wanted: tuple[str, ...]) -> list[str]:
    strange = [name for name in wanted if name not in UPSTREAM]
    if strange:
        raise InvalidInput(
            f"{strange[0][:40]!r} is nothing that GitHub can be told.",
            field="upstream",
            hint=f"It is one of {', '.join(UPSTREAM)}.",
        )
    if wanted and repository.is_served:
        raise InvalidInput(
            f"{repository.full_name} is a folder here: there is no GitHub to tell.", field="upstream"
        )
    return [name for name in UPSTREAM if name in wanted]


def _check_place(repository: Repository) -> None:
    if not is_there(repository):
        raise InvalidInput(
            f"{repository.full_name} is not where it was connected.",
            field="repository_id",
            hint="It was moved or removed. Connect its folder again.",
        )


def _default_name(scan: Scan) -> str:
    return f"{scan.repository.full_name} {scan.ref_name}"[:_NAME_LENGTH].strip()


def line_of(name: str, text: str, longest: int) -> str:
    """What a person wrote, as one line. InvalidInput, naming the field, if it is too long or not to be shown."""
    text = " ".join(text.split())
    if len(text) > longest:
        raise InvalidInput(
            f"The {name} has {len(text):,} characters; at most {longest:,} are kept.", field=name
        )
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in text):
        raise InvalidInput(f"The {name} has control or invisible characters.", field=name)
    return text


def run(caller: Caller, scan_id: int) -> Scan:
    """Run a scan: the scan itself if it never ran, else a new one just like it, so that the old result stays.

    Numbers tell which scan of a repository is the later one. So one that waited while others of its repository ran is
    run as a new one, in its place. Conflict while it runs.
    """
    user = require(caller, "scan:run")
    scan = get(caller, scan_id)
    if scan.state in UNFINISHED:
        raise Conflict("This scan is running.", hint="Wait for it, or stop it first.")
    if scan.imported:
        raise Conflict("This result was imported from a file.", hint="Import the tool's next file.")
    if scan.repository.removed_at is not None:
        raise Conflict(
            f"{scan.repository.full_name} was disconnected.",
            hint="Connect it again, and create a new scan of it.",
        )
    repository = repositories.get(caller, scan.repository_id)
    _check_place(repository)
    with transaction.atomic():
        if scan.finished:
            scan = _anew(caller, scan, requested_by=user, again=scan)
        elif Scan.objects.filter(repository=repository, pk__gt=scan.pk).exclude(state=State.READY).exists():
            if not Scan.objects.filter(pk=scan.pk, state=State.READY).delete()[0]:
                raise _started_by_somebody_else()
            scan = _anew(caller, scan, requested_by=user, batch=scan.batch)
        _queue(caller, scan, trigger=asked_by(caller))
    return scan


def asked_by(caller: Caller) -> Trigger:
    """What made a scan run that somebody asked for: the API, or the person with a page or a command."""
    return Trigger.API if caller.via is Via.API else Trigger.MANUAL


def _anew(caller: Caller, before: Scan, **fields: Any) -> Scan:
    scan = Scan.objects.create(
        name=before.name,
        description=before.description,
        repository=before.repository,
        ref=before.ref,
        scanners=before.scanners,
        environment=still_there(before.environment),
        upstream=before.upstream,
        created_at=timezone.now(),
        **fields,
    )
    known_as = {"again": scan.again_id} if scan.again_id else {"instead_of": before.pk}
    _record(caller, "scan:create", scan, ref=scan.ref, scanners=scan.scanners, **known_as)
    return scan


def _started_by_somebody_else() -> Conflict:
    return Conflict("This scan was started by somebody else in this moment.")


def _queue(caller: Caller, scan: Scan, **fields: Any) -> None:
    user = require(caller, "scan:run")
    changed = Scan.objects.filter(pk=scan.pk, state=State.READY).update(
        state=State.QUEUED, requested_by=user, environment=still_there(scan.environment), **fields
    )
    if not changed:
        raise _started_by_somebody_else()
    _record(caller, "scan:run", scan)
    scan.refresh_from_db()
    transaction.on_commit(lambda: _hand_over(scan.pk))


def _hand_over(scan_id: int) -> None:
    try:
        engine.enqueue(KIND, scan_id)
    except Exception:
        # The row says `queued`, which is what counts: a worker finds it there, just some seconds later.
        log.exception("scan %d could not be handed to the workers at once", scan_id)


def list_scans(caller: Caller, repository_id: int | None = None) -> QuerySet[Scan]:
    """All scans, or those of one repository, newest first."""
    require(caller, "scan:read")
    rows = Scan.objects.select_related("repository__owner", "requested_by", "token", "environment")
    return rows if repository_id is None else rows.filter(repository=repository_id)


def get(caller: Caller, scan_id: int) -> Scan:
    """One scan. NotFound if there is none with this id."""
    found = list_scans(caller).filter(pk=scan_id).first() if 0 < scan_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such code scan.", hint="`keyhole findings` lists the scans.")
    return found


def findings(caller: Caller, scan_id: int) -> QuerySet[Finding]:
    """What a scan found, worst first."""
    return Finding.objects.filter(scan=get(caller, scan_id))


def stop(caller: Caller, scan_id: int) -> Scan:
    """Stop a scan that waits or runs; a running one ends within about a second. Conflict if it does neither."""
    require(caller, "scan:change")
    scan = get(caller, scan_id)
    with transaction.atomic():
        if not Scan.objects.filter(pk=scan.pk, state__in=UNFINISHED).update(stop_requested=True):
            raise Conflict("This scan is not running.")
        _record(caller, "scan:stop", scan)
        waits = Scan.objects.filter(pk=scan.pk, state=State.QUEUED).exists()
        # Without a worker nobody would ever look at the request.
        if waits or not engine.somebody_works():
            finish(scan, State.STOPPED, "Stopped on request.", caller)
    scan.refresh_from_db()
    return scan


def get_to_delete(caller: Caller, scan_id: int) -> Scan:
    """One scan, for a page that asks whether to delete it. NotFound; Conflict while it runs."""
    require(caller, "scan:change")
    scan = get(caller, scan_id)
    _refuse_running(scan)
    return scan


def _refuse_running(scan: Scan) -> None:
    if scan.state in UNFINISHED:
        raise Conflict("This scan is running.", hint="Stop it first.")


def delete(caller: Caller, scan_id: int) -> None:
    """Delete a scan with its findings, for good. Conflict while it runs. Edges ask for confirmation first."""
    scan = get_to_delete(caller, scan_id)
    with transaction.atomic():
        for now in Scan.objects.select_for_update().filter(pk=scan.pk):
            _refuse_running(now)  # it may have begun since
        _record(caller, "scan:delete", scan, state=str(scan.state), counters=scan.counters)
        scan.delete()


def refs_of(caller: Caller, repository_id: int) -> list[str]:
    """Full names of the repository's branches and tags, for a form to offer."""
    require(caller, "repository:read")
    repository = repositories.get(caller, repository_id)
    _check_place(repository)
    if not repository.is_served and repository.fetched_at is None:
        return []
    return refs.names(repository.git_dir)


def _record(caller: Caller, action: str, scan: Scan, **more: object) -> None:
    append(
        Draft(
            action=action,
            outcome="allowed",
            actor=caller.as_actor(),
            subject={
                "scan_id": scan.pk,
                "scan": scan.name,
                "repository": scan.repository.full_name,
                "repository_id": scan.repository_id,
                **more,
            },
        )
    )
