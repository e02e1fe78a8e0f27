"""What a scanning process does to itself before it looks at anything: no network, little memory, no files written.

The rules of each mechanism: prctl(2), unshare(2), setrlimit(2), seccomp(2). Every step is a kernel promise that
the git processes started later inherit, except the audit hook, which holds Python only.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import struct
import sys
from _signal import SIGKILL  # type: ignore[import-not-found]  # what `signal` is made of
from collections.abc import Callable

from keyhole.scanners.limits import Limits

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_EPERM = 1
# Per machine: audit architecture, then the calls refused: socket, connect, ptrace, io_uring_setup.
_ARCHITECTURES = {
    "x86_64": (0xC000003E, (41, 42, 101, 425)),
    "aarch64": (0xC00000B7, (198, 203, 117, 425)),
}


def isolate(limits: Limits, *, file_bytes: int = 0) -> tuple[str, ...]:
    """Applies all that this machine grants; returns, in words, what is in force. Irrevocable for the process.

    `file_bytes` is how large a file may become that is written; 0 lets nothing be written at all.
    Must be called while there is one thread. Resource limits and the audit hook always hold; namespaces and
    system call filters depend on the kernel and on what surrounds us (a container may refuse them).
    """
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    held: list[str] = []
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        if _leave_network(libc):
            held.append("network namespace of its own")
        if _refuse_sockets(libc):
            held.append("sockets refused by the kernel")
    _limit_resources(limits, file_bytes)
    written = f"files of at most {file_bytes >> 20} MiB written" if file_bytes else "no files written"
    held.append(f"{limits.memory_bytes >> 20} MiB of memory, {written}")
    sys.addaudithook(_refuse)
    held.append("sockets refused in process")
    return tuple(held)


def _leave_network(libc: ctypes.CDLL) -> bool:
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWNET) == 0:  # enough, and enough rights, when we run as root
        return True
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    # Without a map our own files would seem to belong to nobody.
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        try:
            _write(f"/proc/self/{name}", line)
        except OSError:
            break  # the map is for looks; reading our own files works without
    return True


def _write(file: str, line: str) -> None:
    opened = os.open(file, os.O_WRONLY)
    try:
        os.write(opened, line.encode())
    finally:
        os.close(opened)


def _refuse_sockets(libc: ctypes.CDLL) -> bool:
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        return False
    architecture, refused = _ARCHITECTURES[machine]
    load_arch, load_call, equal, answer = 0x20, 0x20, 0x15, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | _EPERM, 0x80000000
    steps = [(load_arch, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load_call, 0, 0, 0)]
    for call in refused:
        steps += [(equal, 0, 1, call), (answer, 0, 0, refuse)]
    steps.append((answer, 0, 0, allow))
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    header = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(program)))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0) == 0)


def _limit_resources(limits: Limits, file_bytes: int) -> None:
    seconds = math.ceil(limits.seconds) + 5
    for what, amount in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CPU, seconds),
        # Not RLIMIT_AS: git maps whole packs, which takes address space but no memory of its own.
        (resource.RLIMIT_DATA, limits.memory_bytes),
    ):
        _, hard = resource.getrlimit(what)
        allowed = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(what, (allowed, allowed))


_REFUSED_EVENTS: Callable[[str], bool] = (
    "socket.__new__",
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.getaddrinfo",
    "os.system",
).__contains__


def _refuse(event: str, _args: tuple[object, ...]) -> None:
    if _REFUSED_EVENTS(event):
        raise PermissionError("not in a scan")
