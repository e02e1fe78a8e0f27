"""A secret in the name of a file is shown by nobody, whichever scanner speaks of the file."""

from __future__ import annotations

import json

from keyhole.core.secret import Secret
from keyhole.scanners import child


def test_no_scanner_tells_it_and_nothing_keeps_it(history, token, tmp_path):
    folder = f"d-{token.decode()}"
    history.commit(
        {f"{folder}/x.py": b"t = '" + token + b"'\nexec(t)\n", f"{folder}/requirements.txt": b"flask\n"}
    )
    scanners = ("secrets", "dependencies", "ruff")

    def scan():
        return child.run(
            history.path, hmac_secret=Secret("of the tests"), scanners=scanners, kept=tmp_path / "kept"
        )

    result = scan()
    assert {each.scanner for each in result.findings} == {"secrets", "ruff"}
    assert {each.locations[0].path for each in result.findings} == {"d-***/x.py"}
    assert [each.path for each in result.libraries] == ["d-***/requirements.txt"]
    assert token.decode() not in json.dumps(result.to_json())
    assert all(token not in file.read_bytes() for file in (tmp_path / "kept").iterdir())
    assert scan().findings == result.findings
