"""Files that are only compressed."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest

from tests.unit.scanners.archives.making import FILES, INSIDE, read, tarred


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed(squeeze):
    text = b"a line\n" * 1000
    assert read(squeeze(text)) == ({b"": text}, [])
    assert read(squeeze(text) + squeeze(b"more")) == ({b"": text + b"more"}, [])
    assert read(squeeze(tarred(FILES))) == (INSIDE, [])


def test_a_dictionary_too_large_is_not_made():
    squeezed = lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 128 << 20}])
    content = squeezed.compress(b"text") + squeezed.flush()
    assert read(content)[1] == [("a damaged compressed file", False)]


def test_one_that_ends_too_early_is_read_up_to_there():
    assert read(gzip.compress(b"text" * 100)[:-12])[1] == [("a compressed file that ends too early", False)]
