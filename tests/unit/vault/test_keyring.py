"""The ring: made once, never written over, refused when it is not whole or others can read it."""

import stat

import pytest

from keyhole.core.secret import Secret
from keyhole.vault import keyring
from keyhole.vault.keyring import Ring, new_key, parse
from keyhole.vault.problems import Sealed


def test_without_a_file_there_is_no_ring_and_looking_makes_none():
    assert keyring.load() is None
    assert not keyring.path().exists()


def test_the_file_is_made_once_and_for_its_owner_alone():
    made = keyring.create()
    assert stat.S_IMODE(keyring.path().stat().st_mode) == 0o600
    assert keyring.create().active.id == made.active.id
    assert keyring.load().active.id == made.active.id
    assert not list(keyring.path().parent.glob(f".{keyring.NAME}*"))


def test_a_ring_that_is_replaced_holds_at_once():
    first = keyring.create()
    both = Ring((new_key(), *first.keys))
    keyring.replace(both)
    assert [key.id for key in keyring.load().keys] == [key.id for key in both.keys]
    assert keyring.load().active.id == both.active.id
    assert stat.S_IMODE(keyring.path().stat().st_mode) == 0o600


def test_keys_may_be_lines_or_a_list_and_one_twice_counts_once():
    keys = [new_key().text.reveal() for _ in range(3)]
    for text in ("\n".join(keys), ",".join(keys), f"  {keys[0]} ,\r\n{keys[1]}\t{keys[2]}\n{keys[0]}\n"):
        ring = parse(Secret(text), "test")
        assert [key.text.reveal() for key in ring.keys] == keys


@pytest.mark.parametrize(
    "text",
    ["", "\n", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n" + "b" * 20, "\ufffd" * 64, "é" * 64],
)
def test_half_a_key_seals_and_is_not_shown(text):
    with pytest.raises(Sealed) as refused:
        parse(Secret(text), "vault.keys")
    assert "vault.keys" in refused.value.message
    assert "backup" in refused.value.hint
    assert "a" * 12 not in refused.value.message
    assert "b" * 12 not in refused.value.message


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o602])
def test_a_file_that_others_may_read_or_write_seals(mode):
    keyring.create()
    keyring.path().chmod(mode)
    with pytest.raises(Sealed, match="others") as refused:
        keyring.load()
    assert "chmod 600" in refused.value.hint


def test_a_folder_in_its_place_seals():
    keyring.path().mkdir(mode=0o700)
    try:
        with pytest.raises(Sealed):
            keyring.load()
    finally:
        keyring.path().rmdir()


def test_the_environment_outvotes_the_file(settings):
    keyring.create()
    key = new_key()
    settings.KEYHOLE_VAULT_KEYS = key.text
    assert keyring.load().active.id == key.id
    assert keyring.source() == "KEYHOLE_VAULT_KEYS"
    settings.KEYHOLE_VAULT_KEYS = Secret("nonsense")
    with pytest.raises(Sealed, match="KEYHOLE_VAULT_KEYS"):
        keyring.load()


def test_an_id_is_the_keys_own_and_does_not_show_it():
    key = new_key()
    assert parse(key.text, "test").active.id == key.id
    assert len(key.id) == 16
    assert key.id not in key.text.reveal()
    assert key.text.reveal() not in repr(Ring((key,)))
