"""A small OpenID provider on a loopback address: right by default, and wrong in exactly the way that a test wants."""

from __future__ import annotations

import base64
import json
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "keyhole"


class OpenIdProvider:
    """Serves until the `with` block ends."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.person = {"sub": "p-1", "email": "mia@example.invalid", "email_verified": True}
        self.changes: dict[str, object] = {}
        """Claims put over the right ones; None takes one away."""
        self.document: dict[str, object] = {}
        self.sign = None
        """Makes the ID token of claims; None is rightly."""
        self.codes: dict[str, dict[str, list[str]]] = {}
        self.asked: list[str] = []

    def __enter__(self) -> Self:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                provider.asked.append(self.path)
                if self.path.endswith("/.well-known/openid-configuration"):
                    self._send(200, provider._described())
                elif self.path == "/keys":
                    self._send(200, provider._keys())
                else:
                    self._send(404, {})

            def do_POST(self) -> None:
                provider.asked.append(self.path)
                body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._send(*provider._token(body, self.headers.get("Authorization", "")))

            def _send(self, status: int, value: object) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", str(value))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def authorize(self, address: str) -> dict[str, str]:
        """What a person's browser brings back after signing in there."""
        query = parse_qs(urlsplit(address).query)
        assert query["client_id"] == [CLIENT_ID]
        assert query["code_challenge_method"] == ["S256"]
        code = token_urlsafe(16)
        self.codes[code] = query
        return {"code": code, "state": query["state"][0]}

    def _described(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.document,
        }

    def _keys(self) -> dict[str, object]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]}

    def _token(self, body: dict[str, list[str]], authorization: str) -> tuple[int, object]:
        user, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        query = self.codes.pop(body["code"][0], None)
        challenge = base64.urlsafe_b64encode(sha256(body["code_verifier"][0].encode()).digest())
        good = (
            query is not None
            and (user, unquote(password)) == (CLIENT_ID, self.secret)
            and challenge.rstrip(b"=").decode() == query["code_challenge"][0]
            and body["redirect_uri"] == query["redirect_uri"]
        )
        if not good:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": query["nonce"][0],
            **self.person,
            **self.changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        sign = self.sign or (
            lambda right: jwt.encode(right, self.key, algorithm="RS256", headers={"kid": "k1"})
        )
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": sign(claims)}
