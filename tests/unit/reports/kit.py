"""A report with everything in it that a report may hold, nasty names included."""

from __future__ import annotations

import dataclasses

from django.test import Client

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller, owner_for
from keyhole.core.actions import Role
from keyhole.core.finding import Location
from keyhole.core.library import Library, Relation
from keyhole.core.request import OwnerKind
from keyhole.core.terms import Confidence, Kind, Place, Severity, Status
from keyhole.reports.dataset import Dataset, Decided, Row, source_of
from tests.unit.core.test_finding import FACTS, FINDING, RESULT

HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> ]]> </style> {{7*7}} %s"
WORLD = "src/<b>Ünïcode</b>/日本語/файл.py"
LIBRARIES = (
    Library(
        "pkg:pypi/jinja2@2.4.1", "PyPI", "jinja2", "2.4.1", "requirements.txt", 3, licences=("BSD-3-Clause",)
    ),
    Library("pkg:pypi/jinja2@2.4.1", "PyPI", "jinja2", "2.4.1", "dev/requirements.txt", 1, dev=True),
    Library("pkg:npm/%40acme/ui@1.0.0", "npm", "@acme/ui", "1.0.0", "package-lock.json", 9, Relation.DIRECT),
    Library("", "Hex", "nameless", "", "mix.lock", 2),
)
SECRET = FINDING
VULNERABLE = dataclasses.replace(
    FINDING, id="1" * 16, scanner="dependencies", rule="vulnerable-package", kind=Kind.VULNERABILITY,
    title="jinja2 2.4.1: sandbox escape", severity=Severity.HIGH, last4="",
    fingerprint="vulnerable-package:" + "1" * 32, package=(dataclasses.replace(FACTS, epss=0.42, kev=True),),
)  # fmt: skip
NASTY = dataclasses.replace(
    FINDING, id="2" * 16, severity=Severity.MEDIUM, confidence=Confidence.LOW, title=HOSTILE, occurrences=3,
    locations=(Location("c" * 40, "", WORLD, 9, 1), Location("", "", "v1.0", 1, 1, Place.TAG_MESSAGE)),
    fingerprint="github-personal-token:" + "2" * 32, references=("javascript:alert(1)", "https://a.example/x?y=(z)"),
)  # fmt: skip


def dataset(*rows: Row, **changed: object) -> Dataset:
    """A report of one complete scan with these rows, or with one of each sort."""
    found = rows or (
        Row(SECRET, "harbour/tide-api", "new", due="2026-12-01T00:00:00Z"),
        Row(VULNERABLE, "harbour/tide-api", "open"),
        Row(NASTY, "harbour/tide-api"),
        Row(
            VULNERABLE,
            "harbour/tide-api",
            "open",
            (Decided("accepted", "-1+1 only <b>used</b> in tests", "2027-01-01T00:00:00Z", "mara"),),
        ),
    )
    result = dataclasses.replace(RESULT, findings=tuple(row.finding for row in found), libraries=LIBRARIES)
    source = source_of(
        result, number=12, name="Nightly", repository="harbour/tide-api", ref="main",
        started="2026-11-25T10:00:00Z", finished="2026-11-25T10:00:09Z", policy="Passed Production",
    )  # fmt: skip
    whole = Dataset(
        title="Nightly", about="Code scan 12 of harbour/tide-api, the whole history.",
        made_at="2026-11-25T10:30:00Z", sources=(source,), rows=found, libraries=LIBRARIES,
    )  # fmt: skip
    return dataclasses.replace(whole, **changed)


def incomplete(*reasons: str, rows: tuple[Row, ...] = ()) -> Dataset:
    """A report of a scan that did not see everything."""
    whole = dataset()
    source = dataclasses.replace(whole.sources[0], status=Status.INCOMPLETE, reasons=reasons)
    return dataclasses.replace(whole, sources=(source,), rows=rows, libraries=())


def browser_of(role: Role) -> Client:
    """A browser that somebody in that role is signed in with."""
    person = User.objects.create(
        email=f"{role.value}@harbour.example",
        owner=owner_for(f"the-{role.value}", OwnerKind.USER),
        role_name=role.value,
    )
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    return client


def owner_browser() -> Client:
    """A browser that the first owner is signed in with."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(pk=local_caller().user_id))
    return client
