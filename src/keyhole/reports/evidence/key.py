"""The key that evidence is signed with: made when it is first needed, kept in the vault, replaced on request."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db import transaction
from django.db.models import QuerySet

from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Chain, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.secret import Secret
from keyhole.reports.evidence.verify import fingerprint_of
from keyhole.reports.models import EvidenceKey
from keyhole.vault import services as vault


def current(caller: Caller) -> EvidenceKey:
    """The key that packs are signed with now; made if there is none yet."""
    require(caller, "evidence:make")
    with transaction.atomic():
        return _active(caller)


def known(caller: Caller) -> list[EvidenceKey]:
    """Every key that packs were ever signed with, the newest first."""
    require(caller, "evidence:make")
    return list(EvidenceKey.objects.order_by("-pk"))


def replace(caller: Caller) -> EvidenceKey:
    """Make a new key, and forget the private part of the old one. Packs signed before stay as they are."""
    require(caller, "evidence:rotate")
    with transaction.atomic():
        old = _locked().first()
        if old is not None:
            EvidenceKey.objects.filter(pk=old.pk).update(active=False, retired_at=Chain().at)
            vault.forget(caller, place(old))
        made = _made(caller)
        append(
            Draft(
                "evidence:rotate",
                ALLOWED,
                caller.as_actor(),
                {"key": made.fingerprint, "before": old.fingerprint if old else ""},
            )
        )
    return made


def sign(caller: Caller, key: EvidenceKey, text: bytes) -> bytes:
    """The signature over the text; that the key was used is on record. Not inside of a transaction."""
    require(caller, "evidence:make")
    raw = bytes.fromhex(vault.reveal(caller, place(key)).reveal())
    return Ed25519PrivateKey.from_private_bytes(raw).sign(text)


def place(key: EvidenceKey) -> vault.Place:
    """Where the vault keeps the private part."""
    return vault.Place("evidence_key", key.pk, "private")


def _active(caller: Caller) -> EvidenceKey:
    return _locked().first() or _made(caller)


def _locked() -> QuerySet[EvidenceKey]:
    Chain()  # holds the log, so that two processes do not make two keys
    return EvidenceKey.objects.filter(active=True)


def _made(caller: Caller) -> EvidenceKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = EvidenceKey.objects.create(
        public=public.hex(), fingerprint=fingerprint_of(public), created_at=Chain().at
    )
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    vault.keep(caller, place(key), Secret(raw.hex()))
    return key
