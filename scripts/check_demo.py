"""Reads what `keyhole demo --json` printed, on standard input, and ends non-zero unless every step truly happened.

The exit code of the demo says so already; this looks a second time, so that a demo that prints nothing, skips a step
or calls a failed one fine does not pass for a good one.
"""

from __future__ import annotations

import json
import sys

STEPS = 16
"""Start, import, token, clone, refused push, unseen repository, scan, revocation; sandbox, plan, token there, check,
connection, scan, revocation there; audit: none may be missing."""


def problems(report: object) -> list[str]:
    """What is wrong with the report: `{"ok": true, "steps": [{"name": ..., "ok": true, "seconds": 0.1}, ...]}`."""
    if not isinstance(report, dict) or report.get("ok") is not True:
        return ["the report does not say ok"]
    steps = report.get("steps", [])
    found = [f"step {step.get('name')!r} is not ok" for step in steps if step.get("ok") is not True]
    if len(steps) < STEPS:
        found.append(f"{len(steps)} steps, at least {STEPS} expected")
    return found


def main() -> int:
    """Exit code 0 when the report is good, 1 when not."""
    text = sys.stdin.read()
    try:
        report = json.loads(text)
    except ValueError as error:
        found = [f"not JSON: {error}: {text[:200]!r}"]
    else:
        found = problems(report)
        # Only names, times and what went wrong: the details of good steps hold the token that was shown once.
        for step in report.get("steps", []) if isinstance(report, dict) else []:
            told = "" if step.get("ok") is True else f": {step.get('detail')}"
            sys.stdout.write(f"demo: {step.get('name')}, {step.get('seconds')} s{told}\n")
    sys.stdout.write("".join(f"demo: {problem}\n" for problem in found) or "demo: every step happened\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
