"""A process that acts on code scans as people do and, if told to, as a worker; one JSON command a line, one answer.

Run as a program it is that process; imported, it gives stories a handle on one. No server is needed: a worker is a
worker wherever it runs, and stories about one that dies need to know in the middle of what it died.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


class ScanProcess:
    """A handle on such a process."""

    def __init__(self, data, log, **environment):
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("ab"),
            text=True,
            env={
                **os.environ,
                "KEYHOLE_DATA": str(data),
                "DJANGO_SETTINGS_MODULE": "keyhole.settings",
                **environment,
            },
        )

    def do(self, command, **arguments):
        """What a person does, by the name of a function of this module."""
        self.tell(command, **arguments)
        return self.hear()

    def tell(self, command, **arguments):
        """The same without waiting for the answer."""
        self._process.stdin.write(json.dumps([command, arguments]) + "\n")
        self._process.stdin.flush()

    def hear(self):
        """The next answer."""
        line = self._process.stdout.readline()
        assert line, f"the process died:\n{self._log.read_text()}"
        answer = json.loads(line)
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["value"]

    def kill(self):
        """What the kernel does when memory is short, or somebody pulls the plug."""
        self._process.send_signal(signal.SIGKILL)
        self._close()

    @property
    def pid(self):
        """The process's number."""
        return self._process.pid

    def end(self):
        """Ends it in an orderly way."""
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()  # a failed story may have left it waiting for ever
            raise
        self._close()

    def _close(self):
        for pipe in (self._process.stdin, self._process.stdout):
            pipe.close()
        self._process.wait(30)


class RefusedError(Exception):
    """The service refused; the text is the error's class and message."""


def _main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        command, arguments = json.loads(line)
        _answer(command, arguments)
    from keyhole.jobs import engine

    engine.stop()


def _answer(command: str, arguments: dict[str, Any]) -> None:
    from keyhole.core.errors import KeyholeError

    try:
        answer = {"value": globals()[command](**arguments)}
    except KeyholeError as problem:
        answer = {"error": f"{type(problem).__name__}: {problem.message}"}
    print(json.dumps(answer, default=str), flush=True)


def prepare() -> None:
    """Make the database."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def connect(folder: str) -> dict[str, int]:
    """Connect a folder of repositories; full name -> id."""
    from keyhole.accounts.services import local_caller
    from keyhole.repositories import services

    services.connect_folder(local_caller(), folder)
    return {row.full_name: row.pk for row in services.list_repositories(local_caller())}


def disconnect(number: int) -> None:
    """Remove a repository from Keyhole."""
    from keyhole.accounts.services import local_caller
    from keyhole.repositories import services

    services.disconnect(local_caller(), number)


def create(**spec: Any) -> int:
    """Create a scan."""
    from keyhole.accounts.services import local_caller
    from keyhole.scans import services

    return services.create(local_caller(), services.ScanSpec(**spec)).pk


def again(number: int) -> int:
    """Run a scan (again); the id of the scan that runs now."""
    from keyhole.accounts.services import local_caller
    from keyhole.scans import services

    return services.run(local_caller(), number).pk


def stop(number: int) -> str:
    """Stop a scan; the state right afterwards."""
    from keyhole.accounts.services import local_caller
    from keyhole.scans import services

    return services.stop(local_caller(), number).state


def revoke(number: int) -> None:
    """Revoke a token."""
    from keyhole.accounts.services import local_caller
    from keyhole.tokens import services

    services.revoke(local_caller(), number)


def delete(number: int) -> None:
    """Delete a scan."""
    from keyhole.accounts.services import local_caller
    from keyhole.scans import services

    services.delete(local_caller(), number)


def look(number: int) -> dict[str, Any]:
    """All that people can see of a scan."""
    from keyhole.accounts.services import local_caller
    from keyhole.scans import services, summary

    scan = services.get(local_caller(), number)
    found = [row.as_core().to_json() for row in services.findings(local_caller(), number)]
    numbers = summary.summarize(scan)
    return {
        "state": scan.state,
        "reason": scan.reason,
        "stage": scan.stage,
        "attempts": scan.attempts,
        "commit": scan.commit,
        "counters": scan.counters,
        "evidence": scan.evidence,
        "log": [line["text"] for line in scan.log],
        "findings": found,
        "clean": numbers.clean,
        "verdict": numbers.verdict,
        "done": scan.done,
        "total": scan.total,
        "token": None
        if scan.token is None
        else {
            "id": scan.token.pk,
            "name": scan.token.name,
            "state": str(scan.token.state),
            "grant": scan.token.grant,
        },
    }


def report(number: int, kind: str) -> Any:
    """A report of a scan."""
    from keyhole.accounts.services import local_caller
    from keyhole.reports import services

    return json.loads(services.scan_document(local_caller(), number, kind).body)


def problems() -> list[list[Any]]:
    """Every finding that is remembered: its title, its state, and what has happened to it."""
    from keyhole.findings.models.history import Event
    from keyhole.findings.models.problem import Problem

    return [
        [
            problem.title,
            problem.status,
            list(Event.objects.filter(problem=problem).order_by("pk").values_list("what", flat=True)),
        ]
        for problem in Problem.objects.order_by("pk")
    ]


def environment(name: str, policy: dict[str, Any]) -> int:
    """An environment with a policy of its own."""
    from keyhole.accounts.services import local_caller
    from keyhole.core.policy_text import from_text
    from keyhole.environments import policies, services

    row = policies.create(local_caller(), from_text(json.dumps(policy)))
    return services.create(local_caller(), services.EnvironmentSpec(name, policy_id=row.pk)).pk


def judgements() -> list[list[Any]]:
    """Every verdict there is: of which scan, whether it passed, what was breached, how many findings counted."""
    from keyhole.findings.models import Judgement

    return [
        [each.scan_id, each.passed, each.breaches, each.counted]
        for each in Judgement.objects.order_by("scan_id")
    ]


def live_scan_tokens() -> list[str]:
    """Names of tokens of scans that are still good."""
    from keyhole.tokens.models import Token

    return list(Token.objects.filter(purpose="scan", revoked_at=None).values_list("name", flat=True))


def usable(text: str) -> bool:
    """Whether this token is anybody's now."""
    from keyhole.core.errors import BadCredentials
    from keyhole.core.secret import Secret
    from keyhole.tokens.authority import identify

    try:
        identify(Secret(text))
    except BadCredentials:
        return False
    return True


