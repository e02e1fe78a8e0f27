"""A source of advisories on this machine, in OSV's layout."""

from __future__ import annotations

import contextlib
import io
import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """A source of advisories in OSV's layout, which counts what it is asked for."""

    def __init__(self):
        self.files = {}
        self.asked = []
        self.ranges = True
        self.breaks_after = None

    def publish(self, ecosystem, *records, listed=True):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
            for each in records:
                file.writestr(f"{each['id']}.json", json.dumps(each))
        folder = f"/{ecosystem.replace(' ', '%20')}"
        self.files = {path: body for path, body in self.files.items() if not path.startswith(f"{folder}/")}
        self.files[f"{folder}/all.zip"] = content.getvalue()
        self.files |= {f"{folder}/{each['id']}.json": json.dumps(each).encode() for each in records}
        if listed:
            rows = sorted(((each["modified"], each["id"]) for each in records), reverse=True)
            self.files[f"{folder}/modified_id.csv"] = "".join(f"{at},{one}\n" for at, one in rows).encode()

    def took(self):
        took, self.asked = self.asked, []
        return took

    def answer(self, path, headers):
        """Status, headers and body."""
        body = self.files.get(path)
        if body is None:
            return 404, {}, b""
        etag = f'"{hash(body)}"'
        if headers.get("If-None-Match") == etag:
            return 304, {"ETag": etag}, b""
        if self.ranges and headers.get("Range") and headers.get("If-Range", etag) == etag:
            first, last = map(int, headers["Range"].removeprefix("bytes=").split("-"))
            if first >= len(body):
                return 416, {}, b""
            part = body[first : last + 1]
            told = f"bytes {first}-{first + len(part) - 1}/{len(body)}"
            return 206, {"ETag": etag, "Content-Range": told}, part
        return 200, {"ETag": etag}, body


@contextlib.contextmanager
def serving():
    """The source and its address, while it runs."""
    source = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            source.asked.append(self.path)
            status, headers, body = source.answer(self.path, self.headers)
            if source.breaks_after is not None and len(source.asked) > source.breaks_after:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        try:
            yield source, f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
