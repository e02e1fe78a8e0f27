"""Rotating, pausing and resuming: two texts at most, never more rights, and nobody's but one's own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller
from keyhole.audit.explain import explain
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import (
    BadCredentials,
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from keyhole.tokens import revocations
from keyhole.tokens.authority import (
    NoLongerValid,
    Refused,
    TextReplaced,
    TokenPaused,
    identify,
    judge,
    refuse_known,
    still_valid,
)
from keyhole.tokens.lifecycle import cancel_rotation, pause, resume, rotate
from keyhole.tokens.models import Purpose, Token
from keyhole.tokens.services import revoke
from tests import canaries
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue
from tests.unit.tokens.test_services import member

pytestmark = pytest.mark.django_db(transaction=True)


def use(secret, repository=7):
    return judge(identify(secret), fetch(repository), CIRCUMSTANCES)


def turned(issued, **options):
    new = rotate(local_caller(), issued.token.pk, **options)
    canaries.watch("unit token", new.secret.reveal())
    return new


def later(monkeypatch, **distance):
    moment = timezone.now() + timedelta(**distance)
    for module in ("keyhole.tokens.authority", "keyhole.audit.log"):
        monkeypatch.setattr(f"{module}.timezone.now", lambda: moment)


def test_both_texts_are_allowed_until_the_new_one_is_used_and_the_old_one_is_not_afterwards():
    issued = issue()
    new = turned(issued)
    for _ in range(3):
        use(issued.secret)
    use(new.secret)
    with pytest.raises(TextReplaced, match=r"^Bad credentials$"):
        use(issued.secret)
    use(new.secret)
    assert Token.objects.get(pk=issued.token.pk).requests == 5
    first = Entry.objects.filter(subject__first_use_after_rotation=True).get()
    assert first.outcome == "allowed"
    assert verify().ok


def test_a_rotated_token_is_the_same_token_with_the_same_rights():
    issued = issue()
    before = Token.objects.values("name", "user", "grant", "created_at", "expires_at").get(pk=issued.token.pk)
    old = identify(issued.secret)
    new = turned(issued)
    use(new.secret)
    assert Token.objects.values(*before).get(pk=issued.token.pk) == before
    bearer = identify(new.secret)
    assert (bearer.token_id, bearer.grant, bearer.user_id) == (old.token_id, old.grant, old.user_id)


def test_a_denied_request_with_the_new_text_is_a_use_too():
    issued = issue()
    new = turned(issued)
    with pytest.raises(Refused):
        use(new.secret, repository=8)
    with pytest.raises(TextReplaced):
        use(issued.secret)


def test_the_old_text_ends_with_the_overlap_although_the_new_one_was_never_used(monkeypatch):
    issued = issue()
    new = turned(issued, overlap=timedelta(hours=2))
    later(monkeypatch, hours=2, seconds=1)
    with pytest.raises(TextReplaced):
        use(issued.secret)
    use(new.secret)


def test_without_overlap_the_old_text_ends_now_and_so_does_what_it_began():
    issued = issue()
    bearer = identify(issued.secret)
    new = turned(issued, overlap=timedelta(0))
    with pytest.raises(NoLongerValid):
        judge(bearer, fetch(), CIRCUMSTANCES)
    assert not still_valid(bearer.held)
    use(new.secret)


def test_what_began_with_the_old_text_may_run_on_for_an_hour_after_the_first_use_of_the_new_one(monkeypatch):
    issued = issue()
    bearer = identify(issued.secret)
    use(turned(issued).secret)
    assert still_valid(bearer.held)
    later(monkeypatch, minutes=61)
    assert not still_valid(bearer.held)


def test_a_request_that_was_identified_before_the_first_use_and_judged_after_it_is_refused():
    issued = issue()
    old = identify(issued.secret)
    use(turned(issued).secret)
    with pytest.raises(NoLongerValid) as raised:
        judge(old, fetch(), CIRCUMSTANCES)
    assert "rotated" in explain(raised.value.explain).text()


def test_who_still_knocks_with_the_old_text_is_counted_and_named():
    issued = issue()
    use(turned(issued).secret)
    with pytest.raises(TextReplaced) as raised:
        identify(issued.secret)
    entry = Entry.objects.get(id=refuse_known(raised.value, CIRCUMSTANCES))
    assert (entry.token_id, entry.outcome, entry.subject["reason"]) == (issued.token.pk, "denied", "replaced")
    assert Token.objects.get(pk=issued.token.pk).denials == 1


def test_a_cancelled_rotation_ends_the_new_text_and_leaves_the_old_one(monkeypatch):
    issued = issue()
    new = turned(issued, overlap=timedelta(hours=1))
    cancel_rotation(local_caller(), issued.token.pk)
    with pytest.raises(BadCredentials):
        identify(new.secret)
    later(monkeypatch, hours=2)
    use(issued.secret)
    with pytest.raises(Conflict):
        cancel_rotation(local_caller(), issued.token.pk)


def test_after_the_first_use_there_is_nothing_to_cancel():
    issued = issue()
    use(turned(issued).secret)
    with pytest.raises(Conflict):
        cancel_rotation(local_caller(), issued.token.pk)


def test_one_rotation_at_a_time():
    issued = issue()
    turned(issued)
    with pytest.raises(Conflict, match="already"):
        rotate(local_caller(), issued.token.pk)


def test_revoking_ends_both_texts_also_in_a_restored_database():
    issued = issue()
    new = turned(issued)
    revoke(local_caller(), issued.token.pk)
    Token.objects.update(revoked_at=None)
    revocations.apply()
    for secret in (issued.secret, new.secret):
        with pytest.raises(BadCredentials):
            identify(secret)


@pytest.mark.parametrize("days", [-1, 91, 10**6])
def test_absurd_overlaps_are_refused(days):
    issued = issue()
    with pytest.raises(InvalidInput) as raised:
        rotate(local_caller(), issued.token.pk, timedelta(days=days))
    assert raised.value.field == "overlap"
    assert not Token.objects.get(pk=issued.token.pk).rotating


@pytest.mark.parametrize("change", [rotate, pause, resume, cancel_rotation])
def test_what_is_over_stays_over(change):
    revoked, expired, scan = issue(), issue(), issue(purpose=Purpose.SCAN)
    revoke(local_caller(), revoked.token.pk)
    Token.objects.filter(pk=expired.token.pk).update(expires_at=timezone.now())
    for issued in (revoked, expired, scan):
        with pytest.raises(Conflict):
            change(local_caller(), issued.token.pk)


@pytest.mark.parametrize("change", [rotate, pause, resume, cancel_rotation])
def test_T9_to_others_a_token_is_not_there(change):
    issued = issue()
    for number in (issued.token.pk, 0, -1, 2**63):
        with pytest.raises(NotFound):
            change(member("bob"), number) if number == issued.token.pk else change(local_caller(), number)


def test_a_member_rotates_and_pauses_their_own():
    issued = issue()
    alice = member("alice")
    Token.objects.update(user=alice.user_id, approved=True)  # else her role would not include it
    use(rotate(alice, issued.token.pk).secret)
    pause(alice, issued.token.pk)
    resume(alice, issued.token.pk)


def test_what_an_owner_paused_only_an_owner_resumes():
    issued = issue()
    alice = member("alice")
    Token.objects.update(user=alice.user_id)
    pause(local_caller(), issued.token.pk, "a leak is looked into")
    with pytest.raises(PermissionDenied):
        resume(alice, issued.token.pk)
    assert resume(local_caller(), issued.token.pk).paused_at is None


def test_a_paused_token_is_refused_with_the_reason_and_resumed_as_it_was():
    issued = issue()
    bearer = identify(issued.secret)
    pause(local_caller(), issued.token.pk, "over the holidays")
    with pytest.raises(TokenPaused) as identified:
        identify(issued.secret)
    assert (identified.value.status, "paused" in identified.value.message) == (403, True)
    with pytest.raises(TokenPaused) as judged:
        judge(bearer, fetch(), CIRCUMSTANCES)
    entry = Entry.objects.get(id=judged.value.explain)
    assert (entry.outcome, entry.subject["reason"], entry.subject["status"]) == ("denied", "paused", 403)
    assert not still_valid(bearer.held)
    resume(local_caller(), issued.token.pk)
    assert identify(issued.secret) == bearer
    use(issued.secret)


def test_pausing_does_not_stop_the_clock():
    issued = issue(expires_in_days=1)
    pause(local_caller(), issued.token.pk)
    Token.objects.update(expires_at=timezone.now())
    with pytest.raises(BadCredentials):
        identify(issued.secret)
    with pytest.raises(Conflict):
        resume(local_caller(), issued.token.pk)


def test_a_paused_token_is_rotated_and_stays_paused():
    issued = issue()
    pause(local_caller(), issued.token.pk)
    new = turned(issued)
    with pytest.raises(TokenPaused):
        identify(new.secret)
    resume(local_caller(), issued.token.pk)
    use(issued.secret)
    use(new.secret)


def test_pausing_and_resuming_twice_is_harmless_and_on_record_once():
    issued = issue()
    for _ in range(2):
        pause(local_caller(), issued.token.pk)
    for _ in range(2):
        resume(local_caller(), issued.token.pk)
    assert Entry.objects.filter(action="token:pause").count() == 2


def test_nothing_is_rotated_while_the_clock_is_behind_the_log(monkeypatch):
    issued = issue()
    later(monkeypatch, hours=-1)
    with pytest.raises(Unavailable):
        rotate(local_caller(), issued.token.pk)


@pytest.mark.parametrize("change", [rotate, cancel_rotation, pause])
def test_a_revocation_list_that_cannot_be_written_stops_what_needs_it(change):
    issued = issue()
    if change is cancel_rotation:
        turned(issued)
    revocations.path().unlink(missing_ok=True)
    revocations.path().mkdir()
    try:
        if change is pause:
            pause(local_caller(), issued.token.pk)  # ends no text, and needs no list
            return
        options = {"overlap": timedelta(0)} if change is rotate else {}
        with pytest.raises(Unavailable):
            change(local_caller(), issued.token.pk, **options)
    finally:
        revocations.path().rmdir()
    use(issued.secret)


def test_an_inactive_person_changes_nothing():
    issued = issue()
    caller = local_caller()
    User.objects.update(is_active=False)
    for change in (rotate, cancel_rotation, pause, resume):
        with pytest.raises(PermissionDenied):
            change(Caller(caller.user_id, caller.name, Via.WEB), issued.token.pk)
