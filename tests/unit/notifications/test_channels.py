"""Each kind of channel against a real receiver: what arrives, and what each refusal means."""

from __future__ import annotations

import json
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from keyhole.core.errors import InvalidInput, NotFound
from keyhole.core.secret import Secret
from keyhole.notifications.channels import mail, slack, teams, webhook
from keyhole.notifications.channels.interface import Means, NotDelivered, kind_of, kinds
from keyhole.notifications.events import Severity
from keyhole.providers.outgoing import Outgoing
from tests import canaries
from tests.conventions.checkout import ROOT
from tests.unit.notifications.kit import AT, bodies, event, message
from tests.unit.providers.http_kit import Authority, said, serving

pytestmark = pytest.mark.loopback

OUT = Outgoing(allow_private=True, timeout=5)


def means(server, path="/hook", **more):
    return Means(OUT, {"address": Secret(f"{server.url}{path}"), **more})


def test_kinds_are_found_by_walking_and_whole():
    assert list(kinds()) == ["mail", "slack", "teams", "webhook"]
    for kind in kinds().values():
        assert kind.title
        assert kind.about.endswith(".")
        assert all(field.label and field.hint for field in kind.fields)
    assert kind_of("slack") is slack.KIND
    with pytest.raises(NotFound, match="pager"):
        kind_of("pager")


@pytest.mark.parametrize("kind", [slack.KIND, teams.KIND, webhook.KIND])
@pytest.mark.parametrize(
    "address", ["", "hooks.slack.com/x", "http://hooks.slack.com/x", "https://10.0.0.1/x", "https://a@b/x"]
)
def test_p18_an_address_that_may_not_be_opened_is_refused_when_it_is_entered(kind, address):
    with pytest.raises(InvalidInput) as refused:
        kind.check({"address": address, "key": "k" * 20}, Outgoing())
    assert refused.value.field == "address"


def test_of_an_address_only_the_host_is_kept_in_the_clear():
    with serving(b"") as server:
        for kind in (slack.KIND, teams.KIND, webhook.KIND):
            values = kind.check({"address": f"{server.url}/services/SECRET", "key": "k" * 20}, OUT)
            assert values == {"host": f"localhost:{server.port}"}


def test_slack_gets_blocks_in_which_names_do_nothing():
    told = event(title="<!channel> a & b", text="*x* <https://evil|here>", facts={"Repo": "<@U1>"})
    with serving(said(200, b"ok")) as server:
        assert slack.KIND.send(message(told), {}, means(server)) == "Slack took it."
    (body,) = bodies(server)
    assert body["text"] == "Warning: &lt;!channel&gt; a &amp; b"
    assert body["blocks"][0]["text"] == {
        "type": "plain_text",
        "text": "Warning: <!channel> a & b",
        "emoji": False,
    }
    section = body["blocks"][1]["text"]["text"]
    assert "&lt;https://evil|here&gt;" in section
    assert "*Repo:* &lt;@U1&gt;" in section
    assert "<https://keyhole.example/connections/3|Open in Keyhole> - 2026-09-21 12:30 UTC" in section


def test_slack_and_teams_show_the_beginning_of_a_long_summary():
    many = message(*[event(title=f"event {number}") for number in range(100)], summary=True)
    assert len(slack.content(many)["blocks"]) == 22
    assert "80 more" in json.dumps(slack.content(many)["blocks"][-1])
    card = teams.content(many)["attachments"][0]["content"]
    assert card["actions"] == []
    assert "80 more" in json.dumps(card["body"][-1])
    assert len(json.dumps(teams.content(many))) < 25_000, "Teams takes 28 KB"


def test_teams_gets_a_card_in_which_names_do_nothing():
    told = event(title="[x](https://evil) *b*", severity=Severity.CRITICAL)
    for status, body in ((202, b""), (200, b"1")):
        with serving(said(status, body)) as server:
            teams.KIND.send(message(told), {}, means(server))
    (posted,) = bodies(server)
    card = posted["attachments"][0]["content"]
    assert (posted["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    assert card["body"][0]["text"] == "Critical: \\[x\\]\\(https://evil\\) \\*b\\*"
    assert card["body"][0]["color"] == "attention"
    assert card["body"][-1]["facts"][0] == {"title": "Owner", "value": "harbour"}
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open in Keyhole", "url": "https://keyhole.example/connections/3"}
    ]


def test_teams_that_says_in_a_success_that_it_failed():
    words = b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"
    with serving(said(200, words)) as server, pytest.raises(NotDelivered, match="HTTP error 429") as problem:
        teams.KIND.send(message(), {}, means(server))
    assert not problem.value.final


def test_a_webhook_is_signed_over_time_and_bytes():
    key = canaries.plant("signing key")
    with serving(said(204, b"")) as server:
        answer = webhook.KIND.send(message(), {}, means(server, key=Secret(key)))
    assert answer == "The receiver answered with status 204."
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    sent = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert sent["Keyhole-Event"] == "connection.failed"
    assert sent["Keyhole-Delivery"] == "7"
    assert sent["Keyhole-Signature"] == webhook.signature(Secret(key), int(AT.timestamp()), body)
    assert json.loads(body)["events"][0] == {
        "kind": "connection.failed",
        "severity": "warning",
        "title": "GitHub refuses Harbour",
        "text": "Replace it.",
        "url": "https://keyhole.example/connections/3",
        "facts": {"Owner": "harbour"},
        "at": "2026-09-21T12:30:00+00:00",
    }
    assert len({webhook.signature(Secret(key), time, text) for time in (1, 11) for text in (b"", b"1.")}) == 4


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "ü" * 20, "x" * 20 + "\n"])
def test_a_signing_key_that_is_none(key):
    with pytest.raises(InvalidInput) as refused:
        webhook.KIND.check({"address": "https://192.0.2.1", "key": key}, Outgoing())
    assert refused.value.field == "key"


