"""Revocations outlive the database that they were made in."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.errors import BadCredentials, Unavailable
from keyhole.tokens import revocations
from keyhole.tokens.authority import identify
from keyhole.tokens.models import Token
from keyhole.tokens.services import revoke
from tests.unit.tokens.kit import issue

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
