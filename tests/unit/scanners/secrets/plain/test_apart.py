"""Names that do not stand directly before their values are read as if they did; nothing else is."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.plain.apart import joined
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make

ENGINE = Engine(all_rules(), lambda value: hashlib.sha256(value).hexdigest()[:32])
VALUE = make("<alnum:15>q9Z", 1).encode()


def found(text):
    return [(hit.rule, text[hit.start : hit.end]) for hit in ENGINE.examine(text)]


@pytest.mark.parametrize(
    ("text", "before"),
    [
        (b"- name: DB_PASSWORD\n  value: %s", b"DB_PASSWORD: "),
        (b'  - name: "DB_PASSWORD"\r\n    value: "%s"\r\n', b'DB_PASSWORD: "'),
        (b"  - { name: DB_PASSWORD, value: '%s' }", b"DB_PASSWORD: '"),
        (b'{\n  "name": "DB_PASSWORD",\n  "value": "%s"\n}', b'DB_PASSWORD: "'),
        (b'set {\n  name  = "db.password"\n  value = "%s"\n}', b'db.password: "'),
        (b'{"key": "password", "value": "%s", "type": "text"}', b'password: "'),
        (b"ENV DB_PASSWORD %s", b"DB_PASSWORD="),
        (b'FROM x\n  ENV  DB_PASSWORD   "%s"\nRUN y', b'DB_PASSWORD="'),
        (b'passwd = os.getenv("X", "%s")', b'"passwd", "'),
        (b'x = os.environ.get("X_PASSWORD", "%s")', b'"X_PASSWORD", "'),
        (b'passwd := Getenv("X", "%s")', b'"passwd", "'),
        (b"passwd = ENV.fetch('X', '%s')", b'"passwd", \''),
        (b"const passwd = process.env.X || '%s';", b'"passwd", \''),
        (b'passwd: process.env["X"] ?? "%s",', b'"passwd", "'),
    ],
)
def test_the_name_is_put_before_the_value_and_judged_there(text, before):
    text %= VALUE
    assert joined(text, text.index(VALUE)) == before
    assert found(b"first\n" + text + b"\nlast\n") == [("password-assignment", VALUE)]


@pytest.mark.parametrize(
    "text",
    [
        b'- name: DB_PASSWORD\n  value: "%s"',
        b"env {\n  name                = 'DB_PASSWORD'\n  value               =              '%s'\n}",
        b'ENV DB_PASSWORD "%s"',
        b'passwd = os.getenv("X", "%s")',
        b"const passwd = process.env.X || '%s';",
    ],
)
@pytest.mark.parametrize("value", [b"(" + VALUE, b"q{;Z=<" + VALUE])
def test_what_is_quoted_may_hold_what_code_is_written_with(text, value):
    assert found(b"first\n" + text % value + b"\nlast\n") == [("password-assignment", value)]


@pytest.mark.parametrize(
    "text",
    [
        b"- name: DB_PASSWORD\n  other: %s",
        b"- name: DB_PASSWORD\n- value: %s",
        b"- name: DB_PASSWORD\n  other: x\n  value: %s",
        b"- filename: DB_PASSWORD\n  value: %s",
        b"the DB_PASSWORD\n  value: %s",
        b"ENV DB_PASSWORD %s is what you set",
        b"the env DB_PASSWORD %s",
        b'RUN env("%s"',
        b'passwd = other("X", "%s")',
    ],
)
def test_what_is_no_such_assignment(text):
    text %= VALUE
    assert joined(text, text.index(VALUE)) == b""


@pytest.mark.parametrize(
    "text",
    [
        b"- name: DB_HOST\n  value: %s",
        b"- name: DB_PASSWORD_FILE\n  value: %s",
        b"ENV APP_VERSION %s",
        b'host = os.getenv("X", "%s")',
        b'os.getenv("X", "%s")',
    ],
)
def test_the_name_must_promise_a_credential(text):
    assert found(text % VALUE) == []


@pytest.mark.parametrize(
    "value", [b"${X}", b"$(X)", b'"{{ .Values.x }}"', b"changeme", b'"<password>"', b"password1"]
)
def test_what_stands_in_templates_and_manuals_is_no_password(value):
    for text in (b"- name: DB_PASSWORD\n  value: %s\n", b"ENV DB_PASSWORD %s\n"):
        assert found(text % value) == []


def test_a_password_that_people_made_up_is_one_where_a_program_is_configured():
    value = b"winter20" + make("<digit:2>", 1).encode()
    for text in (b"- name: DB_PASSWORD\n  value: %s\n", b"ENV DB_PASSWORD %s\n"):
        assert found(text % value) == [("simple-password-assignment", value)]
    assert found(b'password = os.getenv("X", "%s")' % value) == []


def test_a_rule_of_a_provider_finds_its_value():
    value = make("<hex:64>", 5).encode()
    assert found(b"- name: LINODE_TOKEN\n  value: %s\n" % value) == [("linode-token", value)]


@given(st.binary(max_size=80), st.integers(min_value=0, max_value=120))
def test_no_bytes_make_it_fail(text, at):
    joined(text, at)
    joined(b"- name: DB_PASSWORD\n  value: " + text, at)
