"""Revocations outlive the database that they were made in."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.errors import BadCredentials, Unavailable
from keyhole.tokens import revocations
from keyhole.tokens.authority import identify, judge
from keyhole.tokens.lifecycle import cancel_rotation, rotate
from keyhole.tokens.models import Token
from keyhole.tokens.services import revoke
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _new_file():
    revocations.path().unlink(missing_ok=True)


def test_a_restored_database_does_not_revive_a_token():
    kept, lost = issue(), issue()
    revoke(local_caller(), lost.token.pk)
    assert revocations.apply() == 0
    Token.objects.update(revoked_at=None)
    assert revocations.apply() == 1
    with pytest.raises(BadCredentials):
        identify(lost.secret)
    assert identify(kept.secret).token_id == kept.token.pk
    assert Entry.objects.order_by("-seq").first().subject["subject_token_id"] == lost.token.pk


def test_half_a_line_left_by_a_full_disk_spoils_no_other():
    first, second = issue(), issue()
    revoke(local_caller(), first.token.pk)
    with revocations.path().open("ab") as file:
        file.write(b"deadbeef")
    revoke(local_caller(), second.token.pk)
    Token.objects.update(revoked_at=None)
    assert revocations.apply() == 2


def test_a_revocation_that_cannot_be_kept_does_not_happen():
    issued = issue()
    revocations.path().mkdir()
    try:
        with pytest.raises(Unavailable):
            revoke(local_caller(), issued.token.pk)
    finally:
        revocations.path().rmdir()
    assert Token.objects.get(pk=issued.token.pk).revoked_at is None
    assert not Entry.objects.filter(action="token:revoke").exists()


def test_the_file_is_closed_to_others():
    revoke(local_caller(), issue().token.pk)
    assert revocations.path().stat().st_mode & 0o077 == 0


def snapshot(number):
    return Token.objects.filter(pk=number).values().get()


def restore(row):
    Token.objects.filter(pk=row["id"]).update(**{name: value for name, value in row.items() if name != "id"})


def test_S5_a_backup_from_before_a_rotation_revives_no_text():
    issued = issue()
    before = snapshot(issued.token.pk)
    new = rotate(local_caller(), issued.token.pk)
    judge(identify(new.secret), fetch(), CIRCUMSTANCES)
    restore(before)
    assert revocations.apply() == 1
    for secret in (issued.secret, new.secret):
        with pytest.raises(BadCredentials):
            identify(secret)


def test_S5_a_backup_from_the_middle_of_a_rotation_goes_on_with_the_new_text():
    issued = issue()
    new = rotate(local_caller(), issued.token.pk)
    middle = snapshot(issued.token.pk)
    judge(identify(new.secret), fetch(), CIRCUMSTANCES)
    restore(middle)
    assert revocations.apply() == 1
    assert revocations.apply() == 0
    with pytest.raises(BadCredentials):
        identify(issued.secret)
    assert identify(new.secret).token_id == issued.token.pk


def test_S5_a_backup_from_before_a_cancellation_does_not_revive_the_new_text():
    issued = issue()
    new = rotate(local_caller(), issued.token.pk)
    middle = snapshot(issued.token.pk)
    cancel_rotation(local_caller(), issued.token.pk)
    restore(middle)
    assert revocations.apply() == 1
    with pytest.raises(BadCredentials):
        identify(new.secret)
    assert identify(issued.secret).token_id == issued.token.pk
