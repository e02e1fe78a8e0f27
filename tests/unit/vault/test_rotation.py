"""A new key for every secret, whatever happens meanwhile."""

import pytest

from keyhole.accounts import custody
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.vault import keyring, rotation
from keyhole.vault.keyring import Ring, new_key
from keyhole.vault.models import SealedSecret
from keyhole.vault.services import Place, Sealed, keep, reveal
from keyhole.vault.status import status

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 7


def place(number):
    return Place("connection", number, "credential")


@pytest.fixture
def texts(canary, monkeypatch):
    monkeypatch.setattr(rotation, "_AT_ONCE", 3)
    texts = {number: canary() for number in range(1, MANY + 1)}
    for number, text in texts.items():
        keep(local_caller(), place(number), Secret(text))
    return texts


def all_open(texts):
    return all(reveal(local_caller(), place(number)).reveal() == text for number, text in texts.items())


def test_every_secret_moves_to_a_new_key_and_the_old_one_is_gone(texts):
    old = keyring.load().active
    seen = []
    done = custody.rotate(local_caller(), lambda count, of: seen.append((count, of)))
    assert (done.rewrapped, done.resumed, done.dropped, done.unreadable) == (MANY, False, (old.id,), ())
    assert seen == [(3, 7), (6, 7), (7, 7)]
    ring = keyring.load()
    assert [key.id for key in ring.keys] == [done.key_id]
    assert done.key_id != old.id
    assert set(SealedSecret.objects.values_list("key_id", flat=True)) == {done.key_id}
    assert all_open(texts)
    assert old.text.reveal() not in keyring.path().read_text()
    assert verify().ok
    begin, end = Entry.objects.filter(action="vault:rotate").order_by("seq")
    assert begin.subject["begins"] is True
    assert end.subject["dropped"] == [old.id]


def test_one_that_stopped_after_the_new_key_goes_on_with_that_key(texts):
    new = new_key()
    keyring.replace(Ring((new, *keyring.load().keys)))
    assert status().unfinished
    done = custody.rotate(local_caller())
    assert (done.key_id, done.rewrapped, done.resumed) == (new.id, MANY, True)
    assert all_open(texts)


def test_one_that_stopped_half_way_is_finished_by_the_next(texts, monkeypatch):
    def stop(done, _of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        custody.rotate(local_caller(), stop)
    assert all_open(texts)
    assert sorted(status().keys.values()) == [3, 4]
    keep(local_caller(), place(99), Secret("kept between the two"))
    done = custody.rotate(local_caller())
    assert (done.rewrapped, done.resumed) == (4, True)
    assert all_open({**texts, 99: "kept between the two"})
    assert len(keyring.load().keys) == 1


def test_what_is_kept_and_forgotten_meanwhile_is_right_too(texts):
    def meanwhile(done, _of):
        if done == 3:
            keep(local_caller(), place(1), Secret("another one"))
            keep(local_caller(), place(50), Secret("a new one"))
            assert all_open({**texts, 1: "another one"})

    custody.rotate(local_caller(), meanwhile)
    assert all_open({**texts, 1: "another one", 50: "a new one"})
    assert len(keyring.load().keys) == 1


def test_a_secret_that_does_not_open_keeps_the_old_key_on_the_ring(texts):
    row = SealedSecret.objects.get(row=2)
    SealedSecret.objects.filter(pk=row.pk).update(sealed=bytes(row.sealed)[:-1] + b"x")
    old = keyring.load().active.id
    done = custody.rotate(local_caller())
    assert done.unreadable == ("connection 2 (credential)",)
    assert done.dropped == ()
    assert [key.id for key in keyring.load().keys] == [done.key_id, old]
    assert SealedSecret.objects.get(row=2).key_id == old
    keep(local_caller(), place(2), Secret("entered anew"))
    assert custody.rotate(local_caller()).dropped == (old,)
    assert all_open({**texts, 2: "entered anew"})


@pytest.mark.parametrize("harm", ["gone", "wrong"])
def test_P11_without_the_right_keys_nothing_is_rotated(texts, harm):
    content = keyring.path().read_bytes()
    keyring.path().unlink()
    if harm == "wrong":
        keyring.replace(Ring((new_key(), new_key())))
    left = keyring.path().read_bytes() if harm == "wrong" else None
    with pytest.raises(Sealed):
        custody.rotate(local_caller())
    assert (keyring.path().read_bytes() if keyring.path().exists() else None) == left
    keyring.path().unlink(missing_ok=True)
    keyring.path().write_bytes(content)
    keyring.path().chmod(0o600)
    assert all_open(texts)


def test_two_do_not_rotate_at_once(texts):
    with rotation.alone(), pytest.raises(Conflict, match="at work"):
        custody.rotate(local_caller())
    assert len(keyring.load().keys) == 1


def test_an_empty_vault_has_nothing_to_rotate():
    with pytest.raises(Conflict):
        custody.rotate(local_caller())
    assert not keyring.path().exists()


def test_keys_of_the_environment_are_moved_to_but_not_changed(texts, settings):
    old, new = keyring.load().active, new_key()
    keyring.path().unlink()
    settings.KEYHOLE_VAULT_KEYS = old.text
    with pytest.raises(Conflict) as refused:
        custody.rotate(local_caller())
    assert "openssl rand -hex 32" in refused.value.hint
    settings.KEYHOLE_VAULT_KEYS = Secret(f"{new.text.reveal()},{old.text.reveal()}")
    done = custody.rotate(local_caller())
    assert (done.key_id, done.rewrapped, done.by_hand, done.dropped) == (new.id, MANY, (old.id,), ())
    settings.KEYHOLE_VAULT_KEYS = new.text
    assert all_open(texts)
    assert not keyring.path().exists()


def test_drafts_of_a_killed_process_do_not_lie_about(texts):
    left = keyring.path().with_name(f".{keyring.NAME}.1.abc")
    left.write_text("x")
    custody.rotate(local_caller())
    assert not left.exists()


def test_only_owners_rotate():
    stranger = Caller(None, "nobody", Via.WEB)
    for act in (custody.rotate, custody.status):
        with pytest.raises(PermissionDenied):
            act(stranger)


def test_the_status_counts_by_key_and_names_what_is_missing(texts):
    found = custody.status(local_caller())
    active = keyring.load().active.id
    assert (found.sealed, found.secrets, found.active, found.keys) == (False, MANY, active, {active: MANY})
    assert found.sentence() == "The vault is open: 7 secrets, sealed under 1 key."
    keyring.replace(Ring((new_key(),)))
    found = status()
    assert found.sealed
    assert found.missing == (active,)
    assert "sealed" in found.sentence()
