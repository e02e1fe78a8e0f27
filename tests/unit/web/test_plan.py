"""The page "What is this token for?": for everybody who is signed in, and nothing pasted comes back."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from keyhole.core.actions import Role
from tests import canaries
from tests.unit.accounts.kit import browser, person
from tests.unit.tokens import kit

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = "Open the form, filled in"


@pytest.fixture
def member():
    return browser(person("mia", Role.MEMBER))


def text_of(answer):
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize("role", list(Role))
def test_everybody_may_plan_and_who_may_generate_is_led_to_the_form(role):
    client = browser(person(role.value, role))
    text = text_of(client.get("/plan?preset=semgrep&owner=acme"))
    assert "For 30 days, it can " in re.sub("<[^>]+>", "", text)
    assert OPEN in text
    assert ("Make this a Keyhole token instead" in text) == (role is not Role.AUDITOR)
    assert client.post("/plan/answer", {"feature": "scan"}).status_code == 200


def test_a_stranger_is_sent_to_the_sign_in_page(client):
    for method, path in (
        ("get", "/plan"),
        ("post", "/plan"),
        ("post", "/plan/answer"),
        ("post", "/plan/recording"),
    ):
        answer = getattr(client, method)(path, HTTP_HOST="localhost")
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/sign-in")


def test_the_empty_page_says_what_to_do(member):
    text = text_of(member.get("/plan"))
    assert "Nothing chosen yet" in text
    assert OPEN not in text


def test_all_thirteen_steps_are_there_in_order_with_the_values(member):
    text = text_of(
        member.get("/plan?preset=semgrep&owner=acme&repository=acme/tide-api&days=90&name=Scanner")
    )
    titles = re.findall(r"<li><div><b>([^<]+)</b>", text)
    words = [
        "Sign in", "Settings", "Developer settings", "Personal access tokens", "Fine-grained tokens",
        "Generate new token", "token name", "expiration", "Only select repositories", "Select the repositories",
        "permissions", "Generate token", "Copy the token now",
    ]  # fmt: skip
    assert len(titles) == 13
    assert all(word in title for word, title in zip(words, titles, strict=True))
    assert "It is displayed only once." in text
    for value in (
        "Scanner",
        "acme",
        "90 days",
        "tide-api",
        "Contents: Read-only",
        "Pull requests: Read and write",
    ):
        assert re.search(rf'<pre id="step-\d+-\d+">{re.escape(value)}</pre>', text), value


@pytest.mark.parametrize(("role", "said"), [(Role.OWNER, "was not reached"), (Role.MEMBER, "was not asked")])
def test_enterprise_server_has_the_steps_and_no_link(role, said):
    text = text_of(browser(person("who", role)).get("/plan?feature=scan&github=ghe.example.invalid"))
    assert OPEN not in text
    assert "Step by step on ghe.example.invalid" in text
    assert said in text


def test_the_plan_goes_on_to_where_the_token_is_added_and_to_keyhole_s_own_form(member):
    kit.owner()
    text = text_of(member.get("/plan?feature=scan&preset=semgrep&owner=acme&repository=acme/tool&days=7"))
    assert "/connect/github?preset=semgrep&feature=scan&owner=acme&repository=acme/tool&days=7" in text
    own = re.search(r'"(/settings/personal-access-tokens/new\?[^"]+)"', text)[1]
    assert "contents=read" in own
    assert "preset=semgrep" in own
    assert "pull_requests=write" in own
    assert "expires_in=7" in own


def test_unverified_tools_cannot_be_ticked_nor_smuggled_in(member):
    text = text_of(member.get("/plan"))
    assert re.search(r'value="cursor"[^>]* disabled>', text)
    refused = member.get("/plan?preset=cursor")
    assert refused.status_code == 422
    assert "could not be verified" in text_of(refused)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("preset=nothing", "There is no preset"),
        ("feature=nothing", "There is no feature"),
        ("feature=scan&owner=-x", "owner's name"),
        ("feature=scan&repository=../x", "name"),
        ("feature=scan&repository=a/b&repository=c/d", "one resource owner"),
        ("feature=scan&days=0", "1 to 366"),
        ("feature=scan&days=999999999", "1 to 366"),
        ("feature=scan&name=" + "x" * 41, "at most 40"),
        ("feature=scan&github=http://a@b/", "not the address"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(member, query, said):
    answer = member.get(f"/plan?{query}")
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert OPEN not in text_of(answer)
    sent = dict(part.split("=") for part in query.split("&"))
    assert member.post("/plan/answer", sent).status_code == 200


def test_pasted_credentials_come_back_in_no_answer(member):
    token = canaries.plant("pasted into the planner")
    pasted = (
        f"curl -H 'Authorization: Bearer {token}' https://api.github.com/user/emails\n"
        f"GET https://user:{token}@api.github.com/repos/a/b/pulls?access_token={token}\n"
        f"GET /nothing?key={token}\nstrange words github_pat_{token}"
    )
    for path in ("/plan", "/plan/answer"):
        text = text_of(member.post(path, {"endpoints": pasted, "owner_kind": "user"}))
        assert "Email addresses" in text
        assert "Not planned for" in text


def test_a_recording_becomes_endpoints_and_only_those_are_kept(member):
    token = canaries.plant("in a HAR")
    header = {"name": "Authorization", "value": token}
    entries = [
        {
            "request": {
                "method": "GET",
                "url": f"https://api.github.com/repos/a/b/pulls?t={token}",
                "headers": [header],
            }
        },
        {"request": {"method": "GET", "url": f"https://elsewhere.example/{token}"}},
    ]
    file = SimpleUploadedFile("x.har", json.dumps({"log": {"entries": entries}}).encode())
    text = text_of(member.post("/plan/recording", {"recording": file, "feature": "scan"}))
    assert re.search(r"<textarea[^>]*>GET /repos/\{owner\}/\{repo\}/pulls</textarea>", text)
    assert "1 entry is not about GitHub's API and left out: elsewhere.example." in text
    assert "Pull requests" in text


REQUEST = '{"request":{"method":"GET","url":"http://h/api/v3/user"},"x":"\\"action\\" HTTP/1.1"}'


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f'{{"log":{{"entries":[{REQUEST}]}}}}'.encode(), "GET /user"),
        (
            b'{"seq":1,"action":"git:act","outcome":"allowed","subject":{"operation":"git/fetch"}}\n',
            "git clone",
        ),
        (b'1.2.3.4 - - [x] "GET /api/v3/user HTTP/1.1" 200 7\n', "GET /user"),
    ],
)
def test_recordings_and_logs_are_told_apart(member, content, line):
    text = text_of(member.post("/plan/recording", {"recording": SimpleUploadedFile("file", content)}))
    assert re.search(rf"<textarea[^>]*>{line}</textarea>", text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"\x89PNG\r\n\x1a\n\xff", "not text"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"log": {"entries": 7}}', "no log.entries"),
        (b"<html></html>", "not JSON"),
        (b'{"log": 1}', "no log.entries"),
    ],
)
def test_files_that_are_no_recording_are_refused_with_a_reason(member, content, said):
    answer = member.post("/plan/recording", {"recording": SimpleUploadedFile("x.har", content)})
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_no_file_at_all_is_refused_too(member):
    assert "Choose a file" in text_of(member.post("/plan/recording", {"feature": "scan"}))


def test_the_use_of_somebody_else_s_token_is_not_told(member):
    issued = kit.issue()
    assert member.post("/plan/recording", {"token": str(issued.token.pk)}).status_code == 404


def test_a_file_never_touches_the_disk(member, monkeypatch):
    def no_file(*args, **kwargs):
        raise AssertionError("a temporary file")

    monkeypatch.setattr("django.core.files.uploadedfile.TemporaryUploadedFile.__init__", no_file)
    big = json.dumps({"log": {"entries": [], "filler": "x" * 5_000_000}}).encode()
    assert member.post("/plan/recording", {"recording": SimpleUploadedFile("x.har", big)}).status_code == 200


def test_more_than_can_be_read_is_refused_before_it_is_read(member):
    answer = member.post(
        "/plan/recording", {"recording": SimpleUploadedFile("x.har", b" " * (33 * 1024 * 1024))}
    )
    assert answer.status_code == 400
