"""GitHub as an upstream, against the sandbox: who a credential is, what it reaches, copies, Apps, and every failure."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from keyhole.core.github_credentials import CredentialKind
from keyhole.core.permissions import Level
from keyhole.core.request import OwnerKind
from keyhole.core.secret import Secret
from keyhole.providers import gitcli
from keyhole.providers.addresses import pin
from keyhole.providers.github.app import App
from keyhole.providers.github.client import GitHub as Client
from keyhole.providers.github.client import at
from keyhole.providers.github.identity import identify
from keyhole.providers.github.instance import InstanceKind, instance_at
from keyhole.providers.github.mirror import clone, fetch
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.github.repositories import by_id, by_name, reachable
from keyhole.providers.github.revocation import revoke_installation_token, revoke_leaked
from keyhole.providers.outgoing import Outgoing
from keyhole.testing.github import GitHub, Policy
from tests import canaries

OUT = Outgoing(allow_private=True, timeout=20)
ONE = "harbour/tide-api"


class World:
    """Two people and an organization with three repositories, one of them selected."""

    def __init__(self, github):
        self.github = github
        self.alice = github.add_user("alice", name="Alice")
        self.bob = github.add_user("bob")
        self.harbour = github.add_organization("harbour", owners=[self.alice], members=[self.bob])
        self.tide = github.add_repository(ONE, private=True, files={"a.txt": "one\n"})
        self.ledger = github.add_repository("harbour/ledger", private=True)
        github.add_repository("harbour/open", private=False)
        self.instance = instance_at(github.url, OUT)

    def token(self, user=None, **more):
        """The text of a fine-grained token that reads the code of one repository."""
        usual = {"owner": "harbour", "repositories": [ONE], "permissions": {"contents": "read"}}
        made = self.github.add_fine_grained_token(user or self.alice, **{**usual, **more})
        canaries.watch("token of the sandbox", made.text)
        return made

    def client(self, made, **more):
        return Client(self.instance, Secret(made.text), OUT, **{"sleep": lambda _: None, **more})


@pytest.fixture
def world():
    with GitHub() as github:
        yield World(github)


def problem(call, *arguments):
    with pytest.raises(GitHubProblem) as raised:
        call(*arguments)
    assert raised.value.message
    assert raised.value.hint
    return raised.value


def test_the_sandbox_is_known_by_what_it_says(world):
    assert world.instance.kind is InstanceKind.SANDBOX
    assert (world.instance.web, world.instance.api) == (world.github.url, world.github.api_url)


def test_who_a_credential_is(world):
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    found = identify(world.client(world.token(expires_at=ends)))
    assert (found.login, found.id, found.name) == ("alice", world.alice.id, "Alice")
    assert (found.kind, found.expires_at, found.scopes) == (CredentialKind.FINE_GRAINED, ends, None)
    other_zone = identify(world.client(world.token(expires_at=ends, expiry_zone="+0100")))
    assert other_zone.expires_at == ends
    classic = world.github.add_classic_token(world.bob, scopes=["repo", "workflow"])
    found = identify(world.client(classic))
    assert (found.login, found.kind, found.scopes) == ("bob", CredentialKind.CLASSIC, ("repo", "workflow"))
    oauth = world.github.add_oauth_token(world.bob, scopes=["gist"])
    assert identify(world.client(oauth)).kind is CredentialKind.OAUTH


def test_what_it_reaches_by_numbers_that_stay(world):
    client = world.client(world.token())
    listed = {each.id: each for each in reachable(client)}
    assert listed[world.tide.id].full_name == ONE
    assert listed[world.tide.id].owner_kind is OwnerKind.ORGANIZATION
    assert by_name(client, "harbour", "tide-api").id == world.tide.id
    assert problem(by_id, client, world.ledger.id).kind is ProblemKind.NOT_FOUND_OR_NOT_SELECTED


def test_n7_a_rename_a_transfer_and_a_namesake(world):
    client = world.client(world.token())
    number = world.tide.id
    world.github.rename(world.tide, "harbour/tides")
    assert by_name(client, "harbour", "tide-api").full_name == "harbour/tides"
    assert by_id(client, number).full_name == "harbour/tides"
    namesake = world.github.add_repository(ONE, private=False)
    assert by_name(client, "harbour", "tide-api").id == namesake.id != number
    assert by_id(client, number).full_name == "harbour/tides"


def test_many_repositories_are_all_listed(world):
    for number in range(230):
        world.github.add_repository(f"alice/r{number}", private=True, files={})
    client = world.client(world.token(owner="alice", repositories="all"))
    assert len([each for each in reachable(client) if each.owner_login == "alice"]) == 230
    pages = [each for each in world.github.requests if each.path.endswith("/user/repos")]
    assert len(pages) == 3


def test_what_is_unchanged_costs_nothing(world):
    client = world.client(world.token())
    path = at("repos", "harbour", "tide-api", "branches")
    first = client.get(path)
    left = client.limits.budgets()["core"].remaining
    again = client.get(path)
    assert (again.from_etag, again.data) == (True, first.data)
    client.get("/user")
    assert client.limits.budgets()["core"].remaining == left - 1, "of the two requests, one cost something"


def test_every_failure_is_told_apart(world):
    github = world.github
    reader = world.token()
    repository = at("repos", "harbour", "tide-api")

    missing = problem(world.client(reader).get, f"{repository}/issues")
    assert (missing.kind, missing.accepted) == (ProblemKind.PERMISSION_MISSING, "issues=read")
    assert "issues: read" in missing.message

    hidden = problem(world.client(reader).get, at("repos", "harbour", "ledger"))
    absent = problem(world.client(reader).get, at("repos", "harbour", "nothing"))
    assert hidden.kind is absent.kind is ProblemKind.NOT_FOUND_OR_NOT_SELECTED
    assert hidden.message == absent.message

    administering = {"administration": "write", "contents": "read"}
    no_admin = world.token(world.bob, permissions=administering, approved=True)
    role = problem(world.client(no_admin).request, "DELETE", repository)
    assert role.kind in (ProblemKind.ROLE_MISSING, ProblemKind.NOT_FOUND_OR_NOT_SELECTED)

    gone = world.token()
    client = world.client(gone)
    identify(client)
    github.revoke(gone)
    assert problem(identify, client).kind is ProblemKind.BAD_CREDENTIALS

    short = world.client(world.token(expires_at=datetime.now(UTC) + timedelta(hours=1)))
    identify(short)
    github.advance(timedelta(hours=2))
    short._clock = lambda: time.time() + 7200
    assert problem(identify, short).kind is ProblemKind.EXPIRED
    assert github.changes == 0


def test_what_organizations_ask_for(world):
    github = world.github
    strict = github.add_organization("strict", owners=[world.alice], members=[world.bob])
    strict.policy = Policy(**policy_that("sso"))
    github.add_repository("strict/code", private=True, collaborators={world.bob: "push"})
    classic = github.add_classic_token(world.bob, scopes=["repo"])
    found = problem(world.client(classic).get, at("repos", "strict", "code"))
    assert found.kind is ProblemKind.SSO_REQUIRED
    waiting = world.token(world.bob, approved=False)
    assert problem(world.client(waiting).get, at("repos", "harbour", "tide-api")).kind in (
        ProblemKind.NOT_FOUND_OR_NOT_SELECTED,
        ProblemKind.PERMISSION_MISSING,
    )


def policy_that(word):
    """The policy's field about this, switched on, whatever the sandbox calls it."""
    import dataclasses

    name = next(each.name for each in dataclasses.fields(Policy) if word in each.name)
    return {name: True}


