"""Scanning for secrets beside the peers that are installed: whole history, rescans, newest commit, and memory.

    python -m benchmarks.secrets_history [--runs 5] [--peers FOLDER] [--parts full,memory,rescan,head] REPOSITORY...

Each figure is the median over whole processes, from start to exit, of runs that take turns, so that a busy machine is
busy for everybody. Without a repository it measures the one it lies in. What each tool does:

- keyhole: every file and message ever stored, merges included; base64 and archives opened; commit, path and date.
- kingfisher: the same with its own rules, base64 decoded and candidates checked by parsers; `--no-validate`.
- kingfisher --turbo: without base64, parsers and dates of commits.
- gitleaks: what `git log -p` prints, so no merges; it decodes base64 only where told.
- detect-secrets: the files of a working copy alone.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from keyhole.core.secret import Secret
from tests.stories.scan_memory import watched

_COMMITS = 50
_READY_SECONDS = 1.0
Run = Callable[[], None]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Scan for secrets beside peers.")
    parser.add_argument("repositories", type=Path, nargs="*")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", type=Path, default=None, help="folder of the peers' programs")
    parser.add_argument("--parts", default="full,memory,rescan,head")
    given = parser.parse_args()
    parts = {"full": full, "memory": memory, "rescan": rescan, "head": head}
    for repository in given.repositories or [Path(__file__).parents[1]]:
        for part in given.parts.split(","):
            with tempfile.TemporaryDirectory(prefix="keyhole-bench-") as folder:
                bench = Bench(repository.resolve(), Path(folder), given.peers, given.runs)
                parts[part](bench)


class Bench:
    """One repository, a folder to work in, and the programs."""

    def __init__(self, repository: Path, folder: Path, peers: Path | None, runs: int) -> None:
        self.repository = repository
        self.folder = folder
        self.runs = runs
        self._peers = f"{peers}:{os.environ['PATH']}" if peers else os.environ["PATH"]
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "KEYHOLE_DATA": str(folder / "data"),
        }
        self.kept = folder / "data/kept"

    def keyhole(self, path: Path, *more: str) -> list[str]:
        """The command for a scan by Keyhole."""
        return [str(Path(sys.executable).parent / "keyhole"), "scan", str(path), "--json", *more]

    def there(self, peers: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """The peers of these that are installed, with the whole path of each."""
        found = {name: shutil.which(argv[0], path=self._peers) for name, argv in peers.items()}
        return {name: [found[name] or "", *argv[1:]] for name, argv in peers.items() if found[name]}

    def run(self, argv: list[str]) -> None:
        """Runs a command to its end. What it finds makes it end with all sorts of codes."""
        code = subprocess.run(
            argv, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        ).returncode
        if code < 0 or code > 205:
            raise SystemExit(f"{argv[0]} ended with {code}")

    def git(self, *args: str) -> str:
        """What a git command prints."""
        return subprocess.run(["git", *args], check=True, capture_output=True, text=True).stdout.strip()

    def compare(
        self, title: str, ours: Mapping[str, tuple[Run, Run]], peers: Mapping[str, list[str]]
    ) -> None:
        """Prints the median of each, and how many times as long as ours it takes. Ours: what comes before, and it."""
        runs = {**ours, **{name: (_nothing, _bound(self.run, argv)) for name, argv in peers.items()}}
        taken: dict[str, list[float]] = {name: [] for name in runs}
        chance = random.Random(self.runs)  # noqa: S311  # no secret, only the same order each time
        for _ in range(self.runs):
            for name in chance.sample(list(runs), len(runs)):  # so that none always follows the same one
                before, run = runs[name]
                before()
                start = time.perf_counter()
                run()
                taken[name].append(time.perf_counter() - start)
        medians = {name: statistics.median(times) for name, times in taken.items()}
        print(f"\n{self.repository.name}: {title} (median of {self.runs}, load {os.getloadavg()[0]:.1f})")
        first = medians[next(iter(ours))]
        for name, median in medians.items():
            print(f"  {name:28} {median:8.3f} s {median / first:7.2f} x")

    @property
    def key(self) -> Secret:
        """What keys the fingerprints of the command's scans."""
        return Secret((self.folder / "data/findings.secret").read_text().strip())

    def ready(self) -> None:
        """As the server does when a scan has ended, and has long done when the next one begins."""
        from keyhole.scanners import child  # noqa: PLC0415  # after the arguments are understood

        child.get_ready(hmac_secret=self.key, scanners=["secrets"], kept=self.kept)
        time.sleep(_READY_SECONDS)

    def forget(self) -> None:
        """Leaves nothing remembered but compiled rules."""
        for file in [*self.kept.glob("history-*"), *self.kept.glob("result-*")]:
            file.unlink()


