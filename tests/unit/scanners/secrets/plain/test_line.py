"""Assignments are taken apart the same way in every language that files are written in."""

from __future__ import annotations

import pytest

from keyhole.scanners.secrets.plain.line import assignment

VALUE = b"k7Qw9Zr2Lm4Xt8Bv"


def apart(line):
    return assignment(line, line.index(VALUE))


@pytest.mark.parametrize(
    ("line", "name", "operator", "quoted"),
    [
        (b"DB_PASSWORD=%s", b"DB_PASSWORD", b"=", False),
        (b"export DB_PASSWORD='%s'", b"DB_PASSWORD", b"=", True),
        (b'"password": "%s",', b"password", b":", True),
        (b"password: %s  # ours", b"password", b":", False),
        (b"'password' => '%s',", b"password", b"=>", True),
        (b'var dbPassword := "%s"', b"dbPassword", b":=", True),
        (b"spring.datasource.password=%s", b"spring.datasource.password", b"=", False),
        (b"<dbPassword>%s</dbPassword>", b"dbPassword", b">", False),
        (b'set_password("%s")', b"set_password", b"(", True),
        (b"define('DB_PASSWORD', '%s');", b"DB_PASSWORD", b",", True),
        (b"login --password %s now", b"--password", b"", False),
        (b"https://api.host.io/v1?token=%s&page=2", b"token", b"=", False),
        (b'"dbPassword" value="%s"', b"dbPassword", b"value=", True),
        (b"CREATE USER app PASSWORD '%s'", b"PASSWORD", b" ", True),
        (b"API_KEY: str = b'%s'", b"API_KEY", b": str = b", True),
        (b"Server=db;uid=sa;Password=%s;Encrypt=true", b"Password", b"=", False),
        (b'login --password "%s" now', b"--password", b"", True),
        (b'password                            =                 "%s"', b"password", b"=", True),
        (b'{\\"password\\": \\"%s\\"}', b"password", b":", True),
        (b'print("password: \\"%s\\"")', b"password", b":", True),
    ],
)
def test_name_operator_and_value(line, name, operator, quoted):
    found = apart(line % VALUE)
    assert (found.name, found.operator, found.value, found.quoted) == (name, operator, VALUE, quoted)


@pytest.mark.parametrize(
    "line",
    [
        b"a password %s",
        b'password = "%s',
        b"%s",
        b"word=%s",
        b"# the keys %s",
        b'label("Password:", "%s")',
        b'print("Your password: "+%s+"")',
        b'print("\\"Your password: "),%s("")',
        b"'password='%s'",
        b'WITH_PASSWORD = "Host=%s;Database=app"',
    ],
)
def test_what_is_none(line):
    assert apart(line % VALUE) is None


def test_a_quote_in_a_value_does_not_end_it():
    found = assignment(b'password = "k7Qw9Z\\"r2Lm4"', 12)
    assert found.value == b'k7Qw9Z\\"r2Lm4'


def test_where_it_stands_is_told():
    assert apart(b"Server=db;uid=sa;Password=%s;" % VALUE).connection
    assert apart(b"https://api.host.io/v1?token=%s&a=b" % VALUE).query
    assert apart(b"DB_PASSWORD=%s;w9" % VALUE).setting
    assert apart(b"DB_PASSWORD=%s;w9" % VALUE).value == VALUE + b";w9"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b'a = "b"; password = "k7(Q;w9"', b"k7(Q;w9"),
        (b'Server=db;uid=sa;Password="k7;Qw9Zr";Encrypt=true', b"k7;Qw9Zr"),
        (b"Server=db;uid=sa;Password=k7(Qw9Zr;Encrypt=true", b"k7(Qw9Zr"),
        (b"{Server=db;uid=sa;Password=k7(Qw9Zr}", b"k7(Qw9Zr"),
        (b"DB_PASSWORD: k7(Q;w9", b"k7(Q;w9"),
        (b"  - password:   k7(Q;w9\r", b"k7(Q;w9"),
        (b"  password: k7(Q;w9,", b"k7"),
        (b"x, password: k7(Q;w9", b"k7"),
        (b"DB_PASSWORD: k7(Q w9", b"k7"),
        (b"https://a.io/v1?token=k7Qw9#(x", b"k7Qw9"),
        (b'"password=k7\\"Qw9"', b"k7"),
        (b'"{\\"password\\": \\"k7(Qw9\\"}"', b"k7(Qw9"),
    ],
)
def test_where_the_value_ends(line, value):
    assert assignment(line, line.index(b"k7")).value == value


@pytest.mark.parametrize(
    "line",
    [
        b'open("C:\\\\", password="%s")',
        b'dir = "C:\\temp\\"; password = "%s"',
        b'if c == \'"\': password = "%s"',
        b'const re = /"/; const password = "%s";',
        b'FROM t"; $password = "%s";',
        b'19" rack, password: "%s"',
    ],
)
def test_an_odd_quote_before_it_hides_no_password(line):
    assert apart(line % VALUE).value == VALUE


@pytest.mark.parametrize(
    "rest", [b"&user=x", b";", b"; export A", b";export A", b",", b")", b"}", b"|", b");"]
)
def test_what_follows_a_setting_is_no_part_of_it(rest):
    for line in (b"DB_PASSWORD=%b%b", b"  - DB_PASSWORD=%b%b", b"export db_password=%b%b"):
        assert apart(line % (VALUE, rest)).value == VALUE


def test_no_quote_closes_what_a_long_line_opened_before_what_is_shown():
    line = b"x" * 101 + b'" + f(password="%s")' % VALUE
    assert apart(line).value == VALUE
