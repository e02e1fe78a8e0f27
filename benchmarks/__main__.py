"""`python -m benchmarks [NAME]`: run every benchmark, or the named one, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def names() -> list[str]:
    """Every benchmark: the modules beside this file."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("__"))


def main() -> int:
    """Exit code 0 when all ran, 1 when one failed, 2 when there is none of that name."""
    wanted = sys.argv[1:] or names()
    if unknown := sorted(set(wanted) - set(names())):
        sys.stderr.write(f"No benchmark {', '.join(unknown)}; there are: {', '.join(names())}.\n")
        return 2
    failed = []
    for name in wanted:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0:
            failed.append(name)
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
