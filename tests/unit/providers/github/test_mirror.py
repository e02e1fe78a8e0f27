"""W5, P9: copies of repositories by real git over real HTTP, and the credential nowhere to be read meanwhile."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret
from keyhole.providers.gitcli import GitError
from keyhole.providers.github import mirror
from keyhole.providers.github.handover import handed
from keyhole.providers.github.instance import Instance, InstanceKind
from keyhole.providers.github.mirror import clone, fetch, size
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.outgoing import Outgoing
from tests import canaries
from tests.unit.providers.github.git_kit import commit, git, git_server, push, repository
from tests.unit.providers.http_kit import serving

pytestmark = pytest.mark.loopback

OUT = Outgoing(allow_private=True)


@pytest.fixture
def token():
    return canaries.plant("token for git")


@pytest.fixture
def served(tmp_path, token):
    root = tmp_path / "github"
    repository(root, "harbour/tide")
    with git_server(root, token) as server:
        yield server


def refs(git_dir: Path) -> dict[str, str]:
    lines = git(git_dir, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split() for line in lines)


def cloned(served, token, git_dir, **more):
    clone(served.instance, "harbour", "tide", Secret(token), git_dir, outgoing=OUT, **more)
    return git_dir


def test_a_copy_has_branches_and_tags_and_nothing_of_where_it_came_from(served, token, tmp_path):
    seen = []
    copy = cloned(
        served, token, tmp_path / "copies" / "tide.git", on_progress=lambda *told: seen.append(told)
    )
    assert set(refs(copy)) == {"refs/heads/trunk", "refs/heads/side", "refs/tags/v1"}
    assert git(copy, "symbolic-ref", "HEAD") == "refs/heads/trunk"
    assert ("Receiving objects", 3, 3) in seen
    assert size(copy) > 0
    assert served.url not in (copy / "config").read_text()
    assert [path.name for path in copy.parent.iterdir()] == ["tide.git"]


def test_w5_the_credential_is_in_no_argument_no_environment_and_no_file_while_git_runs(
    served, token, tmp_path
):
    looked = []

    def look():
        needle = token.encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
            except OSError:
                continue  # it ended, or is somebody else's
            if b"git-remote-http" in command or b"remote-http" in command:
                looked.append(process)
            assert needle not in command
            if int(process.name) != os.getpid():
                assert needle not in environment
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if needle in path.read_bytes()]

    failures = []

    def guarded():
        try:
            look()
        except AssertionError as problem:
            failures.append(problem)

    served.on_pack = guarded
    cloned(served, token, tmp_path / "tide.git")
    assert not failures
    assert looked, "git's helper for HTTP was seen running"
    assert any(with_credential for _, _, with_credential in served.seen)


def test_a_descriptor_is_inherited_by_git_alone(token):
    with handed(Secret(token), "https://github.com") as handover:
        (descriptor,) = handover.inherit
        other = subprocess.run(
            ["cat", f"/dev/fd/{descriptor}"], capture_output=True, check=False, close_fds=False
        )
        assert token.encode() not in other.stdout
        assert list(handover.config) == ["credential.https://github.com.helper"]
        assert token not in str(handover)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize("bad", ["", "a\nb", "a b", "a\0", "é"])
def test_what_would_be_another_line_of_gits_protocol_is_no_credential(bad):
    with pytest.raises(ValueError, match="not a credential"), handed(Secret(bad), "https://github.com"):
        pass


def test_a_copy_is_brought_up_to_date_whatever_happened(served, token, tmp_path):
    copy = cloned(served, token, tmp_path / "tide.git")
    work, bare = served.root / "work" / "harbour" / "tide", served.root / "harbour" / "tide.git"
    git(work, "branch", "-D", "side")
    git(work, "tag", "-f", "v1", "-m", "moved")
    git(work, "checkout", "--quiet", "--orphan", "new")
    new = commit(work, "rewritten")
    push(work, bare)
    fetch(served.instance, "harbour", "tide", Secret(token), copy, outgoing=OUT, default_branch="new")
    assert refs(copy) == refs(bare)
    assert refs(copy)["refs/heads/new"] == new
    assert git(copy, "symbolic-ref", "HEAD") == "refs/heads/new"
    fetch(served.instance, "harbour", "tide", Secret(token), copy, outgoing=OUT, default_branch="absent")
    assert git(copy, "symbolic-ref", "HEAD") == "refs/heads/new"


def problem_of(served, token, target, name="tide"):
    with pytest.raises(GitHubProblem) as problem:
        clone(served.instance, "harbour", name, token and Secret(token), target, outgoing=OUT)
    assert not target.exists()
    assert list(target.parent.glob(".*")) == []
    return problem.value


def test_a_wrong_credential_none_and_an_absent_repository_are_told_apart(served, token, tmp_path):
    target = tmp_path / "copies" / "x.git"
    wrong = canaries.plant("wrong token for git")
    assert problem_of(served, wrong, target).kind is ProblemKind.BAD_CREDENTIALS
    assert problem_of(served, None, target).kind is ProblemKind.BAD_CREDENTIALS
    assert problem_of(served, token, target, "absent").kind is ProblemKind.NOT_FOUND_OR_NOT_SELECTED


ANSWERS = [
    (403, {}, b"Write access to repository not granted.\n", ProblemKind.PERMISSION_MISSING),
    (403, {}, b"The 'harbour' organization has enabled or enforced SAML SSO.\n", ProblemKind.SSO_REQUIRED),
    (403, {}, b"'harbour' forbids access via a personal access token (classic).\n", ProblemKind.POLICY),
    (429, {}, b"", ProblemKind.SECONDARY_RATE_LIMITED),
    (503, {}, b"", ProblemKind.DOWN),
    (500, {}, b"", ProblemKind.DOWN),
    (301, {"Location": "/harbour/renamed.git/info/refs"}, b"", ProblemKind.MOVED),
    (200, {"Content-Type": "text/html"}, b"<html>", ProblemKind.OTHER),
]


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: f"{case[0]}-{case[3]}")
def test_what_github_answers_to_git_is_told_apart(served, token, tmp_path, case):
    status, headers, body, kind = case
    served.answers["/harbour/tide.git/info/refs"] = (status, {"Content-Type": "text/plain", **headers}, body)
    problem = problem_of(served, token, tmp_path / "copies" / "x.git")
    assert problem.kind is kind
    assert problem.message
    assert problem.hint


def test_u4_git_takes_the_credential_nowhere_else(served, token, tmp_path):
    other_root = tmp_path / "other"
    other_root.mkdir()
    with git_server(other_root, token) as other:
        place = f"{other.url}/harbour/tide.git/info/refs?service=git-upload-pack"
        served.answers["/harbour/tide.git/info/refs"] = (302, {"Location": place}, b"")
        assert problem_of(served, token, tmp_path / "copies" / "x.git").kind is ProblemKind.MOVED
        assert other.seen == []


def test_u2_a_server_that_falls_silent_in_the_middle_is_left(served, token, tmp_path):
    over = threading.Event()
    served.on_pack = lambda: over.wait(20)
    with pytest.raises(GitHubProblem) as problem:
        cloned(served, token, tmp_path / "c" / "x.git", timeout=1)
    over.set()
    assert problem.value.kind is ProblemKind.UNREACHABLE
    assert list((tmp_path / "c").iterdir()) == []


def test_u2_a_server_that_never_speaks_is_left(token, tmp_path):
    over = threading.Event()
    with serving(lambda *_: over.wait(20)) as silent:
        instance = Instance(InstanceKind.SANDBOX, silent.url, f"{silent.url}/api/v3")
        with pytest.raises(GitHubProblem) as problem:
            impatient = Outgoing(allow_private=True, timeout=0.5)
            clone(instance, "a", "b", Secret(token), tmp_path / "c" / "x.git", outgoing=impatient)
        over.set()
    assert problem.value.kind is ProblemKind.UNREACHABLE


def test_who_watches_may_stop_it(served, token, tmp_path):
    def stop(*_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        cloned(served, token, tmp_path / "copies" / "x.git", on_progress=stop)
    assert list((tmp_path / "copies").iterdir()) == []


def test_p18_private_addresses_need_permission_here_too(token, tmp_path):
    instance = Instance(InstanceKind.ENTERPRISE, "https://127.0.0.1", "https://127.0.0.1/api/v3")
    with pytest.raises(InvalidInput, match="private network"):
        clone(instance, "a", "b", Secret(token), tmp_path / "x.git", outgoing=Outgoing())
    with pytest.raises(FileExistsError):
        clone(instance, "a", "b", Secret(token), tmp_path, outgoing=Outgoing())


@pytest.mark.parametrize("name", ["..", ".", "", "../../etc", "a/b"])
def test_a_name_is_one_segment(served, token, tmp_path, name):
    with pytest.raises((ValueError, GitHubProblem)):
        clone(served.instance, "harbour", name, Secret(token), tmp_path / "c" / "x.git", outgoing=OUT)
    assert not any(".." in path.split("/") for _, path, _ in served.seen)


def test_a_page_in_the_place_of_git_deletes_nothing(served, token, tmp_path):
    copy = cloned(served, token, tmp_path / "tide.git")
    before = refs(copy)
    served.answers["/harbour/tide.git/info/refs"] = (
        200,
        {"Content-Type": "text/html"},
        b"<html>Sign in</html>",
    )
    with pytest.raises(GitHubProblem, match="as a git server does"):
        fetch(served.instance, "harbour", "tide", Secret(token), copy, outgoing=OUT)
    assert refs(copy) == before


GIT_SAYS = [
    ("remote: Repository not found.\nfatal: repository 'x' not found", ProblemKind.NOT_FOUND_OR_NOT_SELECTED),
    ("fatal: Authentication failed for 'x'", ProblemKind.BAD_CREDENTIALS),
    ("fatal: could not read Username for 'x': terminal prompts disabled", ProblemKind.BAD_CREDENTIALS),
    ("fatal: unable to access 'x': The requested URL returned error: 403", ProblemKind.PERMISSION_MISSING),
    ("fatal: unable to access 'x': The requested URL returned error: 302", ProblemKind.MOVED),
    ("fatal: unable to access 'x': The requested URL returned error: 502", ProblemKind.DOWN),
    ("fatal: unable to access 'x': Could not resolve host: x", ProblemKind.UNREACHABLE),
    ("error: RPC failed; curl 56 Recv failure\nfatal: early EOF", ProblemKind.UNREACHABLE),
    ("fatal: the end of the world", ProblemKind.OTHER),
]


@pytest.mark.parametrize(("said", "kind"), GIT_SAYS)
def test_what_git_says_in_the_middle_of_it_is_told_apart(said, kind):
    failure = GitError(said.rpartition("fatal: ")[2])
    failure.said = said
    instance = Instance(InstanceKind.GITHUB_COM, "https://github.com", "https://api.github.com")
    with pytest.raises(GitHubProblem) as problem, mirror._told_apart(instance):
        raise failure
    assert problem.value.kind is kind
