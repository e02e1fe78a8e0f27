"""Real infrastructure files before the real checkov, where it is installed; its answers as documented, everywhere."""

from __future__ import annotations

import json

import pytest

from keyhole.core.terms import Kind, Severity, Status
from keyhole.scanners.checkov import SCANNER
from keyhole.scanners.programs.located import locate
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.running import is_plain
from keyhole.scanners.programs.scanner import File, Malformed

BUCKET = b"""\
resource "aws_s3_bucket" "open" {
  #checkov:skip=CKV_AWS_20:it is meant to be open
  bucket = "x"
  acl    = "public-read"
}
"""
POD = b"""\
apiVersion: v1
kind: Pod
metadata:
  name: x
  annotations: {checkov.io/skip1: "CKV_K8S_16=no"}
spec:
  containers: [{name: a, image: "x:latest", securityContext: {privileged: true}}]
"""
TEMPLATE = b"""\
Resources:
  B:
    Type: AWS::S3::Bucket
    Metadata: {checkov: {skip: [{id: CKV_AWS_20}]}}
    Properties: {AccessControl: PublicRead}
"""
needs_checkov = pytest.mark.skipif(
    locate(SCANNER.program) is None, reason="checkov is not installed; PYTEST_KEYHOLE_PROGRAMS says where"
)


def answer(**changes):
    found = {
        "check_id": "CKV_DOCKER_8",
        "check_name": "Ensure the last USER is not root",
        "repo_file_path": "/Dockerfile",
        "file_line_range": [2, 2],
        "resource": "/Dockerfile.USER",
    }
    report = {
        "check_type": "dockerfile",
        "summary": {"parsing_errors": 0, "skipped": 0},
        "results": {"failed_checks": [found | changes.pop("found", {})]},
    }
    return Ran(1, "", json.dumps([report | changes]).encode(), b"")


FILES = {"Dockerfile": File(b"Dockerfile", b"FROM x\nUSER root\n")}


def test_an_answer_becomes_remarks():
    (remark,) = SCANNER.read(answer(), FILES).remarks
    assert (remark.rule, remark.name, remark.line) == ("ckv-docker-8", "Dockerfile", 2)
    assert remark.severity is Severity.MEDIUM
    assert remark.references == ("https://www.checkov.io/5.Policy%20Index/dockerfile.html",)


def test_what_it_could_not_parse_or_skipped_is_a_gap():
    gaps = SCANNER.read(answer(summary={"parsing_errors": 2, "skipped": 1}), FILES).gaps
    assert [gap[:21] for gap in gaps] == ["2 Dockerfiles not ass", "1 check of checkov sk"]


@pytest.mark.parametrize(
    "ran",
    [
        Ran(2, "", b"{}", b""),
        Ran(0, "", b"", b""),
        answer(summary={}),
        answer(results=[]),
        answer(found={"file_line_range": [1]}),
        answer(found={"file_line_range": ["1", "2"]}),
        answer(found={"check_id": 7}),
    ],
)
def test_an_answer_that_is_not_as_documented_is_refused(ran):
    with pytest.raises(Malformed):
        SCANNER.read(ran, FILES)


