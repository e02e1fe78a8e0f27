"""Files that are only compressed."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest
from backports import zstd

from keyhole.scanners.archives import is_archive
from tests.unit.scanners.archives.making import FILES, INSIDE, read, tarred

TOO_MUCH = ("a compressed file that needs more than 64 MiB of memory was not read", True)


def zstandard(text, window):
    """A stream whose size is not known when it begins, so that it needs all of its window."""
    squeezer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: window})
    return squeezer.compress(text), squeezer.flush()


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_compressed(squeeze):
    text = b"a line\n" * 1000
    assert read(squeeze(text)) == ({b"": text}, [])
    assert read(squeeze(text) + squeeze(b"more")) == ({b"": text + b"more"}, [])
    assert read(squeeze(tarred(FILES))) == (INSIDE, [])


def test_a_dictionary_too_large_is_not_made():
    squeezed = lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 128 << 20}])
    content = squeezed.compress(b"text") + squeezed.flush()
    assert read(content)[1] == [TOO_MUCH]
    assert read(b"".join(zstandard(b"text", window=27)))[1] == [TOO_MUCH]


def test_the_largest_usual_dictionary_is_made():
    text = b"text" * 1000
    assert read(lzma.compress(text, preset=9)) == ({b"": text}, [])
    assert read(b"".join(zstandard(text, window=26))) == ({b"": text}, [])


def alone(text, dictionary=1 << 23):
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": dictionary}]
    return lzma.compress(text, lzma.FORMAT_ALONE, filters=filters)


@pytest.mark.parametrize("dictionary", [1 << 16, 3 << 20, 1 << 26])
def test_lzma_without_a_container(dictionary):
    text = b"a line\n" * 1000
    squeezed = alone(text, dictionary)
    assert read(squeezed) == ({b"": text}, [])
    sized = squeezed[:5] + len(text).to_bytes(8, "little") + squeezed[13:]
    assert read(sized)[0] == {b"": text}
    assert read(alone(tarred(FILES), dictionary)) == (INSIDE, [])
    assert read(squeezed[: len(squeezed) // 2])[1] == [("a compressed file that ends too early", False)]
    assert read(alone(text, 128 << 20))[1] == [TOO_MUCH]


def test_what_only_begins_like_lzma_without_a_container_is_none():
    squeezed = alone(b"text")
    for place, byte in ((0, 0x5E), (3, 0xA1), (4, 5), (12, 0x7F), (13, 1)):
        assert not is_archive(squeezed[:place] + bytes([byte]) + squeezed[place + 1 :])
    for content in (b"\x5d\0\0", b"\x5d\0\0\0\0" + bytes(20), squeezed[:13], b"]\0\0 a text"):
        assert not is_archive(content)


@pytest.mark.parametrize("squeeze", [gzip.compress, zstd.compress])
def test_one_that_ends_too_early_is_read_up_to_there(squeeze):
    assert read(squeeze(b"text" * 100)[:-12])[1] == [("a compressed file that ends too early", False)]


def test_parts_of_zstandard_to_be_skipped_are_skipped():
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"other"
    assert read(zstd.compress(b"one") + skipped + zstd.compress(b"two")) == ({b"": b"onetwo"}, [])
    assert read(zstd.compress(b"one") + b"?" * 20)[1] == [
        ("what follows a compressed file is not of its kind", False)
    ]


@pytest.mark.parametrize("low", [0x50, 0x5F])
def test_one_that_begins_with_a_part_to_be_skipped_is_opened(low):
    skipped = bytes([low]) + b"\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"
    assert read(skipped + zstd.compress(b"one") + skipped + zstd.compress(b"two")) == ({b"": b"onetwo"}, [])
    assert read(skipped) == ({b"": b""}, [])
    assert read(skipped + b"\x04\x22\x4d\x18...")[1] == [("a damaged compressed file", False)]
    assert not is_archive(b"P*M text")


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_millions_of_empty_streams_are_left_after_some(squeeze):
    found, why = read(squeeze(b"text") + squeeze(b"") * 30_000)
    assert found == {b"": b"text"}
    assert why == [("of an archive with more than 20,000 files not all were read", True)]


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_streams_end_anywhere_and_may_be_filled_up_with_zeros(squeeze):
    texts = [bytes([65 + number % 26]) * (number * 7919 % 90_000) for number in range(40)]
    whole = b"".join(squeeze(text) + b"\0" * (number % 3 * 40_000) for number, text in enumerate(texts))
    assert read(whole) == ({b"": b"".join(texts)}, [])
