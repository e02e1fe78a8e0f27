"""What a restored database is made fit for use by: nothing that ended lives again, and doubt stops things."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from keyhole.accounts import api_tokens, custody
from keyhole.accounts.models import ApiToken, ResetCode, Session, User
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.audit.outside import Memory
from keyhole.backups import settle as settling
from keyhole.backups.archive import Manifest
from keyhole.backups.restore import Before, Unpacked
from keyhole.core import token_text
from keyhole.core.errors import BadCredentials, InvalidInput, PermissionDenied, Unavailable
from keyhole.core.secret import Secret
from keyhole.tokens import lifecycle
from keyhole.tokens.authority import NoLongerValid, identify, judge
from keyhole.tokens.models import Token
from keyhole.vault.models import SealedSecret
from keyhole.vault.services import Place, Sealed, keep, reveal
from tests import canaries
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue

pytestmark = pytest.mark.django_db(transaction=True)
HERE = Place("connection", 1, "token")


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(settling, "_close", lambda: None)  # the database of the tests goes on
    for name in ("revoked.log", "forgotten.log", "vault.keys"):
        Memory(name).path().unlink(missing_ok=True)
    yield
    for name in ("revoked.log", "forgotten.log", "vault.keys"):
        Memory(name).path().unlink(missing_ok=True)


def unpacked(*, continued=False, revoked=(), forgotten=()):
    data = Path(settings.KEYHOLE_DATA)
    manifest = Manifest("1", "2026-01-01T00:00:00+00:00", "http://x", {}, True, 3, ())
    return Unpacked(
        manifest, data, data, Before(continued, continued, frozenset(revoked), frozenset(forgotten), "7 x")
    )


def test_in_doubt_every_token_is_paused_and_an_owner_resumes_it():
    issued = issue()
    settled = settling.settle(unpacked(), keep_tokens=False)
    assert settled.paused == 1
    with pytest.raises(PermissionDenied, match="paused"):
        identify(issued.secret)
    lifecycle.resume(local_caller(), issued.token.pk)
    assert identify(issued.secret).token_id == issued.token.pk
    entry = Entry.objects.get(action="backup:restore")
    assert (entry.subject["revocations_known"], entry.subject["paused"]) == (False, 1)
    assert entry.subject["replaced_head"] == "7 x"


def test_when_what_ended_is_known_only_that_ends_again():
    kept, lost = issue(), issue()
    digest = token_text.hash_of(lost.secret)
    settled = settling.settle(unpacked(continued=True, revoked=[digest]), keep_tokens=False)
    assert (settled.revoked, settled.paused) == (1, 0)
    assert identify(kept.secret).token_id == kept.token.pk
    with pytest.raises(BadCredentials):
        identify(lost.secret)
    assert digest in Memory("revoked.log").noted()


def test_the_operators_word_keeps_tokens_but_not_those_known_to_have_ended():
    kept, lost = issue(), issue()
    settled = settling.settle(unpacked(revoked=[token_text.hash_of(lost.secret)]), keep_tokens=True)
    assert (settled.revoked, settled.paused, settled.held_back) == (1, 0, 0)
    assert identify(kept.secret).token_id == kept.token.pk
    assert Entry.objects.get(action="backup:restore").subject["kept"] is True


def test_tokens_that_were_revoked_or_paused_stay_as_they_are():
    revoked, paused = issue(), issue()
    Token.objects.filter(pk=revoked.token.pk).update(revoked_at=timezone.now(), revoked_reason="before")
    lifecycle.pause(local_caller(), paused.token.pk, "mine")
    assert settling.settle(unpacked(), keep_tokens=False).paused == 0
    assert Token.objects.get(pk=revoked.token.pk).revoked_reason == "before"
    assert Token.objects.get(pk=paused.token.pk).paused_reason == "mine"


def test_in_doubt_sealed_secrets_wait_until_they_are_released():
    text = canaries.plant("restored secret")
    keep(local_caller(), HERE, Secret(text))
    assert settling.settle(unpacked(), keep_tokens=False).held_back == 1
    with pytest.raises(Sealed, match="backup") as refused:
        reveal(local_caller(), HERE)
    assert "keyhole vault release" in refused.value.hint
    assert custody.status(local_caller()).waiting == 1
    assert custody.release(local_caller()) == 1
    assert reveal(local_caller(), HERE).reveal() == text
    assert custody.release(local_caller()) == 0


def test_one_that_is_entered_anew_does_not_wait():
    keep(local_caller(), HERE, Secret("from the backup"))
    settling.settle(unpacked(), keep_tokens=False)
    keep(local_caller(), HERE, Secret("entered anew"))
    assert reveal(local_caller(), HERE).reveal() == "entered anew"


def test_a_secret_that_was_dropped_after_the_backup_is_dropped_again():
    keep(local_caller(), HERE, Secret("dropped later"))
    from keyhole.vault.forgotten import _digest

    digest = _digest(SealedSecret.objects.get())
    settled = settling.settle(unpacked(continued=True, forgotten=[digest]), keep_tokens=False)
    assert (settled.dropped, settled.held_back) == (1, 0)
    assert not SealedSecret.objects.exists()


def test_everybody_is_signed_out():
    Session.objects.create(
        session_key="x" * 32, session_data="", expire_date=timezone.now() + timedelta(days=1)
    )
    assert settling.settle(unpacked(continued=True), keep_tokens=False).signed_out >= 1
    assert not Session.objects.exists()


def test_what_could_be_used_a_second_time_is_withdrawn():
    user = User.objects.get(pk=local_caller().user_id)
    ResetCode.objects.create(user=user, digest=b"d" * 32, expires_at=timezone.now() + timedelta(days=1))
    assert settling.settle(unpacked(continued=True), keep_tokens=False).withdrawn == 1
    assert not ResetCode.objects.exists()


def test_in_doubt_api_tokens_are_revoked_and_with_the_operators_word_they_stay():
    for keep_tokens, left in ((True, 1), (False, 0)):
        ApiToken.objects.all().delete()
        made = api_tokens.create(local_caller(), "a script", ["token:read"])
        canaries.watch("API token", made.secret.reveal())
        settled = settling.settle(unpacked(), keep_tokens=keep_tokens)
        assert settled.api_tokens == 1 - left
        assert ApiToken.objects.filter(revoked_at=None).count() == left


def test_P12_what_had_expired_does_not_live_again_where_the_clock_is_behind():
    issued = issue()
    # The backup knows of a time 400 days from now; the machine that it is restored on has not come to it.
    later = timezone.now() + timedelta(days=400)
    Entry.objects.filter(seq=Entry.objects.order_by("-seq").first().seq).update(at=later)
    settling.settle(unpacked(), keep_tokens=True)
    with pytest.raises(NoLongerValid):
        judge(identify(issued.secret), fetch(), CIRCUMSTANCES)
    assert Entry.objects.get(action="backup:restore").at >= later
    with pytest.raises(Unavailable, match="clock"):
        issue()


def test_another_folder_than_the_one_unpacked_is_not_touched(tmp_path):
    issue()
    other = unpacked()
    with pytest.raises(RuntimeError):
        settling.settle(Unpacked(other.manifest, tmp_path, tmp_path, other.before), keep_tokens=False)
    assert not Token.objects.exclude(paused_at=None).exists()


def test_a_database_of_a_newer_keyhole_is_refused(monkeypatch):
    from keyhole.core.errors import Misconfigured

    def newer():
        raise Misconfigured("was used by a newer Keyhole (tokens.0099_later)")

    monkeypatch.setattr(settling, "bring_up_to_date", newer)
    with pytest.raises(InvalidInput, match="newer"):
        settling.settle(unpacked(), keep_tokens=False)