def test_faults_of_the_network_and_of_github(world):
    client, faults = world.client(world.token()), world.github.faults
    repository = at("repos", "harbour", "tide-api")
    for break_it in (faults.reset, faults.truncate, lambda: faults.status(502), lambda: faults.status(500)):
        break_it()
        assert client.get(repository).status == 200, "reads are tried again"
    faults.down()
    down = problem(client.get, "/user")
    assert (down.kind, down.answered) == (ProblemKind.DOWN, 503)
    faults.clear()
    faults.reset(times=-1)
    assert problem(client.get, "/user").kind is ProblemKind.UNREACHABLE
    faults.clear()
    faults.stall(20)
    hasty = Outgoing(allow_private=True, timeout=0.5)
    impatient = Client(client.instance, client.credential, hasty, sleep=lambda _: None)
    faults.stall(20, times=-1)
    assert problem(impatient.get, "/user").kind is ProblemKind.UNREACHABLE
    faults.clear()
    faults.redirect("https://elsewhere.example/user")
    moved = problem(client.get, "/user")
    assert (moved.kind, moved.to) == (ProblemKind.MOVED, "")


def test_u1_limits_are_respected(world):
    faults = world.github.faults
    soon = int(time.time()) + 1800
    faults.rate_limit(resets_at=soon)
    client = world.client(world.token())
    limited = problem(client.get, "/user")
    assert (limited.kind, int(limited.until.timestamp())) == (ProblemKind.RATE_LIMITED, soon)
    asked = len(world.github.requests)
    assert problem(client.get, "/user").kind is ProblemKind.RATE_LIMITED
    assert len(world.github.requests) == asked, "nothing is asked before the limit is renewed"
    slept = []
    patient = world.client(world.token(), sleep=slept.append)
    faults.secondary_rate_limit(retry_after=2)
    patient.get("/user")
    assert [0.5 <= each <= 2.5 for each in slept] == [True]
    faults.secondary_rate_limit(retry_after=600)
    assert problem(patient.get, "/user").kind is ProblemKind.SECONDARY_RATE_LIMITED


