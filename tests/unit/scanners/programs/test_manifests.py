"""Which YAML and JSON is infrastructure, and what of it nobody can read."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs.manifests import broken, in_charts, is_manifest, is_template
from keyhole.scanners.programs.scanner import File

POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
BOMB = b"apiVersion: v1\nkind: x\na: &a [x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + each, 98 + each, b",".join([b"*%c" % (97 + each)] * 9)) for each in range(20)
)


def unread(name, content, charts=()):
    return broken({name: File(name.encode(), content)}, charts)


def test_what_says_that_it_is_one():
    assert is_manifest(POD)
    assert is_template(b"Resources:\n  B:\n    Type: AWS::S3::Bucket\n")
    assert not is_manifest(b"a: 1\n")
    assert not is_template(b'{"Resources": []}')


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", POD),
        ("a.yaml", POD + b"---\n" + POD),
        ("a.yaml", BOMB),
        ("a.json", b'{"apiVersion": "v1", "kind": "Pod"}'),
        ("a.yaml", POD + b'note: "{{ $labels.instance }}"\n'),
        ("a.tf", b'apiVersion = kind = "'),
        ("a.json", b'{\n\t"apiVersion": "v1",\n\t"kind": "Pod"\n}'),
        ("a.json", b'\xef\xbb\xbf{"apiVersion": "v1", "kind": "Pod"}'),
        ("a.yaml", POD.decode().encode("utf-16")),
        ("a.yaml", POD + b"a: &a {=: 2024-01-02, b: !!binary YQ==}\nb: {<<: [*a], c: .inf, ? d}\n"),
        ("a.yaml", POD + b"a: &a [*a]\n"),
        ("a.yaml", b"# apiVersion, kind\nResources: {B: !GetAtt a.b, name: !Ref x}\n"),
        ("a.yaml", b"# apiVersion, kind\n- 2024-13-45\n"),
        ("Dockerfile", b"FROM x\nRUN echo apiVersion: [ kind\n"),
        ("a.tf.json", b'{"resource": {}}'),
    ],
)
def test_what_can_be_read(name, content):
    assert unread(name, content) == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", POD + b"a: [\n"),
        ("a.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Values.x }}}\n"),
        ("a.json", b'{"apiVersion": "v1", "kind":'),
        ("a.json", b'{"apiVersion": "v1", "kind":' + b"[" * 100_000),
        ("Dockerfile", b"FROM \xff\n"),
        ("a.tf.json", b'{"resource": ['),
        ("a.tf.json", b'{"apiVersion": "kind",}'),
        ("a.yaml", POD + b"# {{- .Release.Name }}\n"),
        ("a.yaml", b"<<: {apiVersion: v1, kind: Pod}\na: !foo b\n"),
        ("a.yaml", b"a: 1\n---\n" + POD + b"---\na: 2024-13-45\n"),
        *(
            ("a.yaml", POD + b"a: %s\n" % value)
            for value in (
                b"!foo bar",
                b"!foo {}",
                b"!!map []",
                b"!!omap [1]",
                b"=",
                b"<<",
                b"[<<]",
                b"{<<: 5}",
                b"{<<: [5]}",
                b"2024-13-45",
                b"!!int abc",
                b"!!int ''",
                b"!!bool abc",
                b"!!timestamp abc",
                b"!!float abc",
                b"!!binary \xc3\xa9",
                b"{? !foo b}",
                b"{name: 5}",
                b"{name: }",
                b"[{name: 'a{b}'}]",
                b"{name: %s}" % (b"x" * 254),
            )
        ),
    ],
)
def test_what_cannot(name, content):
    assert list(unread(name, content)) == [name]


def test_templates_of_a_chart_are_no_manifests():
    files = {"c/Chart.yaml": File(b"", b""), "Chart.yaml": File(b"", b""), "d/x.yaml": File(b"", b"")}
    assert in_charts(files) == {"c/", ""}
    assert unread("c/templates/a.yaml", POD + b"a: [\n", {"c/"}) == {}
