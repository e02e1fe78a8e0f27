"""Mail, through the SMTP server that the settings name.

The server is the operator's choice (KEYHOLE_SMTP_...), like the database, so its address may be a private one. Without
TLS mail goes to this machine only: subjects tell who reaches what.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from keyhole.core.errors import InvalidInput, KeyholeError
from keyhole.core.redact import one_line
from keyhole.core.secret import Secret
from keyhole.notifications.channels.interface import ChannelKind, Field, Means, Message, NotDelivered
from keyhole.notifications.channels.wording import plain, subject
from keyhole.providers.outgoing import Outgoing
from keyhole.providers.trust import trusted

_MOST = 20
_SECONDS = 20.0


def _check(values: Mapping[str, str], _outgoing: Outgoing) -> dict[str, str]:
    addresses = values.get("to", "").replace(",", " ").replace(";", " ").split()
    if not 1 <= len(addresses) <= _MOST:
        raise InvalidInput(f"Give between 1 and {_MOST} mail addresses.", field="to")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as problem:
            raise InvalidInput(f"{one_line(address, 80)} is not a mail address.", field="to") from problem
    return {"to": ", ".join(dict.fromkeys(addresses))}


def _unavailable() -> str:
    if not settings.KEYHOLE_SMTP_HOST or not settings.KEYHOLE_SMTP_FROM:
        return (
            "Mail needs an SMTP server: set KEYHOLE_SMTP_HOST and KEYHOLE_SMTP_FROM (docs/notifications.md)."
        )
    if settings.KEYHOLE_SMTP_TLS == "none" and not _is_here(settings.KEYHOLE_SMTP_HOST):
        return "KEYHOLE_SMTP_TLS=none is for an SMTP server on this machine only."
    return ""


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _send(message: Message, values: Mapping[str, str], _means: Means) -> str:
    if why := _unavailable():
        raise NotDelivered(why)
    mail = _written(message, values["to"])
    host = f"{settings.KEYHOLE_SMTP_HOST}:{settings.KEYHOLE_SMTP_PORT}"
    try:
        with _connected() as server:
            refused = server.send_message(mail)
    except smtplib.SMTPAuthenticationError as problem:
        raise NotDelivered(f"{host} does not take the user name and password in the settings.") from problem
    except smtplib.SMTPRecipientsRefused as problem:
        raise _all_refused(problem.recipients) from problem
    except smtplib.SMTPResponseException as problem:
        raise NotDelivered(
            f"{host} said {problem.smtp_code} {_words(problem.smtp_error)}.", final=problem.smtp_code >= 550
        ) from problem
    except smtplib.SMTPNotSupportedError as problem:
        raise NotDelivered(
            f"{host} does not offer what KEYHOLE_SMTP_TLS or KEYHOLE_SMTP_USER needs."
        ) from problem
    except (OSError, smtplib.SMTPException, KeyholeError) as problem:
        raise NotDelivered(
            f"{host} could not be used: {one_line(str(problem), 200) or 'no answer'}."
        ) from problem
    if refused:
        raise NotDelivered(f"{host} took it for some, but not for {', '.join(sorted(refused))}.", final=True)
    return f"{host} took it."


def _connected() -> smtplib.SMTP:
    host, port = settings.KEYHOLE_SMTP_HOST, settings.KEYHOLE_SMTP_PORT
    trust = trusted(settings.KEYHOLE_CA_FILE) if settings.KEYHOLE_SMTP_TLS != "none" else None
    if settings.KEYHOLE_SMTP_TLS == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=trust)
    else:
        server = smtplib.SMTP(host, port, timeout=_SECONDS)
    try:
        if settings.KEYHOLE_SMTP_TLS == "starttls":
            server.starttls(context=trust)
        password: Secret | None = settings.KEYHOLE_SMTP_PASSWORD
        if settings.KEYHOLE_SMTP_USER and password is not None:
            server.login(settings.KEYHOLE_SMTP_USER, password.reveal())
    except BaseException:  # whatever it was, the connection is not left open
        server.close()
        raise
    return server


def _written(message: Message, to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings.KEYHOLE_SMTP_FROM
    mail["To"] = to
    mail["Subject"] = one_line(f"[Keyhole] {subject(message)}", 250)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = make_msgid(f"delivery-{message.id}", domain="keyhole.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain(message))
    for each in message.attachments:
        main, _, sub = each.media.partition(";")[0].partition("/")
        mail.add_attachment(each.body, maintype=main, subtype=sub, filename=each.name)
    return mail


def _all_refused(recipients: Mapping[str, tuple[int, bytes]]) -> NotDelivered:
    code, words = next(iter(recipients.values()))
    return NotDelivered(f"No recipient was accepted: {code} {_words(words)}.", final=code >= 550)


def _words(text: bytes | str) -> str:
    return one_line(text.decode("utf-8", "replace") if isinstance(text, bytes) else text, 200)


KIND = ChannelKind(
    id="mail",
    title="Mail",
    about="Sends mail through the SMTP server of this Keyhole's settings.",
    fields=(
        Field(
            "to",
            "Recipients",
            "Mail addresses, separated by commas; at most 20.",
            placeholder="security@example.com",
        ),
    ),
    check=_check,
    send=_send,
    unavailable=_unavailable,
)