def audit() -> list[list[Any]]:
    """Every record, in order: action, outcome, actor, subject."""
    from keyhole.audit.models import Entry
    from keyhole.audit.verify import verify

    assert verify().ok
    return [
        [entry.action, entry.outcome, entry.actor, entry.subject] for entry in Entry.objects.order_by("seq")
    ]


def work(hold: str = "", until: str = "") -> None:
    """Become a worker. With `hold`, `module.function` of the scans room, say so when it gets there and wait.

    It waits until the file `until` is there, until the worker is `stopping`, or for ever.
    """
    from keyhole.jobs import engine

    if hold:
        _hold(hold, until)
    engine.start()


def work_up_to(phase: str) -> None:
    """Become a worker that says so, and does nothing more, when a scanning process begins this phase."""
    from keyhole.jobs import engine
    from keyhole.scans import reading

    original = reading._Follow.note

    def note(self: Any, seen: Any) -> None:
        original(self, seen)
        if seen.phase == phase:
            print(json.dumps({"value": f"held while {phase}"}), flush=True)
            time.sleep(3600)

    reading._Follow.note = note  # type: ignore[method-assign]
    engine.start()


def hurry() -> None:
    """Workers of one database notice sooner that another one is dead."""
    from keyhole.jobs import liveness, reaper

    liveness.DEAD_AFTER_SECONDS = 3
    reaper.BEAT_SECONDS = 0.5


def rounds(count: int) -> list[int]:
    """Look for dead workers that often, as often as workers beat; how many jobs were recovered each time."""
    from keyhole.jobs import engine, reaper

    recovered = []
    for _ in range(count):
        time.sleep(reaper.BEAT_SECONDS)
        recovered.append(engine._worker._reaper.bury())
    return recovered


def retire() -> None:
    """Stop being a worker, in an orderly way."""
    from keyhole.jobs import engine

    engine.stop()


def keep_tokens(folder: str) -> None:
    """Write the text of every scan token down, which nothing outside of tests can do."""
    from keyhole.scans import reading
    from tests import canaries

    original = reading._token_for

    def kept(scan: Any) -> Any:
        secret = original(scan)
        Path(folder, f"{scan.pk}-{scan.token_id}").write_text(canaries.watch("scan token", secret.reveal()))
        return secret

    reading._token_for = kept


def _hold(place: str, until: str) -> None:
    from importlib import import_module

    from keyhole.jobs import engine

    module_name, _, name = place.rpartition(".")
    module = import_module(f"keyhole.{module_name if '.' in module_name else 'scans.' + module_name}")
    original = getattr(module, name)

    def over() -> bool:
        return engine.stopping() if until == "stopping" else bool(until) and Path(until).exists()

    def held(*args: Any, **named: Any) -> Any:
        print(json.dumps({"value": f"held at {place}"}), flush=True)
        while not over():
            time.sleep(0.02)
        return original(*args, **named)

    setattr(module, name, held)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    _main()
