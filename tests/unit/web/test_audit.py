"""The audit page: for those who may, with every filter, in pages, taken away as a file, checked."""

import csv
import io
import json
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller, owner_for
from keyhole.audit.log import Draft, append
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.request import OwnerKind
from tests.unit.tokens.kit import issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner():
    client = Client(HTTP_HOST="localhost")
    client.force_login(get_user_model().objects.get(pk=local_caller().user_id))
    return client


def somebody(role):
    local_caller()
    person = User.objects.create(
        email=f"{role.value}@harbour.example",
        owner=owner_for(f"the-{role.value}", OwnerKind.USER),
        **(
            {"role": role.value}
            if hasattr(User, "_meta") and "role" in {f.name for f in User._meta.get_fields()}
            else {}
        ),
    )
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    return client


def test_a_stranger_signs_in_first_and_a_member_may_not():
    assert Client(HTTP_HOST="localhost").get("/audit").status_code == 302
    member = somebody(Role.MEMBER)
    assert member.get("/audit").status_code == 403
    assert member.post("/audit/export", {"format": "csv"}).status_code == 403
    assert member.post("/audit/verify").status_code == 403


def fill(count, **more):
    for number in range(count):
        append(
            Draft(
                "git:act",
                "allowed",
                {"name": "ci", "via": "token"},
                {"repositories": ["a/b"], "n": number, **more},
            )
        )


def rows(response):
    return unescape(response.content.decode()).count("<tr>") - 1


def test_records_come_in_pages_of_fifty(owner):
    fill(120)
    first = owner.get("/audit?who=CI")
    assert rows(first) == 50
    assert "before=71" in first.content.decode()
    last = owner.get("/audit?who=ci&before=21")
    assert rows(last) == 20
    assert "Older records" not in last.content.decode()
    assert "Newest records" in last.content.decode()


def test_filters_go_together_and_are_said_in_a_sentence(owner):
    fill(3)
    append(Draft("token:revoke", "denied", {"name": "mara", "address": "192.0.2.9"}, {"repository": "a/b"}))
    page = owner.get(
        "/audit?outcome=denied&who=Mara&repository=A/B&address=192.0.2.9&action=token:revoke&from=2020-01-01"
    )
    assert page.status_code == 200
    assert rows(page) == 1
    assert (
        "Denied acts, of token:revoke, by Mara, on A/B, from 192.0.2.9, since 2020-01-01"
        in page.content.decode()
    )
    nothing = owner.get("/audit?who=nobody-else")
    assert "No records of this kind" in nothing.content.decode()


def test_a_token_is_found_by_name_or_id_as_actor_and_as_subject(owner):
    issued = issue(name="CI of the harbour")
    for text in ("ci OF the harbour", str(issued.token.pk)):
        page = owner.get("/audit", {"token": text})
        assert rows(page) == 1
        assert "token:create" in page.content.decode()
    missing = owner.get("/audit?token=none-of-this-name")
    assert missing.status_code == 422
    assert "There is no token or integration of this name" in missing.content.decode()


@pytest.mark.parametrize(
    "query", ["from=yesterday", "to=2026-02-30", "from=2026-02-02&to=2026-02-01", "from=9999-99-99"]
)
def test_what_makes_no_sense_is_said_beside_its_field(owner, query):
    fill(1)
    page = owner.get(f"/audit?{query}")
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.content.decode()
    assert "Nothing was looked for" in page.content.decode()


NONSENSE = [
    "before=x",
    "before=-1",
    "before=" + "9" * 40,
    "outcome=perhaps",
    "who=" + "x" * 9000,
    "id=%27",
    "to=9999-12-31",
]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_the_address_breaks_nothing(owner, query):
    fill(1)
    assert owner.get(f"/audit?{query}").status_code in (200, 422)


def content(response):
    return b"".join(response.streaming_content).decode()


def test_what_is_filtered_is_exported_and_that_is_on_record(owner):
    fill(3)
    append(Draft("token:revoke", "denied", {"name": "=cmd|' /c calc'!A1"}, {"why": "@SUM(1)"}))
    answer = owner.post("/audit/export", {"format": "csv", "outcome": "denied"})
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="keyhole-audit-')
    head, *found = list(csv.reader(io.StringIO(content(answer))))
    assert (head[0], len(found)) == ("seq", 1)
    assert not [cell for row in found for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    answer = owner.post("/audit/export", {"format": "json", "who": "ci"})
    assert [json.loads(line)["subject"]["n"] for line in content(answer).splitlines()] == [0, 1, 2]
    taken = Entry.objects.filter(action="audit:export")
    assert [entry.subject for entry in taken] == [
        {"format": "csv", "outcome": "denied"},
        {"format": "json", "who": "ci"},
    ]


def test_an_export_needs_a_form_and_a_format(owner):
    assert owner.get("/audit/export").status_code == 405
    assert owner.post("/audit/export", {"format": "exe"}).status_code == 422
    assert owner.post("/audit/export", {"format": "csv", "from": "x"}).status_code == 422
    assert not Entry.objects.filter(action="audit:export").exists()


def test_checking_says_what_is_whole_and_where_it_is_not(owner):
    fill(3)
    page = owner.post("/audit/verify").content.decode()
    assert "The audit log is whole" in page
    assert Entry.objects.order_by("-seq").first().hash in page
    Entry.objects.filter(seq=2).update(outcome="denied")
    page = owner.post("/audit/verify").content.decode()
    assert "The audit log was changed" in page
    assert "Record 2 is not what it was" in page


def test_an_empty_log_says_so(owner):
    assert "No records yet" in owner.get("/audit").content.decode()


def test_names_from_outside_are_shown_as_they_are(owner):
    append(Draft("git:act", "allowed", {"name": "<script>alert(1)</script>"}, {"target": "/x?<b>"}))
    page = owner.get("/audit?who=<script>alert(1)</script>").content.decode()
    assert rows(owner.get("/audit?who=<script>alert(1)</script>")) == 1
    assert "<script>alert" not in page
