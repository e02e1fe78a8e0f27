"""A secret in the name of a file is shown by nobody, whichever scanner speaks of the file."""

from __future__ import annotations

import json

from keyhole.core.secret import Secret
from keyhole.scanners import child
from keyhole.scanners.shown import Shown


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


def test_it_is_hidden_also_where_nobody_looks_for_secrets(history, token):
    history.commit({f"d-{token.decode()}/requirements.txt": b"flask\n", "plain/requirements.txt": b"a\n"})
    result = child.run(history.path, hmac_secret=Secret("of the tests"), scanners=("dependencies",))
    assert {each.path for each in result.libraries} == {"d-***/requirements.txt", "plain/requirements.txt"}
    assert token.decode() not in json.dumps(result.to_json())


def test_only_names_with_what_looks_like_a_token_are_worth_looking_at():
    asked = []

    class Nobody:
        def examine(self, text):
            asked.append(text)
            return []

    def made():
        asked.append("made")
        return Nobody()

    shown = Shown((), made)
    for name in ("src/internationalization_of_all/app.py", "a1/b2/c3", "\u00e9" * 40):
        assert shown[name] == name
    assert asked == []
    long = "d/abcdefghijklmnopqr12/x"
    assert (shown[long], shown[long], asked) == (long, long, ["made", long.encode()])
