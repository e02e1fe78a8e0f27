"""Secrets known by the name they are given to, in every way that files assign."""

from __future__ import annotations

import hashlib

import pytest

from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make

ENGINE = Engine(all_rules(), lambda value: hashlib.sha256(value).hexdigest()[:32])
VALUE = make("<hex:64>", 5).encode()


def found(text):
    return [(hit.rule, text[hit.start : hit.end]) for hit in ENGINE.examine(text)]


@pytest.mark.parametrize(
    "line",
    [
        b"LINODE_TOKEN=%s",
        b"export LINODE_TOKEN='%s'",
        b'linode_api_token = "%s"',
        b"linode_token: %s",
        b'"linodeToken": "%s",',
        b"'linode_token' => '%s',",
        b'config["linode-token"] = "%s"',
        b"<linodeToken>%s</linodeToken>",
        b'set_linode_token("%s")',
        b"a=1 LINODE_TOKEN=%s b=2",
        b'linode_token                            =                "%s"',
        b'x = "{\\"linode_token\\": \\"%s\\"}"',
    ],
)
def test_ways_to_assign(line):
    assert found(b"first\n" + line % VALUE + b"\nlast\n") == [("linode-token", VALUE)]


@pytest.mark.parametrize(
    "line",
    [
        b"linode image %s",
        b"LINODE_TOKEN=%s0",
        b"linode\ntoken=%s",
        b"LINODE_TOKEN=${%s}",
    ],
)
def test_what_is_no_such_assignment(line):
    assert [rule for rule, _ in found(line % VALUE) if rule == "linode-token"] == []


def test_the_same_line_elsewhere_gives_the_same_value_at_its_own_place():
    text = b"LINODE_TOKEN=" + VALUE + b"\n" + b"x" * 500 + b"\nLINODE_TOKEN=" + VALUE + b"\n"
    assert [hit.start for hit in ENGINE.examine(text)] == [13, 13 + 64 + 1 + 500 + 1 + 13]


def test_a_line_that_never_ends_is_read_around_the_value():
    text = b"x;" * 5000 + b"LINODE_TOKEN=" + VALUE + b";" + b"y;" * 5000
    assert found(text) == [("linode-token", VALUE)]


@pytest.mark.parametrize("mark", "(),;=?[]{}|<>")
@pytest.mark.parametrize(
    "line",
    [
        b'password = "%s"',
        b"db_password: '%s',",
        b"passwd => `%s`;",
        b"CREATE USER app PASSWORD '%s'",
        b"login --password '%s' now",
        b'{"password": "%s"}',
    ],
)
def test_a_quoted_password_may_hold_what_code_is_written_with(mark, line):
    for at in range(6):
        value = "k7Qw9Zr2Lm4X"[:at] + mark + "k7Qw9Zr2Lm4X"[at:]
        assert found(line % value.encode()) == [("password-assignment", value.encode())]


@pytest.mark.parametrize("line", [b"api_token = '%s'", b'"client_secret": "%s",'])
def test_a_quoted_token_too(line):
    value = b"k7Q(w9Zr2,Lm4Xk7Qw9Zr2Lm4X"
    assert found(line % value) == [("credential-assignment", value)]


@pytest.mark.parametrize(
    "line",
    [b"DB_PASSWORD=%s", b"spring.datasource.password=%s", b"  db_password: %s", b"<password>%s</password>"],
)
def test_a_password_without_quotes_may_where_it_is_all_of_the_line(line):
    value = b"k7Q(w9Zr2;Lm4X"
    assert found(b"first\n" + line % value + b"\nlast\n") == [("password-assignment", value)]


@pytest.mark.parametrize(
    "line",
    [
        b'password = "(" + x1Qz',
        b'password = "{{ var }}"',
        b'password = "{{var9Qz}}"',
        b'password = "<password>"',
        b'password = "[REDACTED]"',
        b'password = "{0}{1}"',
        b'password = "{user}:{0}"',
        b'password = "$(make_one 9)"',
        b'"password": "(?=.*[A-Z])(?=.*[0-9]).{8,}"',
        b'"password": "^[^;]{8,}$"',
        b'password = "SELECT(password)FROM(users)"',
        b'token = "?page=12&sort=Name1&order=x"',
        b"'password' => 'required|string|min:8|confirmed',",
        b'password: "user.getPassword()"',
        b'password: "<b>Passwort1</b>"',
        b'"Password:"),o?Re.createElement(Foo1,"',
        b'NamedPassword = "Host=localhost;Database=test_1;Username=x"',
        b"    password=get_password(user1,Foo),",
        b"    password=certs[0][2],",
        b"    password: string|undefined",
        b"PASSWORD=$(openssl rand -base64 12)",
        b"PASSWORD=<(make_one9Qz)",
        b"PASSWORD={Foo19Qz}",
    ],
)
def test_code_and_templates_are_no_passwords(line):
    assert found(b"first\n" + line + b"\nlast\n") == []
