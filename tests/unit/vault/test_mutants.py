"""Mistakes that others made in vaults, put into copies of ours one at a time: the checks below find each of them.

A mutant is an edit of the source. If one survives, the tests of the vault have become blind to that kind of mistake.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from keyhole.core.secret import Secret
from keyhole.vault import envelope as envelope_module
from keyhole.vault.keyring import new_key
from keyhole.vault.problems import Tampered

SOURCE = Path(envelope_module.__file__).read_text()
KEY, OTHER = new_key(), new_key()

MUTANTS = {
    "the table is not bound": ('bound("keyhole secret", place.table, ', 'bound("keyhole secret", '),
    "the row is not bound": (
        "place.table, str(place.row), place.field)\n\n\ndef _encrypt",
        "place.table, place.field)\n\n\ndef _encrypt",
    ),
    "the field is not bound": (
        "str(place.row), place.field)\n\n\ndef _encrypt",
        "str(place.row))\n\n\ndef _encrypt",
    ),
    "nothing is bound to the secret": (
        'return bound("keyhole secret", place.table, str(place.row), place.field)',
        'return b""',
    ),
    "nothing is bound to the data key": (
        'return bound("keyhole data key", place.table, str(place.row), place.field, key_id)',
        'return b""',
    ),
    "lengths are not told": ('len(part).to_bytes(4, "big") + part', "part"),
    "the two parts are bound alike": ('bound("keyhole data key", ', 'bound("keyhole secret", '),
    "the key's id is not bound": (", place.field, key_id)", ", place.field)"),
    "a nonce is used again": ("nonce = os.urandom(_NONCE)", "nonce = bytes(_NONCE)"),
    "a nonce comes from what is sealed": (
        "nonce = os.urandom(_NONCE)",
        'nonce = __import__("hashlib").sha256(text).digest()[:_NONCE]',
    ),
    "a nonce is short": ("nonce = os.urandom(_NONCE)", 'nonce = os.urandom(2).ljust(_NONCE, b"0")'),
    "one data key for all": ("data_key = os.urandom(32)", 'data_key = b"k" * 32'),
    "the data key is not wrapped": (
        "wrapped=_encrypt(key.material(), data_key,",
        "wrapped=_encrypt(bytes(32), data_key,",
    ),
    "a failure gives what is stored": (
        "    except InvalidTag:\n        raise _refusal(place) from None",
        "    except InvalidTag:\n        return stored",
    ),
    "the version is not looked at": ("stored[:1] != _VERSION or ", ""),
    "a rewrapped secret is not opened first": ("    unseal(old, place, envelope)\n", ""),
    "rewrapping keeps the key's id": (
        "return Envelope(new.id, moved",
        "return Envelope(envelope.key_id, moved",
    ),
    "rewrapping wraps with the old key": (
        "moved = _encrypt(new.material()",
        "moved = _encrypt(old.material()",
    ),
}
"""What is wrong -> the text that is there, and the one that would be."""


def vault(old: str, new: str) -> types.ModuleType:
    """A copy of the module, with the edit."""
    assert not old or SOURCE.count(old) >= 1, "envelope.py has changed; change the mutant with it"
    module = types.ModuleType("mutant_of_envelope")
    sys.modules[module.__name__] = module  # frozen dataclasses look their module up
    exec(compile(SOURCE.replace(old, new) if old else SOURCE, "mutant", "exec"), module.__dict__)
    return module


def refused(module, place, envelope, key=KEY):
    try:
        module.unseal(key, place, envelope)
    except Tampered as problem:
        return "kept there" in problem.message
    return False


def faults(module):
    """Every promise of an envelope that the module breaks."""
    sealed = module.seal(KEY, module.Place("ab", 1, "c"), Secret("first secret"))
    yield from binding(module, sealed)
    yield from drawing(module)
    yield from changing(module, sealed)
    yield from moving(module, sealed)


def binding(module, sealed):
    """Each place and each key for itself."""
    place, envelope_of = module.Place, module.Envelope
    here = place("ab", 1, "c")
    if module.unseal(KEY, here, sealed).reveal() != "first secret":
        yield "does not open"
    inner = module.AESGCM(KEY.material())
    data_key = inner.decrypt(sealed.wrapped[1:13], sealed.wrapped[13:], module._wrapping(here, KEY.id))
    for other in (place("ax", 1, "c"), place("ab", 2, "c"), place("ab", 1, "d"), place("a", 1, "bc")):
        # With the data key wrapped for the other place, too: the secret itself must be bound.
        forged = b"\x01" + bytes(12) + inner.encrypt(bytes(12), data_key, module._wrapping(other, KEY.id))
        moved = envelope_of(KEY.id, forged, sealed.sealed)
        if not refused(module, other, sealed) or not refused(module, other, moved):
            yield f"opens as {other}"
    if module.bound("ab", "c") == module.bound("a", "bc"):
        yield "spelt alike"
    if module._wrapping(here, KEY.id) == module._wrapping(here, OTHER.id):
        yield "wrapped for any key"
    if module.bound("keyhole secret") in module._wrapping(here, KEY.id):
        yield "a data key passes for a secret"
    if not refused(module, here, envelope_of(OTHER.id, sealed.wrapped, sealed.sealed)):
        yield "another key's id"
    if not refused(module, here, sealed, OTHER):
        yield "another key"


def drawing(module):
    """Nothing random comes twice."""
    here = module.Place("ab", 1, "c")
    rows = [module.seal(KEY, here, Secret("same")) for _ in range(2000)]
    if len({row.sealed[1:13] for row in rows}) != 2000 or len({row.wrapped[1:13] for row in rows}) != 2000:
        yield "nonces"
    if len({module._data_key(KEY, here, row) for row in rows[:2]}) != 2:
        yield "one data key"


def changing(module, sealed):
    """No byte can be another."""
    for part in ("wrapped", "sealed"):
        stored = getattr(sealed, part)
        for at in (0, 5, 20, len(stored) - 1):
            changed = stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :]
            parts = {"wrapped": sealed.wrapped, "sealed": sealed.sealed, part: changed}
            if not refused(module, module.Place("ab", 1, "c"), module.Envelope(KEY.id, **parts)):
                yield f"changed {part} at {at}"


def moving(module, sealed):
    """To another key of the ring, and only what opens."""
    here = module.Place("ab", 1, "c")
    moved = module.rewrap(KEY, OTHER, here, sealed)
    if moved.key_id != OTHER.id or module.unseal(OTHER, here, moved).reveal() != "first secret":
        yield "does not move"
    broken = module.Envelope(KEY.id, sealed.wrapped, sealed.sealed[:-1] + bytes([sealed.sealed[-1] ^ 1]))
    try:
        module.rewrap(KEY, OTHER, here, broken)
        yield "moves what does not open"
    except Tampered:
        pass


def test_the_unchanged_copy_survives():
    assert list(faults(vault("", ""))) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_killed(name):
    module = vault(*MUTANTS[name])
    try:
        found = list(faults(module))
    except Exception as problem:  # noqa: BLE001  # a mutant may break in any way; that it breaks is that it is found
        found = [repr(problem)]
    assert found