def git(git_dir, *arguments):
    whole = ["git", "-C", str(git_dir), *arguments]
    return subprocess.run(whole, check=True, capture_output=True, text=True).stdout.strip()


def test_a_copy_is_made_and_brought_up_to_date(world, tmp_path):
    made = world.token(permissions={"contents": "write"})
    copy, seen = tmp_path / "copies" / "tide.git", []
    clone(
        world.instance,
        "harbour",
        "tide-api",
        Secret(made.text),
        copy,
        lambda *told: seen.append(told),
        outgoing=OUT,
    )
    assert git(copy, "show", "HEAD:a.txt") == "one"
    assert seen
    work = tmp_path / "work"
    git(tmp_path, "clone", "-q", str(copy), str(work))
    (work / "a.txt").write_text("two\n")
    git(work, "commit", "-qam", "two")
    git(work, "branch", "side")
    origin = world.tide.git_dir
    git(work, "push", "-q", str(origin), "HEAD:refs/heads/main", "side")
    fetch(world.instance, "harbour", "tide-api", Secret(made.text), copy, outgoing=OUT, default_branch="main")
    assert git(copy, "show", "main:a.txt") == "two"
    assert git(copy, "for-each-ref", "--format=%(refname)") == "refs/heads/main\nrefs/heads/side"
    files = [path for path in copy.rglob("*") if path.is_file()]
    assert not [path for path in files if made.text.encode() in path.read_bytes()]


def test_copies_that_are_refused(world, tmp_path):
    def copy(made, name="tide-api"):
        secret = Secret(made.text) if made else None
        clone(world.instance, "harbour", name, secret, tmp_path / "x.git", outgoing=OUT)

    assert problem(copy, None).kind in (ProblemKind.BAD_CREDENTIALS, ProblemKind.NOT_FOUND_OR_NOT_SELECTED)
    made = world.token()
    assert problem(copy, made, "ledger").kind is ProblemKind.NOT_FOUND_OR_NOT_SELECTED
    blind = world.token(permissions={"issues": "read"})
    assert problem(copy, blind).kind in (
        ProblemKind.PERMISSION_MISSING,
        ProblemKind.NOT_FOUND_OR_NOT_SELECTED,
    )
    world.github.revoke(made)
    assert problem(copy, made).kind is ProblemKind.BAD_CREDENTIALS
    fine = world.token()
    world.github.faults.redirect("https://elsewhere.example/x.git", status=301, path="/info/refs")
    assert problem(copy, fine).kind is ProblemKind.MOVED
    world.github.rename(world.tide, "harbour/tides")
    copy(fine, "tides")
    world.github.faults.down()
    with pytest.raises(GitHubProblem) as down:
        fetch(world.instance, "harbour", "tides", Secret(fine.text), tmp_path / "x.git", outgoing=OUT)
    assert down.value.kind is ProblemKind.DOWN
    assert git(tmp_path / "x.git", "show", "HEAD:a.txt") == "one"


