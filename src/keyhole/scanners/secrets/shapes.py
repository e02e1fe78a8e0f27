"""Made-up secrets with the right shape, from a template: rules carry templates, so that no rule file looks like a leak.

`ghp_<alnum:30><crc32>` is that text with 30 random characters and their checksum. `<NAME:COUNT>` draws from an
alphabet below; `<crc32>` is the checksum of what was drawn since the last literal; `<bad-crc32>` is a wrong one.
`<bytes:COUNT>` is base64 of that many bytes; `<json:TEXT>` is base64url of `{TEXT}`; `<grafana>` Grafana's checksum;
`<digits64:COUNT>` base64url of that many digits; `<json64:TEXT>` base64 of `{TEXT}`; `<basic:COUNT>` base64 of
`deploy:` and a password of that length; `<checked58:VERSION:COUNT>` and `<checked32:PREFIX:COUNT>` so many bytes with
the checksums of Bitcoin and BIP 173. What no rule could see, as its window is smaller, is not made.
"""

from __future__ import annotations

import base64
import random
import re
import string
import zlib
from collections.abc import Callable

from keyhole.scanners.secrets.checks import base58check, base62_crc32, bech32

_ALPHABETS = {
    "alnum": string.ascii_letters + string.digits,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "lownum": string.ascii_lowercase + string.digits,
    "upnum": string.ascii_uppercase + string.digits,
    "hex": "0123456789abcdef",
    "uphex": "0123456789ABCDEF",
    "digit": string.digits,
    "base32": string.ascii_uppercase + "234567",
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "base64": string.ascii_letters + string.digits + "+/",
    "url64": string.ascii_letters + string.digits + "-_",
    "django": string.ascii_lowercase + string.digits + "!@#$%^&*(-_=+)",
    "printable": string.ascii_letters + string.digits + "!@#$%^&*()-_ []{}|;:,./?`~+=",
    "bech": "qpzry9x8gf2tvdw0s3jn54khce6mua7l",
    "bech32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}
LARGEST = 1 << 14
"""The most that one part may ask for, and four times that is the most characters of a whole text."""
_PART = re.compile(r"<([a-z0-9-]+)(?::([^<>]*))?>")


def make(template: str, seed: int) -> str:
    """One text of this shape; the same for the same seed. Raises ValueError for one that cannot be made, saying why."""
    # Not a secret: the point of these texts is that everybody gets the same ones.
    generator = random.Random(f"{template}/{seed}")  # noqa: S311
    made, drawn, position = "", "", 0
    for part in _PART.finditer(template):
        if literal := template[position : part.start()]:
            made, drawn = made + literal, ""
        piece = _piece(part[1], part[2] or "", made, drawn, generator)
        made, drawn, position = made + piece, drawn + piece, part.end()
        if len(made) > 4 * LARGEST:
            raise ValueError(f"it has more than {4 * LARGEST:,} characters")
    return (made + template[position:]).replace("\\n", "\n")


def _piece(name: str, argument: str, made: str, drawn: str, generator: random.Random) -> str:
    if name in _ALPHABETS:
        return _drawn(name, argument, generator)
    if name in _ENCODED:
        return _ENCODED[name](argument, generator)
    if name == "crc32":
        return base62_crc32(drawn.encode()).decode()
    if name == "bad-crc32":
        return base62_crc32(drawn.encode() + b"!").decode()
    if name == "grafana":
        body = re.split(r"[^0-9A-Za-z_]", made)[-1]
        return zlib.crc32(body.removesuffix("_").encode()).to_bytes(4, "little").hex()
    raise ValueError(f"no shape named {name}")


def _drawn(alphabet: str, length: str, generator: random.Random) -> str:
    return "".join(generator.choices(_ALPHABETS[alphabet], k=_count(length)))


def _count(written: str) -> int:
    number = int(written) if written.isascii() and written.isdigit() and len(written) < 10 else -1
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{written[:20]!r} is no number from 0 to {LARGEST:,}")
    return number


def _base64(content: str) -> str:
    return base64.b64encode(content.encode()).decode()


def _checked58(argument: str, generator: random.Random) -> str:
    version, _, length = argument.partition(":")
    return base58check(bytes.fromhex(version) + generator.randbytes(_count(length))).decode()


def _checked32(argument: str, generator: random.Random) -> str:
    prefix, _, length = argument.partition(":")
    return bech32(prefix.encode(), generator.randbytes(_count(length))).decode()


def _url64(content: str) -> str:
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


_ENCODED: dict[str, Callable[[str, random.Random], str]] = {
    "bytes": lambda length, generator: base64.b64encode(generator.randbytes(_count(length))).decode(),
    "json": lambda content, _: _url64(f"{{{content}}}"),
    "json64": lambda content, _: _base64(f"{{{content}}}"),
    "digits64": lambda length, generator: _url64(_drawn("digit", length, generator)),
    "checked58": _checked58,
    "checked32": _checked32,
    "basic": lambda length, generator: _base64(f"deploy:{_drawn('alnum', length, generator)}"),
}
