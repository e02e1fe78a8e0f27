"""A memory outside of the database."""

import pytest

from keyhole.audit.outside import Memory, digests_in
from keyhole.core.errors import Unavailable


@pytest.fixture
def memory():
    memory = Memory("test-ended.log")
    memory.path().unlink(missing_ok=True)
    yield memory
    if memory.path().is_file():
        memory.path().unlink()


def test_what_is_noted_is_there_and_the_file_is_closed_to_others(memory):
    assert memory.noted() == frozenset()
    memory.note(b"a" * 32)
    memory.note(b"b" * 32)
    assert memory.noted() == {b"a" * 32, b"b" * 32}
    assert memory.path().stat().st_mode & 0o077 == 0


def test_half_a_line_spoils_no_other(memory):
    memory.note(b"a" * 32)
    with memory.path().open("ab") as file:
        file.write(b"deadbeef\xff")
    memory.note(b"b" * 32)
    assert digests_in(memory.path()) == {b"a" * 32, b"b" * 32}


def test_what_cannot_be_written_says_so(memory):
    memory.path().mkdir()
    try:
        with pytest.raises(Unavailable, match=r"test-ended\.log"):
            memory.note(b"a" * 32)
    finally:
        memory.path().rmdir()
