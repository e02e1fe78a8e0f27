"""An authenticator in software: makes passkeys and answers with them, rightly or as wrongly as a test wants."""

from __future__ import annotations

import json
from hashlib import sha256
from secrets import token_bytes

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

ORIGIN = "http://localhost:8470"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class SoftAuthenticator:
    """One device with one passkey."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = token_bytes(32)
        self.handle = b""
        self.count = 0

    def create(self, options, *, origin=ORIGIN, rp_id="localhost", verified=True, challenge=None) -> str:
        """The answer to a question for a new passkey."""
        asked = options["publicKey"]
        self.handle = _decoded(asked["user"]["id"])
        client = _client("webauthn.create", challenge or asked["challenge"], origin)
        public = cbor.encode(ES256.from_cryptography_key(self.key.public_key()))
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(rp_id, verified, _ATTESTED) + attested
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(clientDataJSON=client, attestationObject=made)

    def get(
        self, options, *, origin=ORIGIN, rp_id="localhost", verified=True, challenge=None, handle=None
    ) -> str:
        """The answer to a question for a proof."""
        client = _client("webauthn.get", challenge or options["publicKey"]["challenge"], origin)
        data = self._data(rp_id, verified, 0)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signature,
            userHandle=self.handle if handle is None else handle,
        )

    def _data(self, rp_id: str, verified: bool, more: int) -> bytes:
        self.count += 1
        flags = _PRESENT | (_VERIFIED if verified else 0) | more
        return sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _answer(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": {name: websafe_encode(value) for name, value in response.items()},
                "clientExtensionResults": {},
            }
        )


def _client(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()


def _decoded(text: str) -> bytes:
    from fido2.utils import websafe_decode

    return websafe_decode(text)
