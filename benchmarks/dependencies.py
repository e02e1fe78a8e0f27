"""Compares packages with 320,000 advisories, and prints how long that takes, beside pip-audit where it is installed.

    KEYHOLE_BENCHMARK_OSV=FOLDER python -m benchmarks.dependencies [--runs 5] [--pip-audit PROGRAM]

FOLDER has OSV's archives, `<ECOSYSTEM>/all.zip`; to them come made-up advisories, for the most part of malicious npm
packages, which is what OSV consists of. Without FOLDER all are made up. pip-audit asks a server on this machine that
answers from the same advisories, so that its time holds no network; what it was told is counted.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self

_ADVISORIES = 320_000
_CHANCE = random.Random(4)  # noqa: S311  # a fixed seed is the point
Pinned = tuple[str, str, str]
_PROCESS = """
import gc, json, sys
from pathlib import Path
from keyhole.scanners.dependencies.examiner import Packages
gc.disable()  # as the scan's process does
file, folder = map(Path, sys.argv[1:])
files = [(path.name.encode(), path.read_bytes()) for path in sorted(folder.iterdir())]
assessment = Packages(file).assess(files)
# Not ru_maxrss, which has that of the process that started this one.
memory = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
print(json.dumps({"rss": memory, "issues": len({issue.identity for issue in assessment.issues})}))
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pip-audit", default=os.environ.get("KEYHOLE_BENCHMARK_PIP_AUDIT", "pip-audit"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(KEYHOLE_DATA=f"{folder}/data", DJANGO_SETTINGS_MODULE="keyhole.settings")
        Path(folder, "data").mkdir()
        _measure(Path(folder), given.runs, given.pip_audit)


def _measure(folder: Path, runs: int, peer: str) -> None:
    import django  # noqa: PLC0415  # settings read the environment when they are imported

    django.setup()
    from keyhole.advisories import store  # noqa: PLC0415

    archives = _archives(folder)
    taken, count = _timed(lambda: store.take_in(archives, lambda _name, _number: None), 1)
    file = store.database()
    print(f"index of {count:,} advisories      {taken}, {file.stat().st_size / 1e6:,.0f} MB")
    pinned = _pinned(archives)
    gc.disable()  # as the scan's process does
    for label, packages in (
        ("10,000 mixed", _mixed(pinned, 10_000)),
        ("10,000 vulnerable", _cycled(pinned, 10_000)),
    ):
        taken, met = _matching(file, packages, runs)
        print(f"{label:18} compared       {taken}, {met:,} matches")
        taken, issues = _scanning(file, _files(packages), runs)
        print(f"{label:18} whole scan     {taken}, {issues:,} findings")
    _written(folder / "locks", _files(_mixed(pinned, 2_000)))
    _child(file, folder / "locks")
    taken, told = _timed(lambda: _child(file, folder / "locks"), runs)
    print(f"2,000 mixed        whole process  {taken}, {told['rss'] / 1024:,.0f} MB at most")
    _beside_pip_audit(folder, file, [each for each in pinned if each[0] == "PyPI"], runs, peer)


