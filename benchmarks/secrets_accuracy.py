"""How many secrets are found, and how much that is none: on labelled lines, and in real repositories, beside peers.

    python -m benchmarks.secrets_accuracy [--repositories FOLDER] [--peers FOLDER]

Without --repositories: precision and recall on `labelled/`, per kind of secret and per kind of file, for lines that the
rules were tuned on and for lines that they never saw. With it: for every bare repository in the folder, which of the
secrets that kingfisher and gitleaks find in its history Keyhole finds too, and what Keyhole finds in the newest
commit. Values are never printed. --peers is a folder with the peers' programs; those not there are left out.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.labelled import NONE, Line, lines, write
from keyhole.scanners.secrets.checks import NORMAL_FORMS
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules

_PEM = re.compile(rb"-----(?:BEGIN|END) [A-Z ]*PRIVATE KEY(?: BLOCK)?-----")
Places = set[tuple[str, int]]
"""Path below the folder, and line."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repositories", type=Path)
    parser.add_argument("--peers", type=Path, default=Path("/usr/local/bin"))
    given = parser.parse_args()
    if given.repositories is None:
        _labelled(given.peers)
    else:
        for path in sorted(given.repositories.iterdir()):
            _repository(path, given.peers)


def _labelled(peers: Path) -> None:
    made = lines()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(made, folder)
        found = {"keyhole": _keyhole(folder), **_by_peers(folder, peers)}
    for source in sorted({line.source for line in made}):
        mine = [line for line in made if line.source == source]
        secrets = sum(line.kind != NONE for line in mine)
        print(f"\n{source}: {secrets} secrets, {len(mine) - secrets} lines without one")
        _print(found, mine, lambda _: "all")
        print("  by kind of secret (recall)")
        _print(found, [line for line in mine if line.kind != NONE], lambda line: line.kind)
        print("  by kind of file")
        _print(found, mine, lambda line: line.suffix)


def _print(found: dict[str, Places], made: list[Line], group: Callable[[Line], str]) -> None:
    for name in sorted({group(line) for line in made}):
        cells = []
        for tool, places in found.items():
            mine = [line for line in made if group(line) == name]
            hit = [line for line in mine if (f"{line.source}/{line.file}", line.number) in places]
            true = sum(line.kind != NONE for line in hit)
            there = sum(line.kind != NONE for line in mine)
            precision = true / len(hit) if hit else 1.0
            recall = true / there if there else 1.0
            both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
            cells.append(f"{tool} P {precision:4.0%} R {recall:4.0%} F1 {both:.2f}")
        print(f"    {name:14} " + "   ".join(cells))


def _keyhole(folder: Path) -> Places:
    engine = _engine()
    places: Places = set()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = path.read_bytes()
            name = str(path.relative_to(folder))
            places |= {(name, text.count(b"\n", 0, hit.start) + 1) for hit in engine.examine(text)}
    return places


def _engine() -> Engine:
    return Engine(all_rules(), lambda value: value.hex())


def _by_peers(folder: Path, peers: Path) -> dict[str, Places]:
    found: dict[str, Places] = {}
    if (peers / "kingfisher").exists():
        found["kingfisher"] = {
            (_below(folder, path), line) for path, line, _, _ in _kingfisher(folder, peers)
        }
    if (peers / "gitleaks").exists():
        found["gitleaks"] = {
            (_below(folder, each["File"]), each["StartLine"]) for each in _gitleaks("dir", folder, peers)
        }
    if (peers / "detect-secrets").exists():
        answer = _run([peers / "detect-secrets", "-C", folder, "scan", "--all-files", "--no-verify"])
        results = json.loads(answer)["results"]
        found["detect-secrets"] = {
            (path, each["line_number"]) for path, several in results.items() for each in several
        }
    return found


def _below(folder: Path, path: str) -> str:
    return str(Path(path).relative_to(folder)) if Path(path).is_absolute() else path


def _run(command: Iterable[object]) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False).stdout


