"""A browser's bare minimum: opens pages, fills in forms, keeps cookies. For walking the sandbox's pages without one."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from keyhole.cli.demo.stage import StepFailed

_MOST_REDIRECTS = 5


@dataclass(slots=True)
class Form:
    """A form as its page has it filled in."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    words: str = ""
    """What its buttons and labels say."""


class Visitor:
    """Somebody with a browser, at one server."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._cookies: dict[str, str] = {}
        self.url = base
        """Where the visitor is."""
        self.page = ""
        """What is to be seen there."""

    def open(self, url: str, method: str = "GET", body: str = "") -> None:
        """Go to an address of this server, and where it sends on. StepFailed unless a page is there."""
        for _ in range(_MOST_REDIRECTS):
            url = urljoin(self.url, url)
            if not url.startswith(f"{self._base}/"):
                raise StepFailed(f"The page leads elsewhere: {url}")
            status, place = self._ask(method, url, body)
            if place is None:
                if status != 200:
                    raise StepFailed(f"{url} answered {status}.")
                return
            url, method, body = place, "GET", ""
        raise StepFailed(f"{url} leads in circles.")

    def submit(self, words: str, fields: Mapping[str, str]) -> None:
        """Send the form whose button or labels say these words, with these fields changed."""
        for form in self._forms():
            if words in form.words:
                kept = [pair for pair in form.fields if pair[0] not in fields]
                self.open(form.action, form.method.upper(), urlencode([*kept, *fields.items()]))
                return
        raise StepFailed(f"{self.url} has no form that says {words!r}.")

    def _ask(self, method: str, url: str, body: str) -> tuple[int, str | None]:
        parts = urlsplit(url)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._base}
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request(method, target, body=body or None, headers=headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                name, _, value = line.partition(";")[0].partition("=")
                self._cookies[name] = value
            self.url, self.page = url, answer.read().decode("utf-8", "replace")
            return answer.status, answer.headers.get("Location")
        finally:
            connection.close()

    def _forms(self) -> list[Form]:
        reader = _Reader()
        reader.feed(self.page)
        return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.forms.append(Form(given.get("action") or "", given.get("method") or "get"))
            self._inside = True
        elif not self._inside:
            return
        elif tag == "input" and name and _sent(given):
            self.forms[-1].fields.append((name, given.get("value") or ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.forms[-1].fields.append((self._select, given.get("value") or ""))
        elif tag == "textarea" and name:
            self._area = name
            self.forms[-1].fields.append((name, ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if not self._inside:
            return
        if self._area:
            self.forms[-1].fields[-1] = (self._area, self.forms[-1].fields[-1][1] + data)
        else:
            self.forms[-1].words += data


def _sent(given: Mapping[str, str | None]) -> bool:
    return given.get("type") not in {"radio", "checkbox"} or "checked" in given
