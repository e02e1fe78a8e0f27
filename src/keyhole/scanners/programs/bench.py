"""The process of a scan that starts programs. It alone may write files, and only below one folder.

The process that reads the repository may write nothing, for good, and what it starts inherits that; so before it gives
up its rights it starts this one, which gives up its own. The two speak through pipes: one line of JSON, then bytes.
Which programs may be started is settled by the order, before anything of the repository was read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from keyhole.scanners.isolation import isolate
from keyhole.scanners.landlock import confine
from keyhole.scanners.limits import Limits
from keyhole.scanners.programs.configured import Configured, configure
from keyhole.scanners.programs.located import Located, home_of, locate
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.running import FILE_BYTES, adopt_orphans, end_all, run
from keyhole.scanners.programs.scanner import ProgramScanner
from keyhole.scanners.registry import all_scanners

_LONGEST_LINE = 64 << 20
# What a dynamically linked program, an interpreter and a look at the number of processors need.
_SYSTEM = (
    *("/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/dev/urandom"),
    *("/sys/devices/system/cpu", "/sys/fs/cgroup", "/etc/alternatives", "/etc/group", "/etc/ld.so.cache"),
    *("/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/nsswitch.conf", "/etc/passwd"),
    # One will not start without a list of authorities, although there is nobody to speak to.
    *("/etc/ssl/certs", "/etc/ssl/ca-bundle.pem", "/etc/pki/ca-trust/extracted"),
)
_DEVICES = (Path("/dev/null"), Path("/dev/shm"))  # noqa: S108 - programs share memory between their processes there


def main() -> int:
    """Reads the order, isolates itself, then runs what it is asked for until nobody asks any more."""
    order = json.loads(sys.stdin.buffer.readline())
    folder = Path(order["folder"])
    configure(Configured.from_json(order["programs"]))
    os.umask(0o077)
    known = {
        name: scanner
        for name, scanner in all_scanners().items()
        if name in order["scanners"] and isinstance(scanner, ProgramScanner)
    }
    located = {name: found for name, scanner in known.items() if (found := locate(scanner.program))}
    memory = max((scanner.memory_bytes for scanner in known.values()), default=0)
    limits = Limits(**order["limits"])._replace(memory_bytes=memory)
    held = list(isolate(limits, file_bytes=FILE_BYTES))
    if confine(_readable(known, located), (folder, *_DEVICES)):
        held.append("nothing written but in a folder of its own, and only system files read (Landlock)")
    adopt_orphans()
    _say(sys.stdout.buffer, {"held": held})
    for number, request in enumerate(_requests(sys.stdin.buffer)):
        files = [(name, sys.stdin.buffer.read(size)) for name, size in request["files"]]
        name = request["scanner"]
        if name in located:
            scanner, program = known[name], located[name]
            place = folder / f"run-{number}"
            argv = [str(program.path), *scanner.arguments(place)]
            files += [(name, content) for name, content in scanner.settings.items()]
            ran = run(
                argv, scanner.environment, files, place, float(request["seconds"]), scanner.memory_bytes
            )
        else:
            ran = Ran(0, "is not installed", b"", b"")
        _answer(sys.stdout.buffer, ran)
    end_all()
    return 0


def _readable(known: Mapping[str, ProgramScanner], located: Mapping[str, Located]) -> Iterator[Path]:
    yield from map(Path, _SYSTEM)
    # What it has loaded it may need to load again.
    yield from map(Path, (sys.prefix, sys.base_prefix, *filter(None, sys.path)))
    for name, program in located.items():
        yield from home_of(program.path)
        yield from known[name].readable()


def _requests(stdin: IO[bytes]) -> Iterator[dict[str, Any]]:
    while line := stdin.readline(_LONGEST_LINE):
        yield json.loads(line)


def _say(stdout: IO[bytes], data: dict[str, Any]) -> None:
    stdout.write(json.dumps(data).encode() + b"\n")
    stdout.flush()


def _answer(stdout: IO[bytes], ran: Ran) -> None:
    header = {
        "code": ran.code,
        "ended": ran.ended,
        "unwritten": ran.unwritten,
        "sizes": (len(ran.output), len(ran.errors)),
    }
    stdout.write(json.dumps(header).encode() + b"\n" + ran.output + ran.errors)
    stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
