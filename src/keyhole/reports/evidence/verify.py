#!/usr/bin/env python3
"""Checks an evidence pack of Keyhole: that nothing in it was changed, added or left out, and whose key signed it.

    python3 verify.py PACK.zip --key FINGERPRINT_OR_PUBLIC_KEY_FILE

Needs Python 3.9 and nothing else: no packages, no network, no Keyhole. Use a copy of this program that you have from
somewhere you trust; the one inside a pack is as trustworthy as the pack. The fingerprint, too, has to come to you on
another way than the pack.

Exit codes: 0 whole and signed by that key, 1 not, 2 no key was given or the command was not right.

What a pack is: a zip of uncompressed files in a fixed order with fixed dates, so that its files alone decide every
byte of it. manifest.json names each file with size and SHA-256, and the key; manifest.sig is the Ed25519 signature
(RFC 8032) over the text "keyhole-evidence/1", a line end, and the bytes of manifest.json.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "keyhole-evidence/1"
MANIFEST, SIGNATURE, AUDIT = "manifest.json", "manifest.sig", "audit.jsonl"
_DATE = (1980, 1, 1, 0, 0, 0)
_LARGEST = 1 << 31
_PREFIX = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo of Ed25519, RFC 8410
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")


class Report(NamedTuple):
    """What came out."""

    problems: list[str]
    """Everything that is wrong; empty if nothing is."""
    signed_by: str
    """Fingerprint of the key in the pack; empty if there is none."""
    files: int
    """Files that are what the manifest says."""
    records: int
    """Audit records whose hash is right."""
    about: str
    """What the pack says that it is about."""


def packed(files: dict[str, bytes]) -> bytes:
    """The one zip that holds these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, _DATE)
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, files[name])
    return stream.getvalue()


def signed_text(manifest: bytes) -> bytes:
    """What the signature is over."""
    return FORMAT.encode() + b"\n" + manifest


def fingerprint_of(public: bytes) -> str:
    """SHA-256 of the key's SubjectPublicKeyInfo, as `openssl pkey -pubin -outform DER | sha256sum` says it."""
    return hashlib.sha256(_PREFIX + public).hexdigest()


