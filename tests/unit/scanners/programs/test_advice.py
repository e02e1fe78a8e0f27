"""What we say about the rules of programs is whole, and about rules that exist."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

from keyhole.core.escaping import is_escaped
from keyhole.scanners.programs.advice import advice

SCRIPTS = Path(sysconfig.get_path("scripts"))


def test_all_of_it_is_sentences():
    for name in ("python", "zizmor"):
        for rule, said in advice(name).items():
            assert said.why.endswith("."), rule
            assert said.fix.endswith("."), rule
            assert is_escaped(said.why + said.fix), rule


def test_every_security_rule_of_ruff_is_known_by_its_number():
    listed = subprocess.run(
        [SCRIPTS / "ruff", "rule", "--all", "--output-format", "json"], capture_output=True, check=True
    )
    stable = {
        rule["code"].removeprefix("S")
        for rule in json.loads(listed.stdout)
        if (rule["code"] or "").startswith("S") and rule["code"][1:].isdecimal() and not rule["preview"]
    }
    assert len(stable) > 50
    assert not stable - set(advice("python")), sorted(stable - set(advice("python")))
