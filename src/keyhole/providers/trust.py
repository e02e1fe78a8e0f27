"""Whose certificates are believed: the system's authorities, and those of one more file.

OpenSSL's defaults would let the environment (SSL_CERT_FILE) replace them, so they are named here.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

from keyhole.core.errors import Unavailable

_USUAL_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@lru_cache(maxsize=8)
def trusted(ca_file: str = "") -> ssl.SSLContext:
    """Settings for TLS connections: verified, for the right host, 1.2 or newer.

    Unavailable when the file cannot be read, or when this system has no authorities where they are looked for.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    found = _system()
    if found is None and not ca_file:
        raise Unavailable(
            "This system's certificate authorities were not found.",
            hint="Install the package ca-certificates, or name a PEM file in KEYHOLE_CA_FILE.",
        )
    if found is not None:
        context.load_verify_locations(cafile=found)
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as problem:  # ssl.SSLError is one
            raise Unavailable(
                f"KEYHOLE_CA_FILE={ca_file} cannot be used: {problem.strerror or problem}.",
                hint="It must be a file of certificates in PEM form.",
            ) from problem
    return context


def _system() -> str | None:
    """The file of the system's authorities, where OpenSSL was built to look or where systems usually keep it."""
    built = ssl.get_default_verify_paths().openssl_cafile
    return next((path for path in (built, *_USUAL_FILES) if path and Path(path).is_file()), None)
