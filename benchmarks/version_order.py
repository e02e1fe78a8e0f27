"""Asks the ecosystems' own programs how versions compare, and prints how often Keyhole agrees.

    python -m benchmarks version_order

Programs: `node` with npm's own semver, `ruby`, and `packaging`; those that are not installed are left out and named.
The pairs are made up, near each other half of the time, from a fixed seed.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess

from packaging.version import InvalidVersion, Version

from keyhole.scanners.dependencies.versions import key

_PAIRS = 40_000
_NUMBERS = ("0", "1", "2", "3", "9", "10", "11", "100")
_WORDS = {
    "npm": ("-alpha", "-beta.1", "-rc.10", "-0", "-x-y", "+build", "-alpha.beta", "-1.2"),
    "RubyGems": (".a", ".b2", ".rc1", "-rc", ".pre", ".0", ".beta.10"),
    "PyPI": ("a1", "b", "rc2", ".dev3", ".post1", "+local.1", "-1", ".alpha10", ".dev"),
}
_NODE = """
const semver = require(process.argv[1] + "/npm/node_modules/semver")
const pairs = JSON.parse(require("fs").readFileSync(0))
console.log(JSON.stringify(pairs.map(([a, b]) => { try { return semver.compare(a, b, true) } catch { return null } })))
"""
_RUBY = """
puts JSON.dump(JSON.parse(STDIN.read).map { |a, b| Gem::Version.new(a) <=> Gem::Version.new(b) rescue nil })
"""


def main() -> None:
    """Compares and prints."""
    for ecosystem in _WORDS:
        pairs = _made(ecosystem)
        told = _told(ecosystem, pairs)
        if told is None:
            print(f"{ecosystem:10} its program is not installed")
            continue
        judged = [(pair, answer) for pair, answer in zip(pairs, told, strict=True) if answer is not None]
        same = sum(_ours(ecosystem, *pair) == answer for pair, answer in judged)
        print(f"{ecosystem:10} {same / len(judged):9.4%} of {len(judged):,} pairs")


def _made(ecosystem: str) -> list[tuple[str, str]]:
    source = random.Random(ecosystem)  # noqa: S311  # a fixed seed is the point
    made = []
    while len(made) < _PAIRS:
        numbers = [source.choice(_NUMBERS) for _ in range(3 if ecosystem == "npm" else source.randint(1, 4))]
        near = [*numbers]
        near[source.randrange(len(near))] = source.choice(_NUMBERS)
        tails = ["".join(source.sample(_WORDS[ecosystem], source.randint(0, 1))) for _ in range(2)]
        made.append((".".join(numbers) + tails[0], ".".join(near) + tails[1]))
    return made


def _told(ecosystem: str, pairs: list[tuple[str, str]]) -> list[int | None] | None:
    if ecosystem == "PyPI":
        return [_by_packaging(*pair) for pair in pairs]
    if ecosystem == "npm" and shutil.which("node") and shutil.which("npm"):
        modules = subprocess.run(
            ["npm", "root", "-g"], capture_output=True, text=True, check=True
        ).stdout.strip()
        return _asked(["node", "-e", _NODE, modules], pairs)
    if ecosystem == "RubyGems" and shutil.which("ruby"):
        return _asked(["ruby", "-rjson", "-e", _RUBY], pairs)
    return None


def _asked(command: list[str], pairs: list[tuple[str, str]]) -> list[int | None]:
    done = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=True)
    answers: list[int | None] = json.loads(done.stdout)
    return answers


def _by_packaging(one: str, other: str) -> int | None:
    try:
        a, b = Version(one), Version(other)
    except InvalidVersion:
        return None
    return (a > b) - (a < b)


def _ours(ecosystem: str, one: str, other: str) -> int | None:
    try:
        a, b = key(ecosystem, one), key(ecosystem, other)
    except ValueError:
        return None
    return (a > b) - (a < b)


if __name__ == "__main__":
    main()
