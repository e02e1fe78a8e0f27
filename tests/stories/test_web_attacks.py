"""What a hostile page, a hostile name or an old tab can do to the browser's side: nothing."""

from __future__ import annotations

import re
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest
from playwright.sync_api import expect

from tests.stories import browser as web

NASTY = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def keyhole(tmp_path_factory, chromium):
    from tests.stories.keyhole_process import KeyholeProcess

    server = KeyholeProcess(tmp_path_factory.mktemp("web"))
    server.start()
    server.make_repo("harbour/tide-api")
    with web.browser(chromium) as started:
        web.set_up(started.new_page(), server)
    yield server
    server.stop()


class Client:
    """A browser without JavaScript, reduced to what attackers also have: requests and cookies."""

    def __init__(self, keyhole):
        self.url = keyhole.url
        self.cookies = CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies))

    def get(self, path, /, **headers):
        return self._open(Request(self.url + path, headers=headers))

    def post(self, path, _headers=None, /, **fields):
        return self._open(
            Request(self.url + path, data=urlencode(fields, doseq=True).encode(), headers=_headers or {})
        )

    def _open(self, request):
        try:
            with self._opener.open(request, timeout=30) as answer:
                return (
                    answer.status,
                    answer.geturl().removeprefix(self.url),
                    answer.read().decode(),
                    answer.headers,
                )
        except HTTPError as answer:
            return (
                answer.code,
                request.full_url.removeprefix(self.url),
                answer.read().decode(),
                answer.headers,
            )

    def csrf(self, path):
        return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path)[2]).group(1)

    def sign_in(self, following="/"):
        return self.post(
            "/sign-in",
            csrfmiddlewaretoken=self.csrf("/sign-in"),
            name="mara",
            password=web.PASSWORD,
            next=following,
        )


@pytest.fixture
def client(keyhole):
    signed_in = Client(keyhole)
    assert signed_in.sign_in()[0] == 200
    return signed_in


def test_a_form_without_its_csrf_token_changes_nothing(client):
    for path in (
        "/settings/personal-access-tokens/new",
        "/connect",
        "/sign-out",
        "/scans/new",
        "/audit/verify",
    ):
        status, _, body, _ = client.post(path, name="x", generate="1", path="/tmp")
        assert status == 403, path
        assert "This form was refused" in body
    assert client.get("/settings")[1] == "/settings", "still signed in"


def test_a_form_from_another_origin_changes_nothing(client):
    token = client.csrf("/connect")
    status, *_ = client.post(
        "/connect", {"Origin": "http://evil.example"}, csrfmiddlewaretoken=token, path="/tmp"
    )
    assert status == 403


def test_reading_an_address_never_changes_anything(client):
    for path in (
        "/sign-out",
        "/connect/refresh",
        "/connect/import",
        "/audit/verify",
        "/scans/1/run",
        "/settings/personal-access-tokens/new/summary",
    ):
        assert client.get(path)[0] == 405, path


def test_every_page_asks_a_stranger_to_sign_in(keyhole):
    stranger = Client(keyhole)
    for path in (
        "/",
        "/repositories",
        "/repositories/1",
        "/connect",
        "/scans",
        "/scans/1",
        "/scans/new",
        "/integrations",
        "/settings",
        "/settings/personal-access-tokens/new",
        "/audit",
        "/settings/personal-access-tokens/1",
        "/explain/ex_aaaaaaaaaaaaaaaa",
        "/scans/1/report.json",
    ):
        assert stranger.get(path)[1].startswith("/sign-in?next="), path


@pytest.mark.parametrize(
    "following",
    [
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "\n//evil.example",
        "/%09/evil.example\n",
    ],
)
def test_signing_in_never_leads_to_another_site(keyhole, following):
    assert Client(keyhole).sign_in(following)[1] == "/"


def test_signing_in_leads_to_the_page_that_was_wanted(keyhole):
    assert Client(keyhole).sign_in("/audit?outcome=denied")[1] == "/audit?outcome=denied"


def test_a_session_that_was_planted_before_signing_in_is_worth_nothing(keyhole):
    victim = Client(keyhole)
    victim.csrf("/sign-in")
    before = {cookie.name: cookie.value for cookie in victim.cookies}
    victim.sign_in()
    after = {cookie.name: cookie.value for cookie in victim.cookies}
    assert after["keyhole-session"] != before.get("keyhole-session")


def test_a_session_is_dead_after_signing_out(keyhole):
    leaving = Client(keyhole)
    leaving.sign_in()
    stolen = next(cookie.value for cookie in leaving.cookies if cookie.name == "keyhole-session")
    leaving.post("/sign-out", csrfmiddlewaretoken=leaving.csrf("/settings"))
    thief = Client(keyhole)
    assert thief.get("/settings", Cookie=f"keyhole-session={stolen}")[1].startswith("/sign-in")