REFUSALS = [
    (400, True), (401, True), (403, True), (404, True), (410, True), (301, True), (308, True),
    (408, False), (425, False), (429, False), (500, False), (502, False), (503, False),
]  # fmt: skip


@pytest.mark.parametrize(("status", "final"), REFUSALS)
@pytest.mark.parametrize("kind", [slack.KIND, teams.KIND, webhook.KIND])
def test_what_is_refused_for_good_is_told_from_what_may_pass(kind, status, final):
    with serving(said(status, b"no_service")) as server, pytest.raises(NotDelivered) as problem:
        kind.send(message(), {}, means(server, "/SECRETPATH", key=Secret("k" * 20)))
    assert problem.value.final is final
    assert str(status) in problem.value.reason
    assert "SECRETPATH" not in problem.value.reason


def test_u4_no_redirect_is_followed_and_nobody_answering_may_pass():
    with serving(said()) as target, serving(said(302, b"", Location=target.url)) as server:
        again = means(server)
        with pytest.raises(NotDelivered, match="elsewhere"):
            slack.KIND.send(message(), {}, again)
    assert target.connections == 0
    with pytest.raises(NotDelivered, match="refuses connections") as problem:
        slack.KIND.send(message(), {}, means(server))
    assert not problem.value.final
    with pytest.raises(NotDelivered, match="private network") as problem:
        slack.KIND.send(message(), {}, Means(Outgoing(), {"address": Secret("https://127.0.0.1/SECRETPATH")}))
    assert problem.value.final
    assert "SECRETPATH" not in problem.value.reason