class _Taken(NamedTuple):
    """Seconds on the clock, and of processors, which other work on the machine changes less."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:8.3f} s ({self.processor:.3f} s of processors)"


def _timed(work: Callable[[], Any], runs: int) -> tuple[_Taken, Any]:
    """The median of each of the runs, and what the last one gave."""
    taken = []
    told = None
    for _ in range(runs):
        start, before = time.perf_counter(), sum(os.times()[:4])
        told = work()
        taken.append((time.perf_counter() - start, sum(os.times()[:4]) - before))
    return _Taken(*(statistics.median(each) for each in zip(*taken, strict=True))), told


def _matching(file: Path, packages: list[Pinned], runs: int) -> tuple[_Taken, int]:
    """From packages to matches, in a process that has done it once."""
    from keyhole.scanners.dependencies.index import Index  # noqa: PLC0415
    from keyhole.scanners.dependencies.match import compared  # noqa: PLC0415
    from keyhole.scanners.dependencies.names import normal  # noqa: PLC0415

    index = Index(file)
    wanted = [(ecosystem, normal(ecosystem, name), version) for ecosystem, name, version in packages]
    compared(index, wanted)
    taken, met = _timed(lambda: compared(index, wanted), runs)
    return taken, sum(map(len, met.matches.values()))


def _scanning(file: Path, found: list[tuple[bytes, bytes]], runs: int) -> tuple[_Taken, int]:
    """From texts of files to findings and libraries, in a process that has done it once."""
    from keyhole.scanners.dependencies.examiner import Packages  # noqa: PLC0415

    scanner = Packages(file)
    scanner.assess(found)
    taken, assessment = _timed(lambda: scanner.assess(found), runs)
    return taken, len({issue.identity for issue in assessment.issues})


def _child(file: Path, folder: Path) -> dict[str, int]:
    # As installed: with compiled files, which are kept beside the index and not in this checkout.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(file.parent / "compiled")
    command = [sys.executable, "-c", _PROCESS, str(file), str(folder)]
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    told: dict[str, int] = json.loads(done.stdout)
    return told


def _beside_pip_audit(folder: Path, file: Path, pinned: list[Pinned], runs: int, peer: str) -> None:
    if not shutil.which(peer):
        print("pip-audit is not installed")
        return
    wanted = sorted({name: version for _, name, version in _mixed(pinned, 3_000)}.items())[:500]
    text = "".join(f"{name}=={version}\n" for name, version in wanted)
    _written(folder / "pip", [(b"requirements.txt", text.encode())])
    with _Server(file) as server:
        audit = [peer, "-r", str(folder / "pip/requirements.txt"), "--no-deps", "--disable-pip", "-s", "osv"]
        audit += ["--osv-url", server.address, "-f", "json", "--progress-spinner", "off"]
        ours: list[_Taken] = []
        theirs: list[_Taken] = []
        told: dict[str, int] = {}
        answer: dict[str, Any] = {}
        for _ in range(runs):  # by turns, so that both have the same machine
            taken, told = _timed(lambda: _child(file, folder / "pip"), 1)
            ours.append(taken)
            taken, done = _timed(lambda: subprocess.run(audit, capture_output=True, check=False), 1)
            theirs.append(taken)
            answer = json.loads(done.stdout)
    number = sum(len(each.get("vulns", ())) for each in answer["dependencies"])
    mine, other = (statistics.median(each.wall for each in taken) for taken in (ours, theirs))
    print(f"{len(wanted)} of PyPI        keyhole        {mine:8.3f} s, {told['issues']:,} findings")
    print(
        f"{len(wanted)} of PyPI        pip-audit      {other:8.3f} s, {number:,} findings, {other / mine:.1f} x"
    )


class _Server:
    """Answers as OSV's service does, from the index, each packages' answers made beforehand."""

    def __init__(self, file: Path) -> None:
        from keyhole.scanners.dependencies.index import Index  # noqa: PLC0415
        from keyhole.scanners.dependencies.match import compared  # noqa: PLC0415

        known: dict[tuple[str, str], bytes] = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                package = asked["package"]["name"], asked["version"]
                if package not in known:
                    index = Index(file)
                    matches = compared(index, [("PyPI", *package)]).matches.get(("PyPI", *package), [])
                    index.close()
                    records = [_as_osv(body, package[0]) for match in matches for body in match.matter.bodies]
                    known[package] = json.dumps({"vulns": records} if records else {}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(known[package])))
                self.end_headers()
                self.wfile.write(known[package])

            def log_message(self, *_args: object) -> None:
                """Says nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_port}/v1/query"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


def _as_osv(body: Any, name: str) -> dict[str, Any]:
    package = {"name": name, "ecosystem": "PyPI"}
    affected = [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]
    return {"id": body.id, "aliases": body.aliases, "summary": body.summary, "affected": affected}


def _archives(folder: Path) -> list[Path]:
    """The real ones, and made-up advisories in archives of their own beside them until there are enough."""
    given = os.environ.get("KEYHOLE_BENCHMARK_OSV")
    real = {path.parent.name: path for path in sorted(Path(given).glob("*/all.zip"))} if given else {}
    count = sum(len(zipfile.ZipFile(path).namelist()) for path in real.values())
    missing = _ADVISORIES - count
    made = []
    for ecosystem, share in (("npm", 0.88), ("PyPI", 0.08), ("Maven", 0.02), ("NuGet", 0.02)):
        file = folder / f"{ecosystem}.zip"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            if ecosystem in real:
                with zipfile.ZipFile(real.pop(ecosystem)) as old:
                    for name in old.namelist():
                        archive.writestr(name, old.read(name))
            for number in range(int(missing * share)):
                record = _made_up(ecosystem, number)
                archive.writestr(f"{record['id']}.json", json.dumps(record))
        made.append(file)
    print(f"{count:,} real advisories, {missing:,} made up")
    return [*made, *real.values()]


