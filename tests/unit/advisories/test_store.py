"""Archives become the index; one that is none changes nothing; fetching asks where the settings say."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from keyhole.advisories import store
from keyhole.core.errors import InvalidInput, Unavailable
from tests.unit.scanners.dependencies.advisories import record


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.KEYHOLE_DATA = tmp_path / "data"
    settings.KEYHOLE_DATA.mkdir()


def archive(*records, **members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for number, each in enumerate(records):
            file.writestr(f"{number}.json", json.dumps(each))
        for name, text in members.items():
            file.writestr(name.replace("_", "."), text)
    return content.getvalue()


def taken(tmp_path, *contents):
    files = []
    for number, content in enumerate(contents):
        file = tmp_path / f"{number}.zip"
        file.write_bytes(content)
        files.append(file)
    return store.take_in(files, lambda _name, _number: None)


def test_archives_of_several_ecosystems_become_one_index(tmp_path):
    assert store.holding().reason == "there are no advisories yet"
    assert taken(tmp_path, archive(record("A"), record("B")), archive(record("C", ecosystem="npm"))) == 3
    held = store.holding()
    assert {each.ecosystem: each.advisories for each in held.ecosystems} == {"PyPI": 2, "npm": 1}
    assert held.at
    assert store.database().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", archive(x_json="[]"), archive(x_json="{"), archive(record())[:-30]],
)
def test_what_is_no_archive_leaves_everything_as_it_was(tmp_path, content):
    taken(tmp_path, archive(record("A")))
    with pytest.raises(InvalidInput):
        taken(tmp_path, archive(record("B"), record("C")), content)
    assert store.holding().ecosystems[0].advisories == 1


def test_a_bomb_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LARGEST_RECORD", 1000)
    with pytest.raises(InvalidInput, match="more than an archive"):
        taken(tmp_path, archive(x_json=" " * 10_000))
    monkeypatch.setattr(store, "MOST_RECORDS", 1)
    with pytest.raises(InvalidInput, match="more than an archive"):
        taken(tmp_path, archive(record("A"), record("B")))


@pytest.fixture
def server(settings):
    """Serves archives by path."""
    asked, contents = [], {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = contents.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_args):
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
        settings.KEYHOLE_ADVISORIES_URL = f"http://127.0.0.1:{http.server_port}"
        yield asked, contents
        http.shutdown()


@pytest.mark.loopback
def test_fetching_asks_for_each_ecosystem(server):
    asked, contents = server
    contents["/PyPI/all.zip"] = archive(record("A"))
    contents["/GitHub%20Actions/all.zip"] = archive(record("B", ecosystem="GitHub Actions"))
    assert store.sync(["PyPI", "GitHub Actions"], lambda _name, _number: None) == 2
    assert asked == ["/PyPI/all.zip", "/GitHub%20Actions/all.zip"]


@pytest.mark.loopback
def test_one_that_cannot_be_fetched_leaves_everything_as_it_was(server):
    _, contents = server
    contents["/PyPI/all.zip"] = archive(record("A"))
    store.sync(["PyPI"], lambda _name, _number: None)
    with pytest.raises(Unavailable, match="answered 404"):
        store.sync(["PyPI", "npm"], lambda _name, _number: None)
    assert [each.ecosystem for each in store.holding().ecosystems] == ["PyPI"]
    with pytest.raises(InvalidInput, match="no ecosystem"):
        store.sync(["COBOL"], lambda _name, _number: None)
