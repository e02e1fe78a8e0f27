"""What can be said about a candidate without asking anybody: checksums, entropy, and whether somebody made it up."""

from __future__ import annotations

import binascii
import math
import re
import zlib
from base64 import b64decode, urlsafe_b64decode
from collections import Counter
from collections.abc import Callable
from hashlib import sha256

from keyhole.scanners.lazily import pattern

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE36 = b"0123456789abcdefghijklmnopqrstuvwxyz"
_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_CHECKSUM = 4
_LEAST_OF_A_TOKEN = 3.2  # bits per byte: a UUID has more, a word less
_BECH32 = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_DIGIT = pattern(rb"[0-9]")
_PAIR = pattern(rb"[0-9A-Za-z_.@|$+<>-]{0,200}:([!-~]{6,})")
_NO_BASE64 = pattern(rb"\\[nrt]|%0[AaDd]|&#(?:1[03]|x0?[AaDd]);|[^0-9A-Za-z+/=]")
_MARKS_IN_BASE64 = (b"//", b"+")
"""What lines of comments and patches begin with, and lines of keys can, but never all of them."""
_MADE_UP = pattern(
    rb"xxxx|\*\*\*|\.\.\.|example|placeholder|changeme|change_me|redacted|your[-_ ]|dummy|fake|sample|insert|replace"
    rb"|(?:01234|12345|23456|34567)\d|abcdef|bcdefg|qwerty|0000000|1111111|aaaaaaa|deadbeef|foobar|<[a-z][^<>]*>|\$\{|\{\{|%\("
)
"""Of a value in lower case: where case does not count, a try at each place is made, and takes three times as long."""