def _made_up(ecosystem: str, number: int) -> dict[str, Any]:
    malicious = ecosystem == "npm" or number % 2 == 0
    name = f"{ecosystem.lower()}-made-{number}" if ecosystem != "Maven" else f"org.made:lib-{number}"
    start, end = f"{number % 5}.0.0", f"{number % 5 + 1}.{number % 7}.0"
    return {
        "id": f"{'MAL' if malicious else 'GHSA'}-2026-{ecosystem}-{number}",
        "modified": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T00:00:00Z",
        "summary": f"Malicious code in {name}"
        if malicious
        else f"{name} can be made to read what it should not",
        "details": "-= Per source details. Do not edit below this line.=-\n" + _CHANCE.randbytes(300).hex(),
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [
                    {
                        "type": "SEMVER" if ecosystem == "npm" else "ECOSYSTEM",
                        "events": [{"introduced": "0"}]
                        if malicious
                        else [{"introduced": start}, {"fixed": end}],
                    }
                ],
            }
        ],
        "references": [{"type": "WEB", "url": f"https://example.org/{ecosystem}/{number}"}],
    }


def _pinned(archives: list[Path]) -> list[Pinned]:
    """Every package of an advisory that is no malicious one, at a version that one is about."""
    found: dict[Pinned, None] = {}
    for file in archives:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if not name.startswith("MAL-"):
                    found.update(dict.fromkeys(_named(json.loads(archive.read(name)))))
    return sorted(found)


def _named(record: dict[str, Any]) -> list[Pinned]:
    found = []
    for entry in record.get("affected", ()):
        package = entry["package"]
        versions = list(entry.get("versions", ()))[:3]
        for each in entry.get("ranges", ()):
            starts = (event["introduced"] for event in each["events"] if "introduced" in event)
            versions += [start for start in starts if start != "0" and each["type"] != "GIT"]
        found += [(package["ecosystem"], package["name"], version) for version in versions]
    return found


def _mixed(pinned: list[Pinned], number: int) -> list[Pinned]:
    """A tenth with something against it, the others like most packages: nothing is known of them."""
    hit = _cycled(pinned, number // 10)
    harmless = range(number - len(hit))
    return hit + [
        ("npm" if each % 2 else "PyPI", f"harmless-{each}", f"1.{each % 30}.0") for each in harmless
    ]


def _cycled(pinned: list[Pinned], number: int) -> list[Pinned]:
    known = [each for each in pinned if each[0] in _WRITERS]
    return random.Random(4).sample(known, number) if len(known) >= number else known  # noqa: S311  # a fixed seed


def _pip(packages: list[Pinned]) -> str:
    return "".join(f"{name}=={version}\n" for _, name, version in packages)


def _npm(packages: list[Pinned]) -> str:
    entries = {
        f"node_modules/{at}/node_modules/{name}": {"version": version}
        for at, (_, name, version) in enumerate(packages)
    }
    return json.dumps({"lockfileVersion": 3, "packages": entries}, indent=2)


def _go(packages: list[Pinned]) -> str:
    # One file names a module once; the versions of others go into files of their own.
    return (
        "require (\n"
        + "".join(f"\t{name} v{version.removeprefix('v')}\n" for _, name, version in packages)
        + ")\n"
    )


def _cargo(packages: list[Pinned]) -> str:
    entry = '[[package]]\nname = "{}"\nversion = "{}"\nsource = "registry+x"\n\n'
    return "".join(entry.format(name, version) for _, name, version in packages)


def _composer(packages: list[Pinned]) -> str:
    return json.dumps(
        {"packages": [{"name": name, "version": version} for _, name, version in packages]}, indent=2
    )


_WRITERS: dict[str, tuple[str, Callable[[list[Pinned]], str]]] = {
    "PyPI": ("requirements.txt", _pip),
    "npm": ("package-lock.json", _npm),
    "Go": ("go.mod", _go),
    "crates.io": ("Cargo.lock", _cargo),
    "Packagist": ("composer.lock", _composer),
}


def _files(packages: list[Pinned]) -> list[tuple[bytes, bytes]]:
    files = []
    for ecosystem, (name, write) in _WRITERS.items():
        mine = [each for each in packages if each[0] == ecosystem]
        if mine:
            files.append((name.encode(), write(mine).encode()))
    return files


def _written(folder: Path, files: list[tuple[bytes, bytes]]) -> None:
    folder.mkdir()
    for name, content in files:
        (folder / name.decode()).write_bytes(content)


if __name__ == "__main__":
    main()
