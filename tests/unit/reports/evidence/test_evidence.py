"""Evidence packs: the same to the byte, checked by a program that needs nothing of Keyhole and says what is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import random
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.reports.evidence import key as keys
from keyhole.reports.evidence import verify
from keyhole.reports.evidence.pack import make
from keyhole.scans.models import Scan, State
from keyhole.vault import services as vault
from tests import canaries
from tests.unit.reports.kit import browser_of, owner_browser
from tests.unit.scans.test_job import found, result

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAM = Path(verify.__file__)


def raw(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


class TestSignature:
    """Our verifying against another implementation of RFC 8032."""

    def test_what_others_sign_is_good_and_nothing_else_is(self):
        dice = random.Random(1)
        for _ in range(12):
            private = Ed25519PrivateKey.generate()
            message = dice.randbytes(dice.randrange(200))
            signature = private.sign(message)
            assert verify.signature_is_good(raw(private), message, signature)
            assert not verify.signature_is_good(raw(private), message + b"x", signature)
            assert not verify.signature_is_good(raw(Ed25519PrivateKey.generate()), message, signature)
            spoiled = bytearray(signature)
            spoiled[dice.randrange(64)] ^= 1 << dice.randrange(8)
            assert not verify.signature_is_good(raw(private), message, bytes(spoiled))

    def test_the_standards_own_example(self):
        # RFC 8032, 7.1, test 2.
        public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        signature = bytes.fromhex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        )
        assert verify.signature_is_good(public, b"\x72", signature)

    def test_a_signature_has_one_form(self):
        private = Ed25519PrivateKey.generate()
        signature = private.sign(b"text")
        scalar = int.from_bytes(signature[32:], "little") + verify._L
        if scalar < 1 << 256:
            other = signature[:32] + scalar.to_bytes(32, "little")
            assert not verify.signature_is_good(raw(private), b"text", other)

    @pytest.mark.parametrize("size", [0, 31, 33, 63, 65])
    def test_nonsense_is_no_signature(self, size):
        assert not verify.signature_is_good(b"\xff" * 32, b"", b"\0" * size)
        assert not verify.signature_is_good(b"\0" * size, b"", b"\0" * 64)
        assert not verify.signature_is_good(b"\xff" * 32, b"", b"\0" * 64)


@pytest.fixture
def pack(ran):
    return make(local_caller(), ran(result(found("0"))).pk)


def members(body):
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_pack_is_whole_and_signed_by_the_key_that_is_told(pack):
    report = verify.check(pack.body, pack.fingerprint)
    assert report.problems == []
    assert report.signed_by == keys.current(local_caller()).fingerprint == pack.fingerprint
    assert report.files == len(members(pack.body)) - 2
    assert report.records >= 4
    assert "harbour/tide" in report.about


def test_the_same_scan_makes_the_same_pack(ran):
    scan = ran(result(found("0")))
    assert make(local_caller(), scan.pk).body == make(local_caller(), scan.pk).body


def test_a_pack_tells_how_the_scan_was_done(pack):
    files = members(pack.body)
    about = json.loads(files["scan.json"])
    assert about["commit"] == "b" * 40
    assert about["evidence"]["rules_version"] == "v"
    assert about["evidence"]["authorization"].startswith("ex_")
    assert json.loads(files["result.json"]) == result(found("0")).to_json()
    assert b"findings stored" in files["log.txt"]
    records = [json.loads(line) for line in files["audit.jsonl"].splitlines()]
    assert records[0]["action"] == "scan:create"
    assert records[-1]["action"] == "scan:finish"
    assert about["evidence"]["authorization"] in {record["id"] for record in records}
    assert [record["hash"] for record in records] == [
        entry.hash for entry in Entry.objects.filter(seq__in=[record["seq"] for record in records])
    ]
    assert pack.fingerprint.encode() in files["readme.txt"]


def test_records_of_other_scans_and_from_later_are_left_out(ran):
    first = ran(result(found("0")))
    before = make(local_caller(), first.pk)
    ran(result(found("1")))
    assert make(local_caller(), first.pk).body == before.body


def test_making_one_is_on_record(pack):
    (entry,) = Entry.objects.filter(action="evidence:make")
    assert (entry.subject["sha256"], entry.subject["key"]) == (pack.sha256, pack.fingerprint)


def test_a_scan_that_came_to_nothing_has_no_evidence(ran):
    scan = ran(result())
    Scan.objects.filter(pk=scan.pk).update(state=State.FAILED)
    with pytest.raises(Conflict):
        make(local_caller(), scan.pk)


def changed(body, **edits):
    """The pack with files replaced, added, or (None) removed, laid out as packs are."""
    files = {**members(body), **{name.replace("__", "."): text for name, text in edits.items()}}
    return verify.packed({name: text for name, text in files.items() if text is not None})


def test_every_flipped_byte_is_noticed(pack):
    dice = random.Random(7)
    for place in [0, len(pack.body) - 1, *dice.sample(range(len(pack.body)), 150)]:
        spoiled = bytearray(pack.body)
        spoiled[place] ^= 1 << dice.randrange(8)
        assert verify.check(bytes(spoiled), pack.fingerprint).problems, f"byte {place}"


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_a_pack_that_was_cut_or_extended_is_noticed(pack, cut):
    for body in (pack.body[:-cut], pack.body[cut:], pack.body + b"\0" * cut, b"#!/bin/sh\n" + pack.body):
        assert verify.check(body, pack.fingerprint).problems


def test_what_is_wrong_is_said_exactly(pack):
    files = members(pack.body)
    for edits, words in (
        ({"result__json": b"{}"}, "result.json: has 2 bytes"),
        ({"result__json": files["result.json"].replace(b"high", b"lowe")}, "result.json: was changed"),
        ({"log__txt": None}, "log.txt: is missing"),
        ({"extra__txt": b"hello"}, "extra.txt: does not belong to the pack"),
        ({"manifest__sig": None}, "manifest.sig: is missing"),
        ({"manifest__sig": b"00" * 64}, "manifest.sig: is not the key's signature"),
        ({"manifest__json": files["manifest.json"] + b" "}, "manifest.sig: is not the key's signature"),
        ({"manifest__json": None}, "manifest.json: is missing"),
        ({"manifest__json": b"[" * 100_000}, "manifest.json: is not JSON"),
        ({"manifest__json": b"{}"}, "manifest.json: is not of the format"),
    ):
        problems = verify.check(changed(pack.body, **edits), pack.fingerprint).problems
        assert any(problem.startswith(words) for problem in problems), (words, problems)


def test_a_signature_is_spelled_in_one_way(pack):
    written = members(pack.body)["manifest.sig"]
    for other in (
        written.upper(),
        written.strip(),
        written + b"\n",
        b" " + written,
        written[:64] + b" " + written[64:],
    ):
        (problem,) = verify.check(changed(pack.body, manifest__sig=other), pack.fingerprint).problems
        assert problem.startswith("manifest.sig: is not the key's signature")


def test_two_files_that_were_swapped_are_both_named(pack):
    files = members(pack.body)
    swapped = changed(pack.body, result__json=files["scan.json"], scan__json=files["result.json"])
    told = " ".join(verify.check(swapped, pack.fingerprint).problems)
    assert "result.json: " in told
    assert "scan.json: " in told


def resigned(body, private, **edits):
    """The pack as somebody would forge it: changed, listed anew and signed with a key of their own."""
    files = {**members(body), **{name.replace("__", "."): text for name, text in edits.items()}}
    manifest = json.loads(files["manifest.json"])
    manifest["key"]["public"] = raw(private).hex()
    manifest["key"]["fingerprint"] = verify.fingerprint_of(raw(private))
    listed = sorted(set(files) - {"manifest.json", "manifest.sig"})
    manifest["files"] = [
        {"name": name, "size": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}
        for name in listed
    ]
    files["manifest.json"] = json.dumps(manifest).encode()
    files["manifest.sig"] = private.sign(verify.signed_text(files["manifest.json"])).hex().encode() + b"\n"
    return verify.packed(files)


def test_a_pack_signed_again_with_another_key_is_whole_but_not_by_the_key_that_was_told(pack):
    private = Ed25519PrivateKey.generate()
    forged = resigned(pack.body, private, result__json=b"{}")
    (problem,) = verify.check(forged, pack.fingerprint).problems
    assert problem.startswith("manifest.sig: signed by another key")
    untold = verify.check(forged)
    assert untold.problems == []
    assert verify.exit_code(untold, "") == 2, "without a key nothing is vouched for"


def test_a_forged_fingerprint_beside_the_key_is_noticed(pack):
    files = members(pack.body)
    manifest = json.loads(files["manifest.json"])
    manifest["key"]["public"] = raw(Ed25519PrivateKey.generate()).hex()
    told = verify.check(
        changed(pack.body, manifest__json=json.dumps(manifest).encode()), pack.fingerprint
    ).problems
    assert any("fingerprint is not that of the key" in problem for problem in told)
    assert any("signed by another key" in problem for problem in told)


def test_an_audit_record_that_was_changed_does_not_fit_its_hash(pack):
    private = Ed25519PrivateKey.generate()
    records = members(pack.body)["audit.jsonl"].replace(b'"allowed"', b'"denied"', 1)
    told = verify.check(resigned(pack.body, private, audit__jsonl=records)).problems
    assert any(problem.startswith("audit.jsonl, line 1: record") for problem in told)


def odd_zip(*files, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w", compression) as archive:
        for name, text in files:
            archive.writestr(name, text)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not a whole zip"),
        (b"PK\x05\x06" + b"\0" * 18, "manifest.json: is missing"),
        (odd_zip(("../../etc/passwd", "x")), "no files of such a name"),
        (odd_zip(("a.txt", "x"), ("a.txt", "y")), "is there twice"),
        (odd_zip(("a.txt", "x" * 10_000_000), compression=zipfile.ZIP_DEFLATED), "is compressed"),
        (odd_zip(("\x1b[31m.txt", "x")), "no files of such a name"),
    ],
)
def test_hostile_zips_are_refused_without_unpacking_them(body, words):
    told = verify.check(body, "0" * 64).problems
    assert any(words in problem for problem in told), told
    assert not [problem for problem in told if not problem.isprintable()]


def run(*arguments, folder):
    # -I and -S: nothing of this environment, and no packages.
    return subprocess.run(
        [sys.executable, "-I", "-S", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_program_in_the_pack_checks_it_with_python_alone(pack, tmp_path):
    (tmp_path / "pack.zip").write_bytes(pack.body)
    program = members(pack.body)["verify.py"]
    assert program == PROGRAM.read_bytes()
    (tmp_path / "verify.py").write_bytes(program)
    key = keys.current(local_caller())
    (tmp_path / "key.pem").write_text(verify.pem_of(bytes.fromhex(key.public)))
    for given in (key.fingerprint, key.fingerprint.upper(), "key.pem"):
        done = run("verify.py", "pack.zip", "--key", given, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"signed by the key {key.fingerprint}" in done.stdout
    assert run("verify.py", "pack.zip", folder=tmp_path).returncode == 2
    assert run("verify.py", "pack.zip", "--key", "nonsense", folder=tmp_path).returncode == 2
    (tmp_path / "pack.zip").write_bytes(changed(pack.body, log__txt=b""))
    spoiled = run("verify.py", "pack.zip", "--key", key.fingerprint, folder=tmp_path)
    assert spoiled.returncode == 1
    assert "FAILED: log.txt: has 0 bytes" in spoiled.stdout


def test_the_private_key_is_in_the_vault_alone(pack):
    key = keys.current(local_caller())
    private = vault.reveal(local_caller(), keys.place(key)).reveal()
    canaries.watch("evidence key", private)
    assert private.encode() not in pack.body
    assert bytes.fromhex(private) not in pack.body


def test_a_new_key_signs_what_comes_and_the_old_one_is_forgotten(pack, ran):
    old = keys.current(local_caller())
    new = keys.replace(local_caller())
    assert new.fingerprint != old.fingerprint
    assert not vault.exists(keys.place(old))
    assert verify.check(pack.body, old.fingerprint).problems == []
    again = make(local_caller(), Scan.objects.get().pk)
    assert verify.check(again.body, new.fingerprint).problems == []
    assert [each.fingerprint for each in keys.known(local_caller())] == [new.fingerprint, old.fingerprint]
    assert Entry.objects.get(action="evidence:rotate").subject["before"] == old.fingerprint


def test_a_key_that_was_tampered_with_signs_nothing(pack):
    key = keys.current(local_caller())
    vault.keep(local_caller(), keys.place(key), Secret("00" * 32))
    forged = make(local_caller(), Scan.objects.get().pk)
    assert verify.check(forged.body, key.fingerprint).problems


def test_members_may_not_and_auditors_may(pack):
    number = Scan.objects.get().pk
    for role, may in ((Role.MEMBER, False), (Role.AUDITOR, True)):
        browser = browser_of(role)
        answer = browser.post(f"/scans/{number}/evidence")
        assert answer.status_code == (200 if may else 403)
        assert browser.get("/settings/evidence").status_code == (200 if may else 403)
        assert browser.post("/settings/evidence/new").status_code == 403
    person = User.objects.get(email="member@harbour.example")
    with pytest.raises(PermissionDenied):
        make(Caller(person.pk, person.email, Via.WEB), number)
    assert Client(HTTP_HOST="localhost").post(f"/scans/{number}/evidence").status_code == 302


def test_the_page_shows_the_fingerprint_and_a_new_key_is_asked_about(pack):
    browser = owner_browser()
    page = browser.get("/settings/evidence").content.decode()
    assert pack.fingerprint in page
    assert browser.get("/settings/evidence/key.pem").content.startswith(b"-----BEGIN PUBLIC KEY-----")
    assert pack.fingerprint in browser.get("/settings/evidence/new").content.decode()
    assert browser.post("/settings/evidence/new").status_code == 302
    page = browser.get("/settings/evidence").content.decode()
    assert "Keys before this one" in page
    answer = browser.post(f"/scans/{Scan.objects.get().pk}/evidence")
    assert (
        answer["Content-Disposition"]
        == f'attachment; filename="keyhole-evidence-{Scan.objects.get().pk}.zip"'
    )
    assert verify.check(answer.content, keys.current(local_caller()).fingerprint).problems == []


def inside_each_other():
    """A zip whose first file is the header and the content of the second one, which is there a second time."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b.txt", "x" * 10_000)
        (second,) = archive.infolist()
        raw = inner.getvalue()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", raw)
        second.header_offset = stream.tell() - len(raw)
        archive.filelist.append(second)
    return stream.getvalue()


def test_files_that_lie_inside_each_other_are_not_read():
    told = verify.check(inside_each_other()).problems
    assert "its files say that they are larger than all of it" in told[0]


def test_a_manifest_that_names_no_files_vouches_for_nothing():
    told = verify.check(verify.packed({"manifest.json": b'{"format": "keyhole-evidence/1"}'})).problems
    assert "manifest.json: does not say what belongs to the pack." in told
