"""Secrets of a backup wait until somebody answers for them."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.secret import Secret
from keyhole.vault import rotation, waiting
from keyhole.vault.services import Place, Sealed, forget, keep, reveal

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = Place("connection", 1, "token"), Place("connection", 2, "token")


def test_what_is_held_back_is_not_revealed_until_it_is_released(canary):
    text = canary()
    keep(local_caller(), HERE, Secret(text))
    keep(local_caller(), THERE, Secret(canary()))
    assert waiting.hold_back() == 2
    with pytest.raises(Sealed):
        reveal(local_caller(), HERE)
    assert forget(local_caller(), THERE)
    assert waiting.release(local_caller()) == 1
    assert reveal(local_caller(), HERE).reveal() == text
    released = Entry.objects.get(action="vault:release")
    assert released.subject == {"secrets": 1}


def test_releasing_nothing_is_not_on_record():
    assert waiting.release(local_caller()) == 0
    assert not Entry.objects.filter(action="vault:release").exists()


def test_a_rotation_does_not_release(canary):
    keep(local_caller(), HERE, Secret(canary()))
    waiting.hold_back()
    assert rotation.rotate(local_caller()).rewrapped == 1
    with pytest.raises(Sealed):
        reveal(local_caller(), HERE)
