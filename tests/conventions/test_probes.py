"""The inspector changes nothing: each of its requests that is not a GET stands here, one by one."""

from __future__ import annotations

import ast

import pytest

from keyhole.core.permissions import Standing, vocabulary
from keyhole.inspector.probe import NOTHING, Place
from keyhole.inspector.probes import PROBES
from tests.conventions.checkout import PACKAGE, files, tree

# Adding a row means to have asked: what does GitHub do if the credential may do everything?
ARGUED = {
    "POST /repos/{owner}/{repo}/git/refs",
    "POST /repos/{owner}/{repo}/issues",
    "POST /repos/{owner}/{repo}/pulls",
    "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
    "POST /repos/{owner}/{repo}/statuses/{sha}",
    "POST /repos/{owner}/{repo}/deployments",
    "POST /repos/{owner}/{repo}/environments/{environment_name}/variables",
    "POST /repos/{owner}/{repo}/pages/deployments/{pages_deployment_id}/cancel",
    "PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}",
    "POST /repos/{owner}/{repo}/actions/variables",
    "PUT /repos/{owner}/{repo}/dependabot/secrets/{secret_name}",
    "PUT /repos/{owner}/{repo}/agents/secrets/{secret_name}",
    "POST /repos/{owner}/{repo}/agents/variables",
    "PATCH /repos/{owner}/{repo}/code-scanning/alerts/{alert_number}",
    "PATCH /repos/{owner}/{repo}/dependabot/alerts/{alert_number}",
    "PATCH /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}",
    "POST /repos/{owner}/{repo}/security-advisories",
    "PATCH /repos/{owner}/{repo}/hooks/{hook_id}",
    "PATCH /repos/{owner}/{repo}/properties/values",
    "POST /repos/{owner}/{repo}/attestations",
    "PUT /user/blocks/{username}",
    "PUT /user/codespaces/secrets/{secret_name}",
    "POST /user/emails",
    "PUT /user/following/{username}",
    "POST /user/ssh_signing_keys",
    "POST /user/gpg_keys",
    "PUT /user/interaction-limits",
    "POST /user/keys",
    "POST /user/social_accounts",
}
# GET operations that make something all the same, or that other permissions pass as well.
NEVER = {
    "GET /repos/{owner}/{repo}/dependency-graph/sbom/generate-report",
    "PUT /repos/{owner}/{repo}/contents/{path}",
    "PATCH /repos/{owner}/{repo}/labels/{name}",
    "DELETE /user/following/{username}",
    "POST /gists",
    "PATCH /user/email/visibility",
    "POST /markdown",
}
NAMES = {"owner": "o", "repo": "r", "org": "g", "login": "ann"}

each_probe = pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.operation_id)


def shape(probe):
    return f"{probe.method} {probe.operation.path}"


def test_only_the_argued_requests_are_no_get():
    assert {shape(probe) for probe in PROBES if probe.method != "GET"} == ARGUED


@each_probe
def test_a_request_that_is_no_get_says_why_it_is_harmless(probe):
    assert bool(probe.harmless) == (probe.method != "GET")
    assert not probe.harmless or probe.harmless.endswith(".")


@each_probe
def test_nothing_is_sent_that_could_be_acted_on(probe):
    assert probe.body == (b"" if probe.method == "GET" else NOTHING)
    assert probe.method in {"GET", "POST", "PUT", "PATCH"}, "never DELETE: what is gone by chance is gone"
    assert shape(probe) not in NEVER


@each_probe
def test_no_success_of_a_write_is_expected(probe):
    if probe.method != "GET":
        assert not any(status < 400 for status in probe.passed)


@each_probe
def test_a_probe_fits_the_table(probe):
    operation = probe.operation
    assert operation.standing is Standing.PERMISSIONED
    assert any(needed.get(probe.permission) == probe.level for needed in operation.any_of)
    assert not (operation.public_ok and probe.closed)
    assert probe.level in vocabulary().permissions[probe.permission].levels
    assert probe.path(**NAMES).startswith("/")
    if probe.place is not Place.REPOSITORY:
        assert not probe.closed


def test_the_inspector_asks_by_rows_only():
    """No call in the package names a method of HTTP other than GET."""
    methods = {"POST", "PUT", "PATCH", "DELETE"}
    for path in files():
        if path.suffix == ".py" and path.is_relative_to(PACKAGE / "inspector"):
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    assert node.value not in methods, f"{path.name}:{node.lineno}"
                if isinstance(node, ast.Attribute):
                    assert node.attr not in {"post", "put", "patch", "delete"}, f"{path.name}:{node.lineno}"