def pem_of(public: bytes) -> str:
    """The public key as other programs read it."""
    text = base64.b64encode(_PREFIX + public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"


def check(data: bytes, trusted: str = "") -> Report:
    """Everything there is to check of a pack's bytes; `trusted` is the fingerprint that it must be signed by."""
    problems: list[str] = []
    files = _members(data, problems)
    manifest = _manifest(files, problems)
    good = _compare(files, manifest, problems)
    signed_by = _check_signature(files, manifest, trusted, problems)
    records = _check_records(files.get(AUDIT, b""), problems)
    if files and not problems and packed(files) != data:
        problems.append("The zip has bytes that belong to no file, or is not laid out as packs are.")
    about = manifest.get("scan", {}) if isinstance(manifest.get("scan"), dict) else {}
    return Report(problems, signed_by, good, records, _words(about))


def _words(about: dict[str, Any]) -> str:
    named = [f"scan {about.get('number')} of {about.get('repository')}", f"commit {about.get('commit')}"]
    return _plain(", ".join([*named, f"state {about.get('state')}"])) if about else ""


def _plain(text: object) -> str:
    return "".join(char if char.isprintable() else "?" for char in str(text))[:400]


def _members(data: bytes, problems: list[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            # Files of a pack lie one behind the other. Without this, many could be one and the same gigabyte.
            if sum(member.compress_size for member in members) > len(data):
                raise zipfile.BadZipFile("its files say that they are larger than all of it")
            for member in members:
                _take(archive, member, files, problems)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error, OSError) as problem:
        problems.append(f"This is not a whole zip: {_plain(problem)}.")
    return files


def _take(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, files: dict[str, bytes], problems: list[str]
) -> None:
    name = member.filename
    shown = _plain(name)
    if not _NAME.fullmatch(name):
        problems.append(f"{shown}: packs have no files of such a name.")
    elif name in files:
        problems.append(f"{shown}: is there twice.")
    elif member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
        problems.append(f"{shown}: is compressed or encrypted, which files of packs are not.")
    else:
        try:
            files[name] = archive.read(member)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError) as problem:
            files[name] = b""
            problems.append(f"{shown}: cannot be read: {_plain(problem)}.")


def _manifest(files: dict[str, bytes], problems: list[str]) -> dict[str, Any]:
    if MANIFEST not in files:
        problems.append(f"{MANIFEST}: is missing, so nothing says what belongs to the pack.")
        return {}
    try:
        found = json.loads(files[MANIFEST])
    except (ValueError, RecursionError):
        problems.append(f"{MANIFEST}: is not JSON.")
        return {}
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        problems.append(f"{MANIFEST}: is not of the format {FORMAT}.")
        return {}
    return found


def _compare(files: dict[str, bytes], manifest: dict[str, Any], problems: list[str]) -> int:
    listed = manifest.get("files")
    if not isinstance(listed, list):
        problems.append(f"{MANIFEST}: does not say what belongs to the pack.")
        return 0
    expected = {
        entry["name"]: (entry.get("size"), entry.get("sha256"))
        for entry in listed
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    }
    if len(expected) != len(listed):
        problems.append(f"{MANIFEST}: names a file twice, or not at all.")
    good = 0
    for name, (size, digest) in expected.items():
        if name not in files:
            problems.append(f"{_plain(name)}: is missing.")
        elif len(files[name]) != size:
            problems.append(
                f"{_plain(name)}: has {len(files[name])} bytes, the manifest says {_plain(size)}."
            )
        elif hashlib.sha256(files[name]).hexdigest() != digest:
            problems.append(f"{_plain(name)}: was changed; its SHA-256 is not the one in the manifest.")
        else:
            good += 1
    more = sorted(set(files) - set(expected) - {MANIFEST, SIGNATURE})
    problems += [
        f"{_plain(name)}: does not belong to the pack; the manifest does not name it." for name in more
    ]
    return good


def _check_signature(
    files: dict[str, bytes], manifest: dict[str, Any], trusted: str, problems: list[str]
) -> str:
    key = manifest.get("key")
    public = key.get("public") if isinstance(key, dict) else None
    if not isinstance(public, str) or not re.fullmatch(r"[0-9a-f]{64}", public):
        problems.append(f"{MANIFEST}: names no key, so nobody vouches for the pack.")
        return ""
    raw = bytes.fromhex(public)
    found = fingerprint_of(raw)
    if isinstance(key, dict) and key.get("fingerprint") != found:
        problems.append(f"{MANIFEST}: the fingerprint is not that of the key beside it.")
    if trusted and found != trusted:
        problems.append(f"{SIGNATURE}: signed by another key: {found} instead of {trusted}.")
    if SIGNATURE not in files:
        problems.append(f"{SIGNATURE}: is missing, so nobody vouches for the pack.")
        return found
    # In one spelling only: else a pack could be made another one that is still whole.
    spelled = re.fullmatch(rb"([0-9a-f]{128})\n", files[SIGNATURE])
    signature = bytes.fromhex(spelled[1].decode()) if spelled else b""
    if not signature_is_good(raw, signed_text(files[MANIFEST]), signature):
        problems.append(
            f"{SIGNATURE}: is not the key's signature over {MANIFEST}: one of the two was changed."
        )
    return found


def _check_records(text: bytes, problems: list[str]) -> int:
    """Each audit record against its own hash, and neighbours against each other."""
    good, before = 0, None
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        try:
            record = json.loads(line)
            digest = _record_hash(record)
            place = int(record["seq"])
            if digest != record["hash"]:
                problems.append(f"{AUDIT}, line {number}: record {place} is not what its hash says.")
                continue
            if before is not None and (
                place <= before[0] or (place == before[0] + 1 and record["previous"] != before[1])
            ):
                problems.append(f"{AUDIT}, line {number}: record {place} does not follow the one before it.")
            before = (place, digest)
            good += 1
        except (ValueError, KeyError, TypeError, RecursionError):
            problems.append(f"{AUDIT}, line {number}: is not an audit record.")
    return good


def _record_hash(record: dict[str, Any]) -> str:
    names = ("seq", "id", "at", "action", "outcome", "actor", "subject", "token_id", "previous")
    fields = [record[name] for name in names]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


# ---- Ed25519, RFC 8032: verifying alone, which handles nothing secret ----

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def signature_is_good(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether it is the key's signature over the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, first = _decompressed(public), signature[:32]
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or scalar >= _L:
        return False
    challenge = int.from_bytes(hashlib.sha512(first + public + message).digest(), "little") % _L
    negated = (_P - key[0], key[1], key[2], _P - key[3])
    return _compressed(_added(_times(scalar, _base()), _times(challenge, negated))) == first


def _base() -> _Point:
    point = _decompressed((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    if point is None:
        raise ArithmeticError("the base point is a point")
    return point


def _added(a: _Point, b: _Point) -> _Point:
    low, high = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    cross, both = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = high - low, both - cross, both + cross, high + low
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(scalar: int, point: _Point) -> _Point:
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _added(result, point)
        point, scalar = _added(point, point), scalar >> 1
    return result


def _compressed(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompressed(data: bytes) -> _Point | None:
    number = int.from_bytes(data, "little")
    y, odd = number & ((1 << 255) - 1), number >> 255
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and odd):
        return None
    x = _P - x if x & 1 != odd else x
    return (x, y, 1, x * y % _P)


# ---- the command ----


def key_from(text: str) -> str:
    """The fingerprint that is meant: given as such, or as the name of a file with the public key. ValueError."""
    plain = re.sub(r"[\s:]", "", text).lower()
    if re.fullmatch(r"[0-9a-f]{64}", plain):
        return plain
    body = Path(text).read_text("ascii")
    found = re.search(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----", body)
    raw = base64.b64decode(found.group(1)) if found else b""
    if len(raw) != 44 or not raw.startswith(_PREFIX):
        raise ValueError("it holds no Ed25519 public key")
    return fingerprint_of(raw[12:])


def lines_of(report: Report, trusted: str) -> list[str]:
    """The report for people."""
    said = [f"FAILED: {problem}" for problem in report.problems]
    said.append(
        f"{report.files} files are as the manifest says, {report.records} audit records have their hash."
    )
    said += [f"About: {report.about}"] if report.about else []
    if not report.problems and trusted:
        said.append(f"The pack is whole, and signed by the key {report.signed_by}.")
    elif not report.problems:
        said.append(
            f"The pack is whole, and signed by the key {report.signed_by}. Whose that is, this cannot tell:"
        )
        said.append("give the fingerprint that you were told with --key, to know.")
    return said


def exit_code(report: Report, trusted: str) -> int:
    """0 whole and signed by the trusted key, 1 not, 2 if no key was given."""
    return 1 if report.problems else 0 if trusted else 2


def main(arguments: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Checks an evidence pack of Keyhole.")
    parser.add_argument("pack", type=Path)
    parser.add_argument("--key", default="", help="fingerprint of the key, or a file with the public key")
    given = parser.parse_args(arguments)
    try:
        trusted = key_from(given.key) if given.key else ""
        if given.pack.stat().st_size > _LARGEST:
            raise ValueError("it is larger than 2 GiB")
        report = check(given.pack.read_bytes(), trusted)
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write("\n".join(lines_of(report, trusted)) + "\n")
    return exit_code(report, trusted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
