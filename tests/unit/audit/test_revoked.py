"""The second record of revocations: whole lines count, half ones do not, and what cannot be written is not done."""

from __future__ import annotations

import pytest

from keyhole.audit import revoked
from keyhole.core.errors import Unavailable


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.KEYHOLE_DATA = tmp_path


def test_what_is_noted_is_found_again():
    assert revoked.noted() == set()
    revoked.note(b"\x01" * 32)
    revoked.note(b"\x02" * 32)
    assert revoked.noted() == {b"\x01" * 32, b"\x02" * 32}
    assert revoked.path().stat().st_mode & 0o077 == 0


def test_half_a_line_spoils_no_other():
    revoked.path().write_text("\n" + "ab" * 20)
    revoked.note(b"\x03" * 32)
    assert revoked.noted() == {b"\x03" * 32}


def test_what_cannot_be_on_disk_is_said():
    revoked.path().mkdir()
    with pytest.raises(Unavailable):
        revoked.note(b"\x04" * 32)