class AnyPort(Controller):
    """On whichever port is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailbox:
    """Keeps what an SMTP server takes."""

    def __init__(self, answer="250 OK", refuse=()):
        self.mails, self.answer, self.refuse = [], answer, refuse

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answer.startswith("250"):
            self.mails.append(
                (
                    session.ssl is not None,
                    envelope,
                    message_from_bytes(envelope.content, policy=policy.default),
                )
            )
        return self.answer


@pytest.fixture
def smtp(settings, tmp_path):
    """Starts an SMTP server that the settings then name."""
    running = []
    authority = Authority(tmp_path)
    settings.KEYHOLE_CA_FILE = str(authority.file)

    def start(mailbox, tls="starttls", name="localhost", **more):
        context = authority.context(name)
        kind = {
            "starttls": {"tls_context": context, "require_starttls": True},
            "tls": {"ssl_context": context},
            "none": {},
        }
        controller = AnyPort(mailbox, hostname="127.0.0.1", port=0, **kind[tls], **more)
        controller.start()
        running.append(controller)
        settings.KEYHOLE_SMTP_HOST, settings.KEYHOLE_SMTP_TLS = "localhost", tls
        settings.KEYHOLE_SMTP_PORT = controller.port
        settings.KEYHOLE_SMTP_FROM = "Keyhole <keyhole@example.com>"
        return mailbox

    yield start
    for controller in running:
        controller.stop()


def mailed(to="ada@example.com, ben@example.com", told=None):
    return mail.KIND.send(told or message(), {"to": to}, Means(OUT, {}))


@pytest.mark.parametrize("tls", ["starttls", "tls", "none"])
def test_mail_arrives(smtp, tls):
    mailbox = smtp(Mailbox(), tls)
    assert "took it" in mailed()
    ((encrypted, envelope, mail_),) = mailbox.mails
    assert encrypted is (tls == "starttls"), "the server tells of no TLS that was there from the beginning"
    assert envelope.rcpt_tos == ["ada@example.com", "ben@example.com"]
    assert mail_["Subject"] == "[Keyhole] Warning: GitHub refuses Harbour"
    assert mail_["From"] == "Keyhole <keyhole@example.com>"
    assert mail_["Auto-Submitted"] == "auto-generated"
    text = mail_.get_content()
    for words in (
        "Replace it.",
        "Owner: harbour",
        "https://keyhole.example/connections/3",
        "/settings/notifications",
    ):
        assert words in text


def test_a_title_cannot_add_headers(smtp):
    mailbox = smtp(Mailbox())
    mailed(told=message(event(title="x\r\nBcc: eve@example.com")))
    ((_, envelope, mail_),) = mailbox.mails
    assert mail_["Bcc"] is None
    assert envelope.rcpt_tos == ["ada@example.com", "ben@example.com"]


def test_a_summary_is_one_mail(smtp):
    mailbox = smtp(Mailbox())
    mailed(told=message(*[event(title=f"event {number}") for number in range(60)], summary=True))
    ((_, _, mail_),) = mailbox.mails
    assert mail_["Subject"] == "[Keyhole] Warning: 60 events in Keyhole"
    assert "event 49" in mail_.get_content()
    assert "... and 10 more." in mail_.get_content()


def test_mail_with_a_password(smtp, settings):
    password = canaries.plant("smtp password")
    seen = []

    def authenticate(server, session, envelope, mechanism, data):
        seen.append(data)
        return AuthResult(success=data.password == password.encode(), handled=False)

    smtp(Mailbox(), authenticator=authenticate, auth_required=True)
    settings.KEYHOLE_SMTP_USER, settings.KEYHOLE_SMTP_PASSWORD = "keyhole", Secret(password)
    assert "took it" in mailed()
    settings.KEYHOLE_SMTP_PASSWORD = Secret(canaries.plant("wrong smtp password"))
    with pytest.raises(NotDelivered, match="user name and password") as problem:
        mailed()
    assert password not in problem.value.reason
    assert len(seen) >= 2


def test_mail_that_is_refused(smtp):
    smtp(Mailbox("554 spam"))
    with pytest.raises(NotDelivered, match="554 spam") as problem:
        mailed()
    assert problem.value.final
    smtp(Mailbox("451 later"))
    with pytest.raises(NotDelivered, match="451 later") as problem:
        mailed()
    assert not problem.value.final
    smtp(Mailbox(refuse=("ada@example.com",)))
    with pytest.raises(NotDelivered, match=r"not for ada@example\.com"):
        mailed()
    with pytest.raises(NotDelivered, match="550 no such mailbox") as problem:
        mailed("ada@example.com")
    assert problem.value.final


def test_u5_mail_over_tls_that_proves_nothing_is_not_sent(smtp):
    for tls in ("starttls", "tls"):
        mailbox = smtp(Mailbox(), tls, name="other.example")
        with pytest.raises(NotDelivered, match="could not be used") as problem:
            mailed()
        assert mailbox.mails == []
        assert not problem.value.final


def test_mail_to_a_server_that_offers_no_tls_is_not_sent(smtp, settings):
    mailbox = smtp(Mailbox(), "none")
    settings.KEYHOLE_SMTP_TLS = "starttls"
    with pytest.raises(NotDelivered, match="does not offer"):
        mailed()
    assert mailbox.mails == []


def test_mail_needs_its_settings(settings):
    settings.KEYHOLE_SMTP_HOST = ""
    assert "KEYHOLE_SMTP_HOST" in mail.KIND.unavailable()
    with pytest.raises(NotDelivered, match="KEYHOLE_SMTP_HOST"):
        mailed()
    settings.KEYHOLE_SMTP_HOST, settings.KEYHOLE_SMTP_FROM = "mail.example", "a@b.example"
    settings.KEYHOLE_SMTP_TLS = "none"
    assert "this machine only" in mail.KIND.unavailable()
    settings.KEYHOLE_SMTP_HOST = "127.0.0.1"
    assert mail.KIND.unavailable() == ""


def test_recipients():
    assert mail.KIND.check({"to": "a@x.example; b@x.example\na@x.example"}, OUT) == {
        "to": "a@x.example, b@x.example"
    }
    for wrong in (
        "",
        "nobody",
        "a@x.example, b",
        " ".join(f"a{number}@x.example" for number in range(21)),
        "a@x\r\nBcc: b@x.example",
    ):
        with pytest.raises(InvalidInput) as refused:
            mail.KIND.check({"to": wrong}, OUT)
        assert refused.value.field == "to"


def documented(language):
    text = (ROOT / "docs/notifications.md").read_text()
    return text.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_documented_way_to_verify_a_webhook_works():
    example: dict = {}
    exec(documented("python"), example)
    verify = example["is_from_keyhole"]
    body = json.dumps(webhook.content(message())).encode()
    header = webhook.signature(Secret("k" * 20), 1000, body)
    assert verify("k" * 20, header, body, now=1000)
    assert verify("k" * 20, header, body, now=1299)
    assert not verify("k" * 20, header, body, now=1301), "old: somebody plays it again"
    assert not verify("k" * 20, header.replace("t=1000", "t=1200"), body, now=1200)
    assert not verify("x" * 20, header, body, now=1000)
    again = json.dumps(json.loads(body), indent=1).encode()
    assert not verify("k" * 20, header, again, now=1000), "the bytes count, not what they mean"
    for nonsense in ("", "t=", "v1=", "t=1000,v1=", "t=x,v1=y", header.partition(",")[0]):
        assert not verify("k" * 20, nonsense, body, now=1000)


def test_the_documented_body_is_what_is_sent():
    assert json.loads(documented("json")) == webhook.content(message())