def test_pages_cannot_be_framed_stored_or_scripted(client):
    _, _, body, headers = client.get("/settings/personal-access-tokens/new")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert "no-store" in headers["Cache-Control"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", body), "nothing inline"


def test_a_wrong_host_header_is_refused(keyhole):
    assert keyhole.http("GET", "/sign-in", Host="evil.example")[0] == 400


def test_names_are_shown_and_never_run(keyhole, client, chromium):
    page_of = "/settings/personal-access-tokens/new"
    status, _, body, _ = client.post(
        page_of,
        csrfmiddlewaretoken=client.csrf(page_of),
        name=NASTY[:40],
        description=NASTY,
        owner="harbour",
        expires="7",
        access="all",
        generate="1",
    )
    assert status == 200
    assert NASTY not in body
    with web.browser(chromium) as started:
        page = started.new_page()
        alarms = []
        page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
        web.sign_in(page, keyhole)
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        for path in ("/integrations", "/settings/personal-access-tokens", "/audit", "/"):
            page.goto(keyhole.url + path)
        page.goto(f"{keyhole.url}/integrations")
        page.get_by_role("link", name=NASTY[:40]).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(NASTY[:40])
        assert not alarms


def test_a_branch_with_a_nasty_name_is_only_offered(keyhole, client):
    repository = keyhole.repositories / "harbour/tide-api.git"
    keyhole.git("branch", 'x"><svg/onload=alert(1)>', "main", at=repository)
    body = client.get(f"/scans/new?repository={keyhole.ids['harbour/tide-api']}")[2]
    assert "onload=alert" in body
    assert "<svg/onload" not in body


def test_what_was_typed_survives_an_error(client):
    page_of = "/settings/personal-access-tokens/new"
    fields = {
        "name": "n" * 41,
        "description": "for the scanner",
        "owner": "harbour",
        "expires": "custom",
        "custom": "2001-01-01",
        "access": "selected",
        "may.contents": "write",
        "generate": "1",
    }
    status, _, body, _ = client.post(page_of, csrfmiddlewaretoken=client.csrf(page_of), **fields)
    assert status == 422
    assert "n" * 41 in body
    assert "for the scanner" in body
    assert re.search(r'name="may.contents" value="write" checked', body)
    assert 'class="error"' in body


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": ""}, "needs a name"),
        ({"access": "everything"}, "Choose the repository access"),
        ({"access": "selected"}, "no repository"),
        ({"expires": "-1"}, "how long"),
        ({"expires": "99999"}, "must be from 1"),
        ({"expires": "none"}, "expire after at most"),
        ({"expires": "custom", "custom": "soon"}, "Choose the date"),
        ({"may.contents": "admin"}, "has no level"),
        ({"may.everything": "read"}, "no permission called"),
        ({"name": "a\x1b[31mb"}, "control or invisible"),
        ({"description": "d" * 1025}, "1,025 characters"),
    ],
)
def test_nonsense_in_the_token_form_is_refused_by_name(client, changed, message):
    page_of = "/settings/personal-access-tokens/new"
    fields = {
        "name": "nonsense",
        "owner": "harbour",
        "expires": "7",
        "access": "all",
        "generate": "1",
    } | changed
    status, _, body, _ = client.post(page_of, csrfmiddlewaretoken=client.csrf(page_of), **fields)
    assert status == 422
    assert message in body


def test_sending_the_form_twice_makes_one_token(client):
    page_of = "/settings/personal-access-tokens/new"
    csrf = client.csrf(page_of)
    fields = {
        "csrfmiddlewaretoken": csrf,
        "name": "twice",
        "owner": "harbour",
        "expires": "7",
        "access": "all",
        "generate": "1",
        "submission": "the-same-form",
    }
    assert "khp_" in client.post(page_of, **fields)[2]
    status, where, body, _ = client.post(page_of, **fields)
    assert (status, bool(re.fullmatch(r"/settings/personal-access-tokens/\d+", where))) == (200, True)
    assert "khp_" not in body
    assert client.get("/settings/personal-access-tokens")[2].count(">twice<") == 1


def test_guessing_a_password_is_slowed_down_and_nobody_is_locked_out(keyhole):
    guesser = Client(keyhole)
    answers = [
        guesser.post(
            "/sign-in",
            csrfmiddlewaretoken=guesser.csrf("/sign-in"),
            name="nobody",
            password=f"wrong {number}",
        )[0]
        for number in range(8)
    ]
    assert answers == [401] * 6 + [429] * 2
    assert Client(keyhole).sign_in()[0] == 200, "another name from the same place still may"


def test_signing_in_is_on_record_and_what_was_typed_by_mistake_is_not(keyhole, client):
    mistaken = Client(keyhole)
    token = mistaken.csrf("/sign-in")
    mistaken.post("/sign-in", csrfmiddlewaretoken=token, name="typed-into-the-wrong-field", password="mara")
    mistaken.post("/sign-in", csrfmiddlewaretoken=token, name="mara", password="wrong")
    denied = client.get("/audit?outcome=denied")[2]
    assert "an unknown name" in denied
    assert "mara@harbour.example" in denied
    assert "account:sign_in" in client.get("/audit?outcome=allowed")[2]
    assert "typed-into" not in denied


def test_errors_are_pages(client):
    for path, status in (
        ("/nothing-here", 404),
        ("/repositories/999999", 404),
        ("/scans/999999", 404),
        ("/settings/personal-access-tokens/999999", 404),
        ("/explain/ex_unknown", 404),
    ):
        answered, _, body, _ = client.get(path)
        assert answered == status, path
        assert "<h1>" in body
        assert "Traceback" not in body