def test_which_files_it_wants():
    for path in (b"a/b.tf", b"Dockerfile", b"a/Dockerfile.prod", b"x.dockerfile", b"k.yaml", b"c.template"):
        assert SCANNER.wants(path), path
    assert not SCANNER.wants(b"a.py")
    assert SCANNER.cares(b"k.yaml", POD)
    assert not SCANNER.cares(b"k.yaml", b"a: 1\n")
    assert SCANNER.cares(b"a.tf.json", b"{}")
    assert SCANNER.cares(b"k.yaml", POD.decode().encode("utf-16"))
    assert not SCANNER.cares(b"pod.template", POD)  # checkov would not look at it
    assert SCANNER.cares(b"Dockerfile.template", b"FROM x\n")
    assert not SCANNER.wants(b"Dockerfile.dockerignore")
    assert SCANNER.content(b"#checkov:skip=A\nChecKov: x\n") == b"#checkov_:skip=A\nChecKov_: x\n"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Dockerfile", "Dockerfile"),
        ("a/Dockerfile.prod", "a/Dockerfile.prod"),
        ("my.Dockerfile.prod", "my.Dockerfile.prod"),
        ("DOCKERFILE", "Dockerfile.DOCKERFILE"),
        ("a/x.DOCKERFILE", "a/Dockerfile.x.DOCKERFILE"),
        ("Dockerfile.my app", "Dockerfile._7"),
        ("DockerFile.\u00fcber", "Dockerfile._7"),
        ("a/Dockerfile." + "x" * 110, "a/Dockerfile._7"),
        ("DOCKERFILE." + "x" * 85, "Dockerfile._7"),
        ("DOCKERFILE.yaml", "Dockerfile.DOCKERFILE.yaml"),
        ("a/main.tofu", "a/main.tf"),
        ("a/main.tofu.json", "a/main.tf.json"),
        ("a.tofu/main.tf", "a.tofu/main.tf"),
        ("\u00fc.yaml", "_7.yaml"),
    ],
)
def test_every_file_has_a_name_by_which_checkov_knows_what_it_is(path, name):
    assert SCANNER.wants(path.encode())
    assert SCANNER.name(7, path.encode()) == name
    assert is_plain(name)


@pytest.mark.parametrize(
    ("title", "is_fix"),
    [
        ("Ensure the last USER is not root", True),
        ("Minimize wildcard use in Roles", True),
        ("Liveness Probe Should be Configured", True),
        ("S3 Bucket has an ACL defined which allows public READ access.", False),
        ("X-Ray tracing is enabled for Lambda", False),
    ],
)
def test_a_title_that_says_what_is_wrong_is_no_advice(title, is_fix):
    (remark,) = SCANNER.read(answer(found={"check_id": "CKV_TIDE_1", "check_name": title}), FILES).remarks
    assert (remark.fix == f"{title.removesuffix('.')}.") is is_fix
    assert is_fix or "https://www.checkov.io/" in remark.fix


def test_json_of_terraform_has_the_page_of_terraform():
    (remark,) = SCANNER.read(answer(check_type="terraform_json"), FILES).remarks
    assert remark.references == ("https://www.checkov.io/5.Policy%20Index/terraform.html",)


def test_only_files_of_one_sort_are_looked_at_alike():
    assert SCANNER.alike(b"Dockerfile", b"prod.dockerfile")
    assert not SCANNER.alike(b"Dockerfile", b"k.yaml")
    assert not SCANNER.alike(b"main.tf", b"k.yaml")
    assert not SCANNER.alike(b"pod.yaml", b"pod.template")


@needs_checkov
def test_json_and_names_that_checkov_does_not_take_by_itself(history, scan):
    bucket = b'{\n\t"resource": {"aws_s3_bucket": {"open": {"acl": "public-read"}}}\n}\n'
    pod = (
        b'{\n\t"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"},\n\t"spec": {"containers": [{"name": "a", \
"image": "x", "securityContext": {"privileged": true}}]}\n}\n'
    )
    history.commit(
        {
            "a.tf.json": bucket,
            "b.tofu.json": bucket,
            "c.tofu": BUCKET,
            "tabs.json": pod,
            "wide.yaml": POD.decode().encode("utf-16"),
            "Dockerfile.my app": b"FROM x\nUSER root\n",
            "DOCKERFILE": b"FROM x\nUSER root\n",
            "docker/prod": b"FROM y\nUSER root\n",
            "deploy/Dockerfile": b"../docker/prod",
        },
        modes={"deploy/Dockerfile": "120000"},
    )
    result = scan(history, scanners=["checkov"])
    assert result.status is Status.COMPLETE, result.reasons
    found = {(finding.rule, finding.locations[0].path) for finding in result.findings}
    assert {("ckv-aws-20", path) for path in ("a.tf.json", "b.tofu.json", "c.tofu")} <= found
    assert {("ckv-k8s-16", path) for path in ("tabs.json", "wide.yaml")} <= found
    assert {
        ("ckv-docker-8", path) for path in ("Dockerfile.my app", "DOCKERFILE", "deploy/Dockerfile")
    } <= found


