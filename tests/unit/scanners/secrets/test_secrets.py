"""The scanner as the registry sees it: its version, and a way to open it that keeps only digests."""

from __future__ import annotations

from keyhole.scanners.interface import Tools
from keyhole.scanners.secrets import ENGINE_VERSION, SCANNER
from keyhole.scanners.secrets.shapes import make


def test_the_version_names_engine_and_rules():
    engine, _, rules = SCANNER.rules_version().partition(".")
    assert engine == ENGINE_VERSION
    assert len(rules) == 12


def test_an_opened_scanner_keeps_what_the_digest_says_and_nothing_else():
    seen = []

    def digest(value):
        seen.append(value)
        return "0" * 32

    token = make("npm_<alnum:36>", 1).encode()
    examiner = SCANNER.open(Tools(digest))
    (hit,) = examiner.examine(b"//r/:_authToken=" + token)
    assert seen == [token]
    assert hit.fingerprint == "npm-access-token:" + "0" * 32
    assert examiner.about(hit.rule).title == "npm access token"
