"""`python -m keyhole.server`: the one process that `keyhole up` starts, and the only module that knows both planes.

The embedded form of granian runs in this very process: a supervisor with a worker of its own would cost a second
interpreter and gain nothing where one process owns the data folder.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyhole.settings")

import django  # after the variable above, which it reads
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from keyhole.core.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("keyhole.server")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_WEB_THREADS = 8
_HEADER_SECONDS = 10
_LARGEST_HEAD = 64 * 1024


def compose() -> App:
    """The application: requests for repositories go to the gateway, all others to the pages."""
    from a2wsgi import WSGIMiddleware  # noqa: PLC0415 - after django.setup()
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    from keyhole.gateway.app import claims, gateway  # noqa: PLC0415

    wsgi: Any = get_wsgi_application()  # the two libraries spell the type of a WSGI application differently
    pages = WSGIMiddleware(wsgi, workers=_WEB_THREADS)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if claims(scope["raw_path"]):
            await gateway(scope, receive, send)
            return

        async def body() -> MutableMapping[str, Any]:  # a2wsgi takes coroutines only, and granian's is none
            return await receive()

        target: Any = pages
        await target(scope, body, send)

    return app


@contextmanager
def only_one() -> Iterator[None]:
    """Holds the data folder: two servers on one SQLite file would each believe that they are alone."""
    path = Path(settings.KEYHOLE_DATA) / "server.lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise ImproperlyConfigured(
                f"A Keyhole with process id {file.read().strip() or '(unknown)'} already runs on "
                f"{settings.KEYHOLE_DATA}. Stop it first, or choose another KEYHOLE_DATA."
            ) from None
        _write_pid(file)
        yield


def _write_pid(file: IO[str]) -> None:
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()


def refuse_taken_address() -> None:
    """The server shares its port with whoever else does; two Keyholes there would each get half of the requests."""
    host, port = settings.KEYHOLE_LISTEN
    try:
        # Not with the option by which ports are shared: then this would succeed, too.
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except OSError as problem:
        raise ImproperlyConfigured(
            f"{host}:{port} cannot be listened on: {problem.strerror}. Stop what answers there, or choose another "
            "address with KEYHOLE_LISTEN."
        ) from problem


def prepare() -> str | None:
    """Bring the database up to date; returns the set-up link if nobody can sign in yet."""
    from keyhole.accounts.services import setup_link  # noqa: PLC0415
    from keyhole.accounts.storage import bring_up_to_date  # noqa: PLC0415
    from keyhole.tokens import revocations  # noqa: PLC0415
    from keyhole.vault import forgotten  # noqa: PLC0415

    bring_up_to_date()
    revocations.apply()
    forgotten.apply()
    return setup_link()


async def serve() -> None:
    """Answer until asked to stop, then let what is running end."""
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.server.embed import Server  # noqa: PLC0415

    from keyhole.jobs import engine  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(16, "keyhole"))
    host, port = settings.KEYHOLE_LISTEN
    server = Server(
        compose(),
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backlog=1024,
        log_enabled=False,
        http1_settings=HTTP1Settings(
            header_read_timeout=_HEADER_SECONDS * 1000, max_buffer_size=_LARGEST_HEAD
        ),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    ending = threading.Event()
    # Beside the first page, which needs no engine.
    jobs = loop.run_in_executor(None, engine.start_in_the_end, ending)
    try:
        await server.serve()
    finally:
        ending.set()
        await jobs
        await loop.run_in_executor(None, engine.stop)


def main() -> None:
    """Start, say where, serve, and end with 0 when stopped by a signal."""
    try:
        django.setup()
        with only_one():
            refuse_taken_address()
            link = prepare()
            print(f"Keyhole answers at {settings.KEYHOLE_URL}", flush=True)  # noqa: T201 - the way in, for a person
            if link is not None:
                print(f"Set up the first account: {link}", flush=True)  # noqa: T201
            asyncio.run(serve())
    except (Misconfigured, ImproperlyConfigured) as problem:
        sys.exit(f"Keyhole does not start. {problem}")


if __name__ == "__main__":
    main()