def entropy(value: bytes) -> float:
    """Shannon entropy in bits per byte of the value's own distribution: at most log2 of its length."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values()) if size else 0.0


def made_up(value: bytes) -> bool:
    """Whether the value has a stretch that people write and generators (practically) never do."""
    return _MADE_UP.search(value.lower()) is not None


def base62_crc32(text: bytes) -> bytes:
    """CRC-32 of the text as six base62 digits, padded with `0` on the left."""
    return _in_base(zlib.crc32(text), _BASE62, 6)


def _in_base(number: int, digits: bytes, width: int) -> bytes:
    written = bytearray()
    while number:
        number, rest = divmod(number, len(digits))
        written.append(digits[rest])
    return bytes(reversed(written)).rjust(width, digits[:1])


def _crc32_of_body(value: bytes) -> bool:
    # GitHub: "Behind GitHub's new authentication token formats", 2021-04-05; Keyhole's own tokens do the same.
    body = value.rpartition(b"_")[2]
    return base62_crc32(body[:-6]) == body[-6:]


def _grafana(value: bytes) -> bool:
    # Grafana, pkg/components/satokengen: little-endian CRC-32 over all that stands before the last underscore.
    body, _, written = value.rpartition(b"_")
    return zlib.crc32(body).to_bytes(4, "little").hex().encode() == written


def _json_web_token(value: bytes) -> bool:
    """RFC 7519: the first part is a JSON object with an algorithm; and it is not the one that jwt.io shows."""
    head, payload = map(_decoded, (*value.split(b".", 2), b"")[:2])
    return head.startswith(b"{") and b'"alg"' in head and b'"John Doe"' not in payload


def _decoded(part: bytes) -> bytes:
    """The bytes of base64url without padding; none for what is no base64."""
    try:
        return urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return b""


def _opaque_token(value: bytes) -> bool:
    """Whether it is random enough for a token, and not one that has a rule of its own."""
    if value.count(b".") > 1 and _json_web_token(value):
        return False
    # Letters and dots alone are what code calls its variables.
    return _DIGIT.search(value) is not None and entropy(value) >= _LEAST_OF_A_TOKEN and not made_up(value)


def _basic_pair(value: bytes) -> bool:
    """RFC 7617: base64 of a name, a colon and a password of some length that nobody made up."""
    try:
        pair = _PAIR.fullmatch(b64decode(value + b"=" * (-len(value) % 4)))
    except (binascii.Error, ValueError):
        return False
    return pair is not None and _password(pair[1])


def _password(value: bytes) -> bool:
    """What stands where a password belongs: not a variable, nor one of the words that stand there in every manual."""
    from urllib.parse import unquote_to_bytes  # noqa: PLC0415  # takes long to import, and addresses with one are rare

    from keyhole.scanners.secrets.plain import values  # noqa: PLC0415  # which needs this module

    written = unquote_to_bytes(value)
    return (
        (values.has_digit(written) or values.classes(written) > 2 or values.oddity(written) >= 5)
        and not values.points_elsewhere(written, quoted=True, rest=b"")
        and not values.no_secret(written, b"")
    )


def base58check(payload: bytes) -> bytes:
    """The payload and its checksum, as Bitcoin writes them."""
    content = payload + sha256(sha256(payload).digest()).digest()[:_BASE58_CHECKSUM]
    leading = len(content) - len(content.lstrip(b"\0"))
    return _BASE58[:1] * leading + _in_base(int.from_bytes(content, "big"), _BASE58, 0)


def _base58check(value: bytes) -> bool:
    number = 0
    for character in value:
        number = number * len(_BASE58) + _BASE58.find(character)
    leading = len(value) - len(value.lstrip(_BASE58[:1]))
    content = bytes(leading) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base58check(content[:-_BASE58_CHECKSUM]) == value


def bech32(prefix: bytes, payload: bytes) -> bytes:
    """The payload and its checksum, as BIP 173 writes them."""
    bits = f"{int.from_bytes(payload, 'big'):0{len(payload) * 8}b}"
    digits = [int(bits[at : at + 5].ljust(5, "0"), 2) for at in range(0, len(bits), 5)]
    spread = [byte >> 5 for byte in prefix] + [0] + [byte & 31 for byte in prefix]
    check = _polymod([*spread, *digits, *[0] * 6]) ^ 1
    digits += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return prefix + b"1" + bytes(_BECH32[digit] for digit in digits)


def _bech32(value: bytes) -> bool:
    prefix, _, data = value.rpartition(b"1")
    spread = [byte >> 5 for byte in prefix] + [0] + [byte & 31 for byte in prefix]
    return _polymod([*spread, *(_BECH32.find(character) for character in data)]) == 1


def _polymod(digits: list[int]) -> int:
    remainder = 1
    for digit in digits:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ digit
        for place, generator in enumerate(_BECH32_GENERATORS):
            remainder ^= generator if top >> place & 1 else 0
    return remainder


def _private_key_body(value: bytes) -> bytes:
    """The base64 of a PEM block alone, however its line breaks, quotes and headers are written."""
    without_headers = re.sub(rb"(?:Proc-Type|DEK-Info|Comment|Version)[^\n\\]*", b"", value)
    lines = without_headers.split(b"\n")
    for mark in _MARKS_IN_BASE64:
        if all(line.lstrip().startswith(mark) for line in lines[1:]):
            lines = [line.lstrip().removeprefix(mark) for line in lines]
    return _NO_BASE64.sub(b"", b"\n".join(lines))


CHECKSUMS: dict[str, Callable[[bytes], bool]] = {
    "base58check": _base58check,
    "basic-pair": _basic_pair,
    "bech32": _bech32,
    "crc32-base62": _crc32_of_body,
    "grafana": _grafana,
    "json-web-token": _json_web_token,
    "opaque-token": _opaque_token,
    "password": _password,
}
"""By the name that rules use. Each takes the secret and says whether it can be real."""

NORMAL_FORMS: dict[str, Callable[[bytes], bytes]] = {"private-key": _private_key_body}
"""By the name that rules use. Each gives the same bytes for the same secret, however it is written."""