@needs_checkov
def test_a_pod_that_checkov_passes_over_is_a_gap(history, scan):
    annotations = (
        *("{a: !foo bar}", "{a: =}", "{a: 2024-13-45}", "{a: !!int abc}", "{<<: 5}"),
        *("{name: 'a#b'}", "{} # {{ .Values.x }}"),
    )
    history.commit(
        {
            f"{number}.yaml": POD.replace(b'{checkov.io/skip1: "CKV_K8S_16=no"}', each.encode())
            for number, each in enumerate(annotations)
        }
    )
    result = scan(history, scanners=["checkov"])
    assert result.findings == ()
    assert [reason[:28] for reason in result.reasons[:3]] == [
        f"{n}.yaml was not assessed by c" for n in range(3)
    ]
    assert result.notes[0].startswith("0 infrastructure files looked at")


@needs_checkov
def test_real_files_of_every_sort_and_nothing_that_hides_them(history, scan):
    history.commit(
        {
            "infra/main.tf": BUCKET,
            "k8s/pod.yaml": POD,
            "Dockerfile": b"FROM ubuntu:latest\nUSER root\n",
            "cf.yaml": TEMPLATE,
            ".checkov.yaml": b"skip-check: [CKV_AWS_20, CKV_K8S_16, CKV_DOCKER_8]\n",
        }
    )
    result = scan(history, scanners=["checkov"])
    assert result.status is Status.COMPLETE, result.reasons
    found = {(finding.rule, finding.locations[0].path) for finding in result.findings}
    assert {
        ("ckv-aws-20", "infra/main.tf"),
        ("ckv-aws-20", "cf.yaml"),
        ("ckv-k8s-16", "k8s/pod.yaml"),
        ("ckv-docker-8", "Dockerfile"),
    } <= found
    assert {finding.kind for finding in result.findings} == {Kind.INFRASTRUCTURE}


@needs_checkov
def test_what_it_cannot_read_is_a_gap(history, scan):
    history.commit(
        {
            "a.tf": b'resource "x {\n',
            "k.yaml": b"apiVersion: v1\nkind: Pod\na: [\n",
            "chart/Chart.yaml": b"apiVersion: v2\nname: c\nkind: x\n",
            "chart/templates/p.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Values.x }}}\n",
        }
    )
    reasons = " ".join(scan(history, scanners=["checkov"]).reasons)
    for word in ("1 Terraform file", "k.yaml was not assessed", "1 Helm chart not assessed"):
        assert word in reasons


@pytest.mark.parametrize(
    ("folders", "told"),
    [
        ([""], "1 Helm chart not assessed: templates are not rendered (./)"),
        (["a b/"], "1 Helm chart not assessed: templates are not rendered (a b/)"),
        (
            ["", "d/", "c/", "b/", "\x1b/"],
            "5 Helm charts not assessed: templates are not rendered (./, \\u001b/, b/ and 2 more)",
        ),
    ],
)
def test_charts_are_named_wherever_they_lie(folders, told):
    paths = [f"{folder}Chart.yaml".encode() for folder in folders]
    assert all(SCANNER.wants(path) and SCANNER.cares(path, b"apiVersion: v2\nname: web\n") for path in paths)
    files = {SCANNER.name(number, path): File(path, b"") for number, path in enumerate(paths)}
    answer = SCANNER.read(Ran(0, "", b'{"passed": 0}', b""), files)
    assert answer.gaps == [told]
