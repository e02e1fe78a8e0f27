"""P14: anyone who holds a leaked token can end it, many at once, and learns nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keyhole.accounts import api_tokens
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.core import token_text
from keyhole.core.errors import BadCredentials, Unavailable
from keyhole.core.secret import Secret
from keyhole.tokens import revocations
from keyhole.tokens.authority import identify
from keyhole.tokens.leaked import MOST, report
from keyhole.tokens.lifecycle import rotate
from keyhole.tokens.models import Token
from keyhole.tokens.services import revoke
from tests import canaries
from tests.unit.tokens.kit import issue

pytestmark = pytest.mark.django_db(transaction=True)


def ended(secret):
    try:
        identify(secret)
    except BadCredentials:
        return True
    return False


def test_P14_holding_it_is_enough_and_nothing_else_ends():
    leaked, other = issue(), issue()
    assert report([leaked.secret], None, "192.0.2.9") == 1
    assert ended(leaked.secret)
    assert not ended(other.secret)
    entry = Entry.objects.filter(action="token:revoke").get()
    assert entry.subject["subject_token_id"] == leaked.token.pk
    assert (entry.actor["address"], entry.actor["via"]) == ("192.0.2.9", "leak")
    assert verify().ok


def test_P14_api_tokens_end_so_too():
    issued = [api_tokens.create(local_caller(), name, ["scan:read"]) for name in ("leaked", "other")]
    for each in issued:
        canaries.watch("API token", each.secret.reveal())
    assert report([issued[0].secret, issue().secret], None, "192.0.2.9") == 2
    with pytest.raises(BadCredentials):
        api_tokens.identify(issued[0].secret, "192.0.2.9")
    api_tokens.identify(issued[1].secret, "192.0.2.9")
    assert (
        Entry.objects.filter(action="api_token:manage", subject__what="revoked").get().actor["via"] == "leak"
    )
    assert token_text.hash_of(issued[0].secret) in revocations.revoked.noted()
    assert report([issued[0].secret], None) == 0


def test_P14_doing_it_again_is_harmless_and_on_record_once():
    issued = issue()
    assert [report([issued.secret] * 3, None) for _ in range(3)] == [1, 0, 0]
    assert Entry.objects.filter(action="token:revoke").count() == 1


def test_P14_ten_thousand_in_one_call():
    ours = [issue() for _ in range(20)]
    many = [*(token_text.mint() for _ in range(MOST - 20)), *(one.secret for one in ours)]
    revocations.path().unlink(missing_ok=True)
    with CaptureQueriesContext(connection) as queries:
        assert report(many, None) == 20
    assert len(queries) < 300
    assert all(ended(one.secret) for one in ours)


def test_what_cannot_be_a_token_is_not_looked_up():
    with CaptureQueriesContext(connection) as queries:
        assert report([Secret(text) for text in ("", "khp_", "ghp_" + "a" * 36, "x" * 100_000)], None) == 0
    assert len(queries) == 0


def test_both_texts_of_a_rotation_end_it():
    for which in (0, 1):
        issued = issue()
        new = rotate(local_caller(), issued.token.pk)
        canaries.watch("rotated", new.secret.reveal())
        assert report([(issued.secret, new.secret)[which]], None) == 1
        assert ended(issued.secret)
        assert ended(new.secret)


def test_the_reason_of_an_earlier_revocation_stays():
    issued = issue()
    revoke(local_caller(), issued.token.pk, "the tool is gone")
    assert report([issued.secret], None) == 0
    assert Token.objects.get().revoked_reason == "the tool is gone"


def test_a_restored_database_does_not_revive_it():
    issued = issue()
    report([issued.secret], None)
    Token.objects.update(revoked_at=None)
    assert revocations.apply() >= 1
    assert ended(issued.secret)


def test_what_cannot_be_kept_does_not_happen():
    issued = issue()
    revocations.path().unlink(missing_ok=True)
    revocations.path().mkdir()
    try:
        with pytest.raises(Unavailable):
            report([issued.secret], None)
    finally:
        revocations.path().rmdir()
    assert not ended(issued.secret)
