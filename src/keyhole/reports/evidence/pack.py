"""Making evidence packs. The same scan makes the same pack, to the byte."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from django.conf import settings

from keyhole import __version__
from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.findings.models import Judgement
from keyhole.reports import gather
from keyhole.reports.evidence import key as keys
from keyhole.reports.evidence import records
from keyhole.reports.evidence.verify import AUDIT, FORMAT, MANIFEST, SIGNATURE, packed, signed_text
from keyhole.reports.gather import rfc3339
from keyhole.reports.models import EvidenceKey
from keyhole.reports.renderers import as_cyclonedx, as_sarif
from keyhole.scans import services as scans
from keyhole.scans.models import Scan
from keyhole.scans.reports import result

_README = """Evidence of code scan {number} of {repository}

manifest.json   what belongs to this pack: each file's size and SHA-256, and the key
manifest.sig    the key's signature over it (Ed25519)
scan.json       what was asked, how it was done: commit, scanners, versions of rules, state of the advisories, limits
result.json     what came out, as the scanners said it
log.txt         what happened, as it was followed
audit.jsonl     the audit records of the scan; each hash is over its record and the hash of the record before it
report.sarif    the findings for other tools
report.cdx.json libraries and findings as CycloneDX
verify.py       checks all of this without Keyhole: python3 verify.py PACK.zip --key FINGERPRINT

Signed with the key {fingerprint}
Compare that with the fingerprint that the people of {url} told you on another way:
`keyhole evidence key` prints it there. Take verify.py from them, too, if you do not trust this pack.
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was made."""

    name: str
    """For saving it."""
    body: bytes
    sha256: str
    fingerprint: str
    """Of the key that signed it."""


def make(caller: Caller, number: int) -> Pack:
    """The evidence pack of a scan. NotFound; Conflict if it came to nothing. Who made which pack is on record."""
    require(caller, "evidence:make")
    scan = scans.get(caller, number)
    content = contents(scan)
    key = keys.current(caller)
    content["readme.txt"] = _readme(scan, key).encode()
    content[MANIFEST] = _json(_manifest(scan, key, content))
    content[SIGNATURE] = keys.sign(caller, key, signed_text(content[MANIFEST])).hex().encode() + b"\n"
    body = packed(content)
    made = Pack(f"keyhole-evidence-{number}.zip", body, hashlib.sha256(body).hexdigest(), key.fingerprint)
    subject = {
        "scan_id": scan.pk,
        "repository": scan.repository.full_name,
        "sha256": made.sha256,
        "key": made.fingerprint,
    }
    append(Draft("evidence:make", ALLOWED, caller.as_actor(), subject))
    return made


def contents(scan: Scan) -> dict[str, bytes]:
    """What a pack says, without who vouches for it."""
    found = result(scan)
    report = gather.as_it_ended(scan)
    return {
        "scan.json": _json(_about(scan)),
        "result.json": _json(found.to_json()),
        "log.txt": "".join(f"{line['at']}  {line['text']}\n" for line in scan.log).encode(),
        AUDIT: records.lines(records.of_scan(scan)),
        "report.sarif": _json(as_sarif.document(report)),
        "report.cdx.json": _json(as_cyclonedx.document(report)),
        "verify.py": files("keyhole.reports.evidence").joinpath("verify.py").read_bytes(),
    }


def _about(scan: Scan) -> dict[str, Any]:
    judged = Judgement.objects.select_related("version", "environment").filter(scan=scan).first()
    return {
        "number": scan.pk,
        "name": scan.name,
        "description": scan.description,
        "repository": {"id": scan.repository_id, "full_name": scan.repository.full_name},
        "ref": scan.ref,
        "tip": scan.tip,
        "commit": scan.commit,
        "scanners": scan.scanners,
        "trigger": scan.trigger,
        "requested_by": scan.requested_by.email if scan.requested_by else None,
        "state": scan.state,
        "reason": scan.reason,
        "created_at": rfc3339(scan.created_at),
        "started_at": rfc3339(scan.started_at),
        "finished_at": rfc3339(scan.finished_at),
        "attempts": scan.attempts,
        "token_id": scan.token_id,
        "counters": scan.counters,
        "evidence": scan.evidence,
        "verdict": judged.to_json() if judged else None,
    }


def _manifest(scan: Scan, key: EvidenceKey, content: dict[str, bytes]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_by": f"Keyhole {__version__}",
        "from": settings.KEYHOLE_URL,
        "key": {"algorithm": "Ed25519", "public": key.public, "fingerprint": key.fingerprint},
        "scan": {
            "number": scan.pk,
            "repository": scan.repository.full_name,
            "commit": scan.commit,
            "state": scan.state,
            "finished_at": rfc3339(scan.finished_at),
            "authorization": scan.evidence.get("authorization", ""),
            "rules_version": scan.evidence.get("rules_version", ""),
            "advisories_at": scan.evidence.get("advisories_at", ""),
            "advisories": scan.evidence.get("advisories", []),
        },
        "files": [
            {"name": name, "size": len(text), "sha256": hashlib.sha256(text).hexdigest()}
            for name, text in sorted(content.items())
        ],
    }


def _readme(scan: Scan, key: EvidenceKey) -> str:
    return _README.format(
        number=scan.pk,
        repository=scan.repository.full_name,
        fingerprint=key.fingerprint,
        url=settings.KEYHOLE_URL,
    )


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"
