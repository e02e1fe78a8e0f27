"""How many secrets are found, and how much that is none: on labelled lines, and in real repositories, beside peers.

    python -m benchmarks.secrets_accuracy [--repositories FOLDER] [--only NAME] [--peers FOLDER] [--answers FOLDER]

Without --repositories: precision and recall on `labelled/`, per kind of secret, per kind of rule and per kind of file,
for lines that the rules were tuned on and for lines that they never saw; and for each file of rules, on the examples of
all its rules. With it: for every bare repository in the folder, which of the secrets that kingfisher and gitleaks find
in its history Keyhole finds too, why the others are left out, and what Keyhole finds in the newest commit. Values are
never printed. --peers is a folder with the peers' programs; those not there are left out. --answers keeps what the
peers said in a folder, and takes it from there the next time: they hold secrets, so put it nowhere that is shared.
"""

from __future__ import annotations

import argparse
import binascii
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.labelled import NONE, Line, lines, write
from benchmarks.omitted import reason
from benchmarks.rule_kinds import print_examples, print_kinds
from keyhole.scanners.archives import is_archive, unpacked
from keyhole.scanners.archives.budget import NotOpened
from keyhole.scanners.limits import Limits
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
    parser.add_argument("--only", help="the one repository of the folder to look at")
    parser.add_argument("--peers", type=Path, default=Path("/usr/local/bin"))
    parser.add_argument("--answers", type=Path)
    given = parser.parse_args()
    if given.repositories is None:
        _labelled(given.peers)
        print_examples(_engine())
    else:
        for path in sorted(given.repositories.iterdir()):
            if given.only in {None, path.name}:
                _repository(path, given.peers, given.answers)


def _labelled(peers: Path) -> None:
    made = lines()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(made, folder)
        rules = _keyhole(folder)
        found = {"keyhole": set(rules), **_by_peers(folder, peers)}
    for source in sorted({line.source for line in made}):
        mine = [line for line in made if line.source == source]
        secrets = sum(line.kind != NONE for line in mine)
        print(f"\n{source}: {secrets} secrets, {len(mine) - secrets} lines without one")
        _print(found, mine, lambda _: "all")
        print("  by kind of secret (recall)")
        _print(found, [line for line in mine if line.kind != NONE], lambda line: line.kind, recall_only=True)
        print("  by kind of rule (Keyhole)")
        print_kinds(rules, mine)
        print("  by kind of file")
        _print(found, mine, lambda line: line.suffix)


def _print(
    found: dict[str, Places], made: list[Line], group: Callable[[Line], str], recall_only: bool = False
) -> None:
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
            others = "" if recall_only else f"P {precision:4.0%} F1 {both:.2f} "
            cells.append(f"{tool} {others}R {recall:4.0%}")
        print(f"    {name:14} " + "   ".join(cells))


def _keyhole(folder: Path) -> dict[tuple[str, int], set[str]]:
    """The rules that find something, by path below the folder and line."""
    engine = _engine()
    places: dict[tuple[str, int], set[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = path.read_bytes()
            name = str(path.relative_to(folder))
            for hit in engine.examine(text):
                places.setdefault((name, text.count(b"\n", 0, hit.start) + 1), set()).add(hit.rule)
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


def _gitleaks(what: str, path: Path, peers: Path) -> list[dict[str, Any]]:
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


def _repository(path: Path, peers: Path, answers: Path | None) -> None:
    print(f"\n{path.name}")
    path = path.resolve()
    ours, newest = _values(path), _newest(path)
    whole = b"\n".join(ours)
    for tool, pairs in _of_peers(path, peers, answers).items():
        missed = {
            pair: match for pair, match in pairs.items() if not _is_ours(_core(pair[1].encode()), ours, whole)
        }
        print(f"  of {len(pairs)} that {tool} finds, found: {len(pairs) - len(missed)}")
        print(f"    not found: {len(missed)}; by rule:")
        for rule, count in Counter(rule for rule, _ in missed).most_common():
            print(f"      {count:4} of {sum(rule == each for each, _ in pairs)} of its {rule}")
        print("    and why:")
        why = Counter(reason(rule, value.encode(), match.encode()) for (rule, value), match in missed.items())
        for what, count in why.most_common():
            print(f"      {count:4} {what}")
    print(f"  different values found in history: {len(ours)}; findings in the newest commit:")
    for rule, count in newest.most_common():
        print(f"    {count:4} {rule}")


def _of_peers(path: Path, peers: Path, answers: Path | None) -> dict[str, dict[tuple[str, str], str]]:
    """By tool: each rule and value it finds in the history, and what it shows of the line."""
    theirs: dict[str, dict[tuple[str, str], str]] = {}
    if (peers / "kingfisher").exists():
        seen = _kept(answers, f"kingfisher-{path.name}", lambda: _kingfisher(path, peers))
        theirs["kingfisher"] = {(rule, value): "" for _, _, rule, value in seen}
    if (peers / "gitleaks").exists():
        found = _kept(answers, f"gitleaks-{path.name}", lambda: _gitleaks("git", path, peers))
        theirs["gitleaks"] = {
            (str(each["RuleID"]), str(each["Secret"])): str(each["Match"]) for each in found
        }
    return theirs


def _kept(answers: Path | None, name: str, ask: Callable[[], list[Any]]) -> list[Any]:
    """The answer that was kept, or a new one."""
    if answers is None:
        return ask()
    file = answers / f"{name}.json"
    if not file.exists():
        file.write_text(json.dumps(ask()))
    return list(json.loads(file.read_text()))


def _is_ours(core: bytes, ours: set[bytes], whole: bytes) -> bool:
    """Whether Keyhole has it: as it is, in one of its values or around one, or the same encoded or decoded."""
    if core in whole or any(mine in core for mine in ours if len(mine) >= _TELLING):
        return True
    encoded = core
    for _ in range(2):
        encoded = binascii.b2a_base64(encoded, newline=False)
        if len(core) >= _TELLING and encoded.rstrip(b"=") in whole:
            return True
    try:
        decoded = binascii.a2b_base64(core, strict_mode=True)
    except binascii.Error:
        return False
    return len(decoded) >= _TELLING and decoded in whole


_TELLING = 8  # bytes of a value that is not by chance a part of another
_SCHEME = re.compile(rb"https?://")


def _core(value: bytes) -> bytes:
    """The value as Keyhole keeps it: of a private key, its body however it is written."""
    if _PEM.search(value):
        return NORMAL_FORMS["private-key"](_PEM.sub(b"", value))
    return _SCHEME.sub(b"", value.strip(), count=1)


def _values(path: Path) -> set[bytes]:
    """Every value that Keyhole finds in any object, archives opened."""
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
            for each in _texts(text):
                found |= {bytes.fromhex(hit.fingerprint.partition(":")[2]) for hit in engine.examine(each)}
    return found


def _texts(text: bytes) -> Iterator[bytes]:
    yield text
    if is_archive(text):
        yield from (member.text for member in unpacked(text, Limits()) if not isinstance(member, NotOpened))


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
