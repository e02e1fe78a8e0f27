"""A clock that went back: an alarm, and somebody has to answer for it before anything is dated by it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.clock import accept_clock
from keyhole.accounts.services import local_caller, owner_for
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.core.errors import Unavailable
from keyhole.core.grant import Access
from keyhole.core.request import OwnerKind
from keyhole.tokens.services import TokenSpec, generate

pytestmark = pytest.mark.django_db(transaction=True)
SPEC = TokenSpec("after the clock", "acme", Access.PUBLIC)


@pytest.fixture
def ten_years_later(monkeypatch):
    """Something was recorded while the clock was ten years ahead."""
    owner_for("acme", OwnerKind.ORGANIZATION)
    local_caller()
    ahead = timezone.now() + timedelta(days=3650)
    monkeypatch.setattr("keyhole.audit.log.timezone.now", lambda: ahead)
    append(Draft("scan:run", ALLOWED, {"name": "job"}, {}))
    monkeypatch.undo()
    return ahead


def test_records_never_go_back_and_tell_what_the_clock_said(ten_years_later):
    append(Draft("scan:run", ALLOWED, {"name": "job"}, {}))
    last = Entry.objects.order_by("-seq").first()
    assert last.at == ten_years_later
    assert last.subject["clock"] < ten_years_later.isoformat()
    assert verify().ok


def test_nothing_is_generated_until_somebody_accepts_the_clock(ten_years_later):
    with pytest.raises(Unavailable, match="clock"):
        generate(local_caller(), SPEC)
    accept_clock(local_caller())
    token = generate(local_caller(), SPEC).token
    assert abs(token.created_at - timezone.now()) < timedelta(minutes=5)
    assert Entry.objects.get(action="clock:accept").actor["name"] == "admin@localhost"
    assert verify().ok