@pytest.mark.parametrize("stateless", [False, True])
def test_an_app_gets_tokens_for_one_task_each(world, tmp_path, stateless):
    permissions = {"contents": "write", "issues": "read"}
    made = world.github.add_app(
        "keyhole", owner=world.harbour, permissions=permissions, stateless_tokens=stateless
    )
    installed = world.github.add_installation(made, world.harbour)
    app = App(world.instance, str(made.id), Secret(made.private_key), OUT)
    assert app.describe()
    (found,) = app.installations()
    assert (found.id, found.account_login, found.account_kind) == (
        installed.id,
        "harbour",
        OwnerKind.ORGANIZATION,
    )
    token = app.installation_token(found.id, [world.tide.id], {"contents": Level.READ})
    canaries.watch("installation token of the sandbox", token.secret.reveal())
    assert app.installation_token(found.id, [world.tide.id], {"contents": Level.READ}) is token
    client = Client(world.instance, token.secret, OUT)
    assert [each.full_name for each in reachable(client)] == [ONE]
    found = identify(client)
    assert (found.kind, found.login) == (CredentialKind.INSTALLATION, "harbour")
    assert (
        problem(client.get, at("repos", "harbour", "tide-api", "issues")).kind
        is ProblemKind.PERMISSION_MISSING
    )
    clone(world.instance, "harbour", "tide-api", token.secret, tmp_path / "x.git", outgoing=OUT)
    assert problem(app.installation_token, installed.id, (), {"administration": Level.WRITE}).answered == 422
    revoke_installation_token(client)
    assert problem(client.get, "/installation/repositories").kind is ProblemKind.BAD_CREDENTIALS


def test_leaked_tokens_are_revoked_by_whoever_holds_them(world):
    leaked = [world.token(), world.token()]
    assert revoke_leaked(OUT, world.instance, [Secret(each.text) for each in leaked]) == 2
    for each in leaked:
        assert problem(identify, world.client(each)).kind is ProblemKind.BAD_CREDENTIALS


def test_u5_over_tls_with_an_authority_of_one_s_own_and_not_without(tmp_path):
    authority, other = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    files = {name: tmp_path / f"{name}.pem" for name in ("chain", "key", "authority", "other")}
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(files["chain"], append=True)
    certificate.private_key_pem.write_to_path(files["key"])
    authority.cert_pem.write_to_path(files["authority"])
    other.cert_pem.write_to_path(files["other"])
    with GitHub(certificate=files["chain"], key=files["key"]) as github:
        alice = github.add_user("alice")
        github.add_repository("alice/tide", private=True)
        made = github.add_fine_grained_token(alice, repositories="all", permissions={"contents": "read"})
        secret = Secret(canaries.watch("token over TLS", made.text))
        trusting = Outgoing(allow_private=True, ca_file=str(files["authority"]))
        instance = instance_at(github.url, trusting)
        assert instance.web.startswith("https://")
        assert identify(Client(instance, secret, trusting)).login == "alice"
        clone(instance, "alice", "tide", secret, tmp_path / "tide.git", outgoing=trusting)
        assert git(tmp_path / "tide.git", "show", "HEAD:README.md") == "# tide"
        doubting = Outgoing(allow_private=True, ca_file=str(files["other"]))
        asked = len(github.requests)
        untrusted = problem(identify, Client(instance, secret, doubting))
        assert (untrusted.kind, "prove who it is" in untrusted.message) == (ProblemKind.UNREACHABLE, True)
        fetching = (instance, "alice", "tide", secret, tmp_path / "tide.git")
        with pytest.raises(GitHubProblem, match="prove who it is"):
            fetch(*fetching, outgoing=doubting)
        # Git itself, past the first question of ours, trusts nobody else either.
        mirror_config = gitcli.over_http(pin(instance.web, allow_private=True), str(files["other"]))
        with pytest.raises(gitcli.GitError, match="certificate"):
            gitcli.run(
                None,
                "ls-remote",
                "--",
                f"{instance.web}/alice/tide.git",
                config=mirror_config,
                allow_protocols=("https",),
            )
        assert len(github.requests) == asked
