"""Repositories, scans and findings as rows, for tests of what comes after a scan."""

from __future__ import annotations

import itertools

from django.utils import timezone

from keyhole.accounts.models import Owner, User
from keyhole.accounts.services import local_caller
from keyhole.core.caller import Caller, Via
from keyhole.core.finding import Finding, Location
from keyhole.core.library import PackageFacts, Relation
from keyhole.core.terms import Confidence, Kind, Severity, finding_id
from keyhole.findings.life import settle_findings
from keyhole.repositories.models import Repository
from keyhole.scans.models import Finding as Row
from keyhole.scans.models import Scan, State

_numbers = itertools.count(1)
NO_REPOSITORY = "/nowhere/at/all.git"


def repository(name=None, location=NO_REPOSITORY):
    name = name or f"tide-{next(_numbers)}"
    owner, _ = Owner.objects.get_or_create(
        login="harbour", login_folded="harbour", defaults={"kind": "local"}
    )
    return Repository.objects.create(
        owner=owner,
        name=name,
        name_folded=name.lower(),
        location=location,
        marker=f"{name}-{next(_numbers)}",
        connected_at=timezone.now(),
    )


def secret(value, rule="github-token", path="app.py", line=1, severity=Severity.HIGH, **more):
    """A finding of the scanner of secrets; `value` stands for the digest of one."""
    return finding(
        "secrets", rule, f"{hash_of(value)}", path, line, severity=severity, kind=Kind.SECRET, **more
    )


def vulnerable(
    package, ids, path="poetry.lock", line=7, severity=Severity.HIGH, lasting=None, *, version="1.0", **more
):
    """A finding about a package of PyPI."""
    facts = PackageFacts(
        purl=f"pkg:pypi/{package}@{version}",
        ecosystem="PyPI",
        name=package,
        version=version,
        relation=Relation.DIRECT,
        dev=False,
        via=(),
        ids=tuple(sorted(ids)),
        fixed="2.0",
        epss=more.pop("epss", -1.0),
        kev=more.pop("kev", False),
    )
    return finding(
        "dependencies",
        "vulnerable-package",
        hash_of(f"{package} {lasting or min(ids)}"),
        path,
        line,
        severity=severity,
        kind=Kind.VULNERABILITY,
        package=(facts,),
        **more,
    )


def finding(
    scanner, rule, digest, path, line, *, severity, kind, package=(), references=(), title="", commit="a" * 40
):
    fingerprint = f"{rule}:{digest}"
    return Finding(
        id=finding_id(scanner, fingerprint),
        scanner=scanner,
        rule=rule,
        title=title or f"{rule} in {path}",
        severity=severity,
        confidence=Confidence.HIGH,
        locations=(Location(commit, "2026-01-01T00:00:00Z", path, line, 1),),
        occurrences=1,
        fingerprint=fingerprint,
        last4="",
        why="It is bad.",
        fix="Mend it.",
        references=tuple(references),
        kind=kind,
        package=package,
    )


def hash_of(value):
    return finding_id("test", value) * 2


def scan_of(place, found, *, ref="", scanners=("secrets", "dependencies"), reasons=(), environment=None):
    """A scan that has stored its findings and runs its last steps."""
    row = Scan.objects.create(
        name="scan",
        repository=place,
        ref=ref,
        scanners=list(scanners),
        state=State.RUNNING,
        environment=environment,
        evidence={"reasons": list(reasons), "scanners": list(scanners)},
        created_at=timezone.now(),
    )
    Row.objects.bulk_create([Row.of(row, each) for each in found])
    return row


def settle(scan):
    """Takes a scan into account, and ends it as the job would."""
    settle_findings(scan)
    scan.state = State.INCOMPLETE if scan.evidence["reasons"] else State.COMPLETE
    scan.save(update_fields=["state"])
    return scan


def scanned(place, found, **more):
    return settle(scan_of(place, found, **more))


def person(role, name):
    owner = Owner.objects.create(login=name, login_folded=name, kind="user")
    user = User.objects.create(email=f"{name}@example.invalid", role_name=role, owner=owner)
    return Caller(user.pk, user.email, Via.CLI)


def boss():
    return local_caller()
