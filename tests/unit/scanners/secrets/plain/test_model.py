"""The model tells words from what a program drew."""

from __future__ import annotations

import random
import string
import subprocess
import sys
import zlib
from importlib import resources
from pathlib import Path

import pytest

from keyhole.scanners.secrets.plain.model import surprise

WORDS = [
    b"password",
    b"development-key",
    b"BasicAuthHandler",
    b"get_netrc_auth",
    b"configuration",
    b"request_token",
]


def test_words_are_told_from_random_letters_without_overlap():
    draw = random.Random(5)
    drawn = ["".join(draw.choices(string.ascii_letters + string.digits, k=20)).encode() for _ in range(200)]
    assert max(map(surprise, WORDS)) + 1 < min(map(surprise, drawn))


@pytest.mark.parametrize("text", [b"", b"\xff\x00", b"a" * 5000])
def test_any_bytes_have_a_measure(text):
    assert 0 <= surprise(text) < 16


def test_the_table_is_what_its_script_makes_of_a_folder(tmp_path):
    """The script, run over a tiny folder: same shape, and what stands there is expected."""
    (tmp_path / "words.py").write_text("banana banana_banana\n")
    script = Path(__file__).parents[5] / "scripts" / "make-trigrams"
    done = subprocess.run(
        [sys.executable, script, tmp_path, tmp_path / "table"], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("2 words")
    table = zlib.decompress((tmp_path / "table").read_bytes())
    ours = zlib.decompress((resources.files("keyhole.scanners.secrets.plain") / "trigrams.bin").read_bytes())
    assert len(table) == len(ours) == 28**3
    a, n, q = 1, 14, 17
    assert table[(n * 28 + a) * 28 + n] < table[(n * 28 + a) * 28 + q]
