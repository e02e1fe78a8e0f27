"""The steps of the demo, in order. Each checks that what it shows truly happened."""

from __future__ import annotations

import re
import shutil
from collections import Counter

from keyhole.cli.demo.stage import Step, StepFailed
from keyhole.cli.demo.world import World
from keyhole.cli.output import count
from keyhole.core.secret import Secret

_EXPLAIN_ID = re.compile(r"\bex_[a-z2-7]{16,}\b")


def start(world: World) -> str:
    """Keyhole started, embedded, with no account and no service."""
    return f"{world.url()} answered after {world.start():.2f} s"


def import_repositories(world: World) -> str:
    """Repository imported."""
    row = world.keyhole("repo", "import", str(world.source), world.full_name)
    world.full_name = row["full_name"]
    payroll = world.scratch / "payroll"
    world.git("init", "--quiet", "--initial-branch=main", str(payroll))
    world.git("-C", str(payroll), "commit", "--quiet", "--allow-empty", "-m", "Salaries")
    world.keyhole("repo", "import", str(payroll), world.other_name)
    return f"{world.full_name}, and {world.other_name} which the token must never see"


def generate_token(world: World) -> str:
    """Fine-grained token generated and shown once."""
    made = world.keyhole(
        "token", "new", "Demo scanner", "--expires", "30", "-r", world.full_name, "-p", "contents=read"
    )
    world.token, world.token_id = Secret(made["token"]), made["id"]
    if "token" in world.keyhole("token", "show", str(world.token_id)):
        raise StepFailed("The token could be shown a second time.")
    permissions = ", ".join(f"{name}: {level}" for name, level in made["permissions"].items())
    return f"{made['token']}\nfor {world.full_name} only; {permissions}; for 30 days"


def clone(world: World) -> str:
    """Git clone through the gateway with the token."""
    target = world.scratch / "clone"
    done = world.git("clone", "--quiet", world.url(f"/{world.full_name}.git"), str(target), token=world.token)
    if done.returncode != 0:
        raise StepFailed(f"git clone failed: {done.stderr.strip()}")
    ours = world.git("-C", str(target), "rev-parse", "HEAD").stdout.strip()
    theirs = world.git("-C", str(world.source), "rev-parse", "HEAD").stdout.strip()
    if not ours or ours != theirs:
        raise StepFailed(f"The clone is at {ours or 'nothing'}, the repository at {theirs}.")
    commits = int(world.git("-C", str(target), "rev-list", "--count", "HEAD").stdout or 0)
    return f"{count(commits, 'commit')}, HEAD {ours[:10]} in both"


def push_refused(world: World) -> str:
    """A push with it is refused, and the refusal explained."""
    clone_dir = str(world.scratch / "clone")
    world.git("-C", clone_dir, "commit", "--quiet", "--allow-empty", "-m", "A change that must not arrive")
    done = world.git("-C", clone_dir, "push", "origin", "HEAD:refs/heads/keyhole-demo", token=world.token)
    if done.returncode == 0:
        raise StepFailed("The push was accepted.")
    found = _EXPLAIN_ID.search(done.stderr)
    if found is None:
        raise StepFailed(f"The refusal does not name an explain id: {done.stderr.strip()}")
    explanation = world.keyhole("explain", found[0])
    return f"{_remote_lines(done.stderr)}\nkeyhole explain {found[0]}:\n{_indented(explanation['summary'])}"


def _remote_lines(stderr: str) -> str:
    return "\n".join(line for line in stderr.splitlines() if line.startswith(("remote:", "fatal:"))).strip()


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def other_repository_hidden(world: World) -> str:
    """Reading another repository with it is a 404, as if there were none."""
    hidden, _ = world.get(f"/api/v3/repos/{world.other_name}", world.token)
    absent, _ = world.get("/api/v3/repos/demo/no-such-repository", world.token)
    seen, _ = world.get(f"/api/v3/repos/{world.full_name}", world.token)
    if (hidden, absent, seen) != (404, 404, 200):
        raise StepFailed(f"{world.other_name} answered {hidden}, an absent one {absent}, its own {seen}.")
    return f"GET /repos/{world.other_name}: 404; GET /repos/{world.full_name}: 200"


def scan(world: World) -> str:
    """Code scan run with a token of its own, its findings summarised."""
    outcome = world.keyhole("scan", world.full_name)
    if outcome["status"] != "complete":
        raise StepFailed(f"The scan is {outcome['status']}: {'; '.join(outcome['reasons'])}")
    findings = outcome["findings"]
    severities = Counter(finding["severity"] for finding in findings)
    summary = (
        ", ".join(f"{number} {severity}" for severity, number in severities.items()) or "no secrets found"
    )
    read = f"{count(outcome['objects'], 'object')} of the whole history read"
    lines = [f"{read}, {count(len(findings), 'finding')}: {summary}"]
    lines += [
        f"  {finding['severity']:8} {finding['title']} in {finding['locations'][0]['path']}:"
        f"{finding['locations'][0]['line']}"
        for finding in findings[:5]
    ]
    return "\n".join(lines)


def revoke(world: World) -> str:
    """Token revoked, and the next clone refused."""
    world.keyhole("token", "revoke", str(world.token_id), "--yes")
    target = world.scratch / "clone-after-revocation"
    done = world.git("clone", "--quiet", world.url(f"/{world.full_name}.git"), str(target), token=world.token)
    status, _ = world.get("/api/v3/user", world.token)
    if done.returncode == 0 or status != 401:
        raise StepFailed(f"After the revocation git ended with {done.returncode} and REST with {status}.")
    shutil.rmtree(target, ignore_errors=True)
    return "git clone: refused; GET /user: 401"


def audit(world: World) -> str:
    """Audit log verified."""
    report = world.keyhole("audit", "verify")
    if not report["ok"] or report["entries"] < 1:
        raise StepFailed(f"The audit chain is broken at {report['broken_at']}.")
    return f"{count(report['entries'], 'entry')} in an unbroken chain"


STEPS: tuple[Step, ...] = (
    start,
    import_repositories,
    generate_token,
    clone,
    push_refused,
    other_repository_hidden,
    scan,
    revoke,
    audit,
)
"""The demo, in order."""