def _kingfisher(path: Path, peers: Path) -> list[tuple[str, int, str, str]]:
    """Path, line, rule and value of each finding."""
    answer = _run(
        [
            peers / "kingfisher",
            "scan",
            path,
            "--no-validate",
            "--no-update-check",
            "--no-dedup",
            "--format",
            "json",
        ]
    )
    start = answer.find("{")
    findings = json.JSONDecoder().raw_decode(answer[start:])[0]["findings"] if start >= 0 else []
    return [
        (each["finding"]["path"], each["finding"]["line"], each["rule"]["name"], each["finding"]["snippet"])
        for each in findings
    ]


def _gitleaks(what: str, path: Path, peers: Path) -> list[dict[str, object]]:
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        options = [
            "--report-format",
            "json",
            "--report-path",
            report.name,
            "--no-banner",
            "--log-level",
            "error",
        ]
        _run([peers / "gitleaks", what, path, *options])
        return list(json.loads(Path(report.name).read_text() or "[]"))


def _repository(path: Path, peers: Path) -> None:
    print(f"\n{path.name}")
    path = path.resolve()
    ours, newest = _values(path), _newest(path)
    theirs: dict[str, dict[tuple[str, str], None]] = {}
    if (peers / "kingfisher").exists():
        seen = _kingfisher(path, peers)
        theirs["kingfisher"] = {(rule, value): None for _, _, rule, value in seen}
    if (peers / "gitleaks").exists():
        theirs["gitleaks"] = {
            (str(each["RuleID"]), str(each["Secret"])): None for each in _gitleaks("git", path, peers)
        }
    whole = b"\n".join(ours)
    for tool, pairs in theirs.items():
        missed: Counter[str] = Counter()
        there: Counter[str] = Counter()
        for rule, value in pairs:
            there[rule] += 1
            core = _core(value.encode())
            if core not in whole and not any(mine in core for mine in ours if len(mine) > 7):
                missed[rule] += 1
        found = sum(there.values()) - sum(missed.values())
        print(f"  of {sum(there.values())} that {tool} finds, found: {found}")
        for rule, count in missed.most_common():
            print(f"    not found: {count} of {there[rule]} of its {rule}")
    print(f"  different values found in history: {len(ours)}; findings in the newest commit:")
    for rule, count in newest.most_common():
        print(f"    {count:4} {rule}")


def _core(value: bytes) -> bytes:
    """The value as Keyhole keeps it: of a private key, its body however it is written."""
    return NORMAL_FORMS["private-key"](_PEM.sub(b"", value)) if _PEM.search(value) else value.strip()


def _values(path: Path) -> set[bytes]:
    """Every value that Keyhole finds in any object."""
    engine = _engine()
    listed = _git(
        path, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)", "--unordered"
    )
    wanted = [line.split()[1] for line in listed.splitlines() if line[:4] in (b"blob", b"comm")]
    found: set[bytes] = set()
    for at in range(0, len(wanted), 2000):
        stream = _git(path, "cat-file", "--batch", given=b"\n".join(wanted[at : at + 2000]) + b"\n")
        place = 0
        while place < len(stream):
            end = stream.index(b"\n", place)
            size = int(stream[place:end].split()[2])
            text = stream[end + 1 : end + 1 + size]
            place = end + 2 + size
            found |= {bytes.fromhex(hit.fingerprint.partition(":")[2]) for hit in engine.examine(text)}
    return found


def _newest(path: Path) -> Counter[str]:
    """How often each rule fires in the newest commit, and where, to standard error."""
    engine = _engine()
    counted: Counter[str] = Counter()
    for name in _git(path, "ls-tree", "-r", "-z", "--name-only", "HEAD").split(b"\0"):
        text = _git(path, "cat-file", "blob", f"HEAD:{name.decode()}") if name else b""
        for hit in engine.examine(text):
            counted[hit.rule] += 1
            line = text.count(b"\n", 0, hit.start) + 1
            sys.stderr.write(f"{path.name}\t{hit.rule}\t{name.decode()}:{line}\n")
    return counted


def _git(path: Path, *arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(
        ["git", "-C", str(path), *arguments], input=given, capture_output=True, check=False
    ).stdout


if __name__ == "__main__":
    main()