def full(bench: Bench) -> None:
    """The whole history, with nothing remembered but compiled rules."""
    argv = bench.keyhole(bench.repository)
    bench.run(argv)
    ours = {"keyhole": (bench.forget, _bound(bench.run, argv))}
    bench.compare("whole history", ours, bench.there(_of_history(bench.repository)))


def memory(bench: Bench) -> None:
    """The most memory that all processes of each have at the same time, shared pages shared out (PSS)."""
    print(f"\n{bench.repository.name}: memory of all processes, whole history (largest of 2)")
    argv = bench.keyhole(bench.repository)
    bench.run(argv)
    peaks = {}
    for name, each in {"keyhole": argv, **bench.there(_of_history(bench.repository))}.items():
        found = []
        for _ in range(2):
            bench.forget()
            with watched() as peak:
                bench.run(each)
            found.append(peak[0])
        peaks[name] = max(found)
        print(f"  {name:28} {peaks[name] / 2**20:8.0f} MiB {peaks[name] / peaks['keyhole']:7.2f} x")


def rescan(bench: Bench) -> None:
    """Fifty commits more, and nothing more. New objects come as a pack of their own, as a fetch brings them."""
    source = bench.folder / "source.git"
    bench.git("clone", "-q", "--bare", str(bench.repository), str(source))
    old = bench.git("-C", str(source), "rev-parse", f"HEAD~{_COMMITS}")
    bench.git("-C", str(source), "branch", "-f", "bench-old", old)
    path = bench.folder / "rescan.git"
    bench.git("init", "-q", "--bare", "-b", "main", str(path))
    fetch = ("-C", str(path), "-c", "fetch.unpackLimit=1", "fetch", "-q", str(source))
    bench.git(*fetch, "+refs/heads/bench-old:refs/heads/main")
    argv = bench.keyhole(path)
    bench.run(argv)
    before = bench.folder / "before"
    shutil.copytree(bench.kept, before)
    bench.git(*fetch, "+HEAD:refs/heads/main")

    def restore() -> None:
        shutil.rmtree(bench.kept)
        shutil.copytree(before, bench.kept)

    def restore_and_wait() -> None:
        restore()
        bench.ready()

    since = ["--since-commit", old]
    peers = {name: [*each, *since] for name, each in _of_history(path).items() if name != "gitleaks"}
    peers["gitleaks"] = ["gitleaks", "git", str(path), "--no-banner", f"--log-opts={old}..main"]
    ours = {
        "keyhole": (restore, _bound(bench.run, argv)),
        "keyhole, resident": (restore_and_wait, _resident(bench, path)),
    }
    bench.compare(f"{_COMMITS} commits more", ours, bench.there(peers))
    bench.run(argv)
    same = {
        "keyhole": (_nothing, _bound(bench.run, argv)),
        "keyhole, resident": (bench.ready, _resident(bench, path)),
    }
    bench.compare("nothing more", same, {})


def head(bench: Bench) -> None:
    """The files of the newest commit."""
    copy = bench.folder / "copy"
    bench.git("clone", "-q", str(bench.repository), str(copy))
    argv = bench.keyhole(copy, "--head")
    bench.run(argv)
    peers = {
        "kingfisher": [*_kingfisher(copy), "--git-history", "none"],
        "kingfisher --turbo": [*_kingfisher(copy), "--git-history", "none", "--turbo"],
        "gitleaks": ["gitleaks", "dir", str(copy), "--no-banner"],
        "detect-secrets": ["detect-secrets", "-C", str(copy), "scan", "--no-verify"],
    }
    bench.compare("newest commit", {"keyhole": (bench.forget, _bound(bench.run, argv))}, bench.there(peers))


def _of_history(path: Path) -> dict[str, list[str]]:
    return {
        "kingfisher": _kingfisher(path),
        "kingfisher --turbo": [*_kingfisher(path), "--turbo"],
        "gitleaks": ["gitleaks", "git", str(path), "--no-banner"],
    }


def _kingfisher(path: Path) -> list[str]:
    return ["kingfisher", "scan", str(path), "--no-validate", "--no-update-check", "--format", "json"]


def _resident(bench: Bench, path: Path) -> Run:
    """A scan from within a process that is there already, as the server's worker does it."""
    from keyhole.scanners import child, locate  # noqa: PLC0415  # after the arguments are understood

    def run() -> None:
        child.run(locate.git_dir_of(path), hmac_secret=bench.key, kept=bench.kept)

    return run


def _bound(function: Callable[[list[str]], None], argv: list[str]) -> Run:
    return lambda: function(argv)


def _nothing() -> None:
    """Nothing to do before."""


if __name__ == "__main__":
    main()
