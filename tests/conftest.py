"""What every test stands on: a folder of its own for the whole run, settings, no network for unit tests, canaries.

All processes of one run share one folder; everything that tests, servers and children write lands below it, so that
the search for planted secrets at the end sees all of it (see canaries.py).
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

# Before anything of ours is imported: Keyhole's settings read the environment once, when they are imported.
_STARTED_THE_RUN = "PYTEST_KEYHOLE_RUN" not in os.environ
if _STARTED_THE_RUN:
    os.environ["PYTEST_KEYHOLE_RUN"] = tempfile.mkdtemp(prefix="keyhole-test-")
_RUN = Path(os.environ["PYTEST_KEYHOLE_RUN"])
_MINE = _RUN / os.environ.get("PYTEST_XDIST_WORKER", "controller")
for _name in [name for name in os.environ if name.startswith("KEYHOLE_")]:
    del os.environ[_name]  # a developer's own settings must not decide what the tests see
for _name, _folder in {"KEYHOLE_DATA": "data", "TMPDIR": "tmp", "HOME": "home"}.items():
    (_MINE / _folder).mkdir(parents=True, exist_ok=True)
    os.environ[_name] = str(_MINE / _folder)
if (
    "PYTEST_KEYHOLE_PROGRAMS" in os.environ
):  # where checkov and semgrep are, for the tests that need the real ones
    os.environ["KEYHOLE_PROGRAMS"] = os.environ["PYTEST_KEYHOLE_PROGRAMS"]
if "PYTEST_KEYHOLE_DATABASE_URL" in os.environ:  # the story that repeats unit tests on PostgreSQL
    os.environ["KEYHOLE_DATABASE_URL"] = os.environ["PYTEST_KEYHOLE_DATABASE_URL"]
os.environ["DJANGO_SETTINGS_MODULE"] = "keyhole.settings"
# git must do the same for everybody: nobody's configuration, never a question on the terminal.
os.environ.update(
    GIT_CONFIG_NOSYSTEM="1",
    GIT_CONFIG_GLOBAL=str(_MINE / "home" / ".gitconfig"),
    GIT_TERMINAL_PROMPT="0",
    GIT_AUTHOR_NAME="Test Author",
    GIT_AUTHOR_EMAIL="author@example.invalid",
    GIT_COMMITTER_NAME="Test Committer",
    GIT_COMMITTER_EMAIL="committer@example.invalid",
)
tempfile.tempdir = None  # chosen anew from TMPDIR

import django  # noqa: E402  # after the environment is what it must be
import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from tests import canaries, leftovers  # noqa: E402

leftovers.mark()
settings.register_profile("dev", deadline=None)
# The same examples in every run: a red CI must be red again when somebody looks.
settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("dev")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if _STARTED_THE_RUN and config.getoption("numprocesses", None):
        # The workers inherit this. One that finds settings named loads them before it has read this file, and would
        # so share the data folder of the process that started it.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    if _STARTED_THE_RUN:
        _forget_old_runs()
        config.option.basetemp = str(_RUN / "t")  # short: Unix socket paths end at 107 bytes
        config.pluginmanager.register(_CanaryWatch(), "keyhole-canaries")
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        django.setup()  # pytest-django looked for the settings' name before this file could say it


def _forget_old_runs():
    """Failed runs are kept to be looked into; after a day nobody does."""
    for kept in _RUN.parent.glob("keyhole-test-*"):
        try:
            old = kept.stat().st_uid == os.getuid() and time.time() - kept.stat().st_mtime > 86_400
        except FileNotFoundError:
            continue  # another run has just ended
        if old:
            shutil.rmtree(kept, ignore_errors=True)


class _CanaryWatch:
    """Lives in the process that started the run: keeps what was captured, searches when all is over."""

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        # Not the failure's own text: it shows the values compared, and the run is red already.
        captured = [text for _, text in report.sections]
        if any(captured):
            with (_RUN / "captured.log").open("a", encoding="utf-8", errors="surrogateescape") as log:
                log.write("\n".join([f"== {report.nodeid} ({report.when})", *captured, ""]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        watched = len(canaries.registered(_RUN))
        leaks = canaries.search(_RUN)
        report = pytest.TestReport(
            nodeid="tests/canaries.py::no planted secret is found anywhere after the run",
            location=("tests/canaries.py", None, "canaries"),
            keywords={},
            outcome="failed" if leaks else "passed",
            longrepr="\n".join(map(str, leaks)) if leaks else None,
            when="teardown",
        )
        if leaks:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            session.config.hook.pytest_runtest_logreport(report=report)
        self._verdict = f"{watched} planted secrets, {len(leaks)} leaks"

    def pytest_terminal_summary(self, terminalreporter):
        terminalreporter.write_line(f"canaries: {self._verdict}")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config):
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None and (reporter.stats.get("failed") or reporter.stats.get("error")):
            sys.stderr.write(f"\nwhat the failed run wrote is kept in {_RUN}\n")
        else:
            shutil.rmtree(_RUN, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _no_process_is_left():
    """Set up before every other fixture, and so the last to be torn down."""
    yield
    left = leftovers.end_all()
    assert not left, "\n".join(["processes were left running by the tests:", *left])


@pytest.fixture(autouse=True)
def _no_network(request, monkeypatch):
    """Unit tests reach nothing but Unix sockets; one marked `loopback` may talk to this machine itself."""
    if "unit" not in request.path.parts:
        return
    loopback_allowed = request.node.get_closest_marker("loopback") is not None

    def checked(original):
        def connect(self, address, *rest):
            local = self.family != socket.AF_UNIX and address[0] in {"127.0.0.1", "::1", "localhost"}
            if self.family == socket.AF_UNIX or (loopback_allowed and local):
                return original(self, address, *rest)
            raise AssertionError(f"a unit test wanted to connect to {address!r}")

        return connect

    monkeypatch.setattr(socket.socket, "connect", checked(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", checked(socket.socket.connect_ex))


@pytest.fixture(autouse=True)
def _new_chain():
    """Each test begins with an empty database, so the audit log's end that the one before left must go too."""
    (_MINE / "data" / "audit.head").unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _nothing_waits():
    """A scanning process that a test had started early would be taken by the next one."""
    yield
    from keyhole.scanners.early import ended, taken

    if (unused := taken()) is not None:
        ended(unused)


@pytest.fixture
def keyhole_data(tmp_path, monkeypatch):
    """A fresh, empty data folder, named to child processes by KEYHOLE_DATA."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("KEYHOLE_DATA", str(folder))
    return folder


@pytest.fixture(scope="session")
def chromium():
    """Path of the browser for stories. Missing on a person's machine: skipped, loudly. Missing in CI: failed."""
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail("no Chromium in CI, where nothing may quietly not run")
    return pytest.skip("no Chromium here; `make test` says how to install it")


@pytest.fixture(scope="session")
def node():
    """Path of Node.js, with octokit installed beside the stories; skipped or failed like `chromium`."""
    path = shutil.which("node")
    if path and (Path(__file__).parent / "stories/js/node_modules/@octokit/rest").is_dir():
        return path
    if os.environ.get("CI") and path:
        pytest.fail("Node.js is here but octokit is not: scripts/setup test")
    return pytest.skip("no Node.js with octokit here; `make test` installs octokit where Node.js is")
