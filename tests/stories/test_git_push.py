"""Pushing: judged per ref and commit, all or nothing, with the reason where the person who pushes reads it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zlib

import pytest

WORKFLOW = ".github/workflows/ci.yml"


@pytest.fixture(scope="module")
def keyhole(keyhole_server):
    keyhole_server.make_repo("push/app", {"README.md": "hello\n"})
    keyhole_server.make_repo("push/guarded", {"README.md": "hello\n", WORKFLOW: "on: push\n"})
    return keyhole_server


@pytest.fixture(scope="module")
def writer(keyhole):
    return keyhole.token("push/app", "push/guarded", contents="write")


@pytest.fixture(scope="module")
def workflow_writer(keyhole):
    return keyhole.token("push/app", "push/guarded", contents="write", workflows="write")


@pytest.fixture
def work(keyhole, writer):
    return keyhole.clone("push/app", writer)


@pytest.fixture
def guarded(keyhole, writer):
    return keyhole.clone("push/guarded", writer)


def _refs(keyhole, full_name):
    git_dir = keyhole.repositories / f"{full_name}.git"
    lines = keyhole.git(f"--git-dir={git_dir}", "for-each-ref", "--format=%(refname) %(objectname)").stdout
    return dict(line.split() for line in lines.splitlines())


def _objects(keyhole, full_name):
    folder = keyhole.repositories / f"{full_name}.git" / "objects"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _push(keyhole, work, token, *args, check=False):
    return keyhole.git("push", "origin", *args, at=work, token=token, check=check)


def _branch(request):
    return "b-" + "".join(char if char.isalnum() else "-" for char in request.node.name.lower())[:80]


def test_a_push_arrives_and_can_be_cloned(keyhole, work, writer, request):
    commit = keyhole.commit(work, {"new.txt": "new\n"})
    branch = _branch(request)
    done = _push(keyhole, work, writer, f"HEAD:refs/heads/{branch}", "HEAD:refs/tags/v-first", check=True)
    assert "[new branch]" in done.stderr
    assert _refs(keyhole, "push/app")[f"refs/heads/{branch}"] == commit
    again = keyhole.clone("push/app", writer, f"--branch={branch}")
    assert (again / "new.txt").read_text() == "new\n"


def test_many_objects_arrive_as_one_pack(keyhole, work, writer, request):
    keyhole.commit(work, {f"many/{number}.txt": f"{number}\n" for number in range(300)})
    before = _objects(keyhole, "push/app")
    _push(keyhole, work, writer, f"HEAD:refs/heads/{_branch(request)}", check=True)
    new = _objects(keyhole, "push/app") - before
    assert sorted(path.rpartition(".")[2] for path in new) == ["idx", "pack"]
    keyhole.git(f"--git-dir={keyhole.repositories}/push/app.git", "fsck", "--strict")


def test_branches_and_tags_are_forced_and_deleted_with_contents_write(keyhole, work, writer, request):
    branch = _branch(request)
    keyhole.commit(work, {"a": "1"})
    _push(keyhole, work, writer, f"HEAD:refs/heads/{branch}", check=True)
    keyhole.git("commit", "-q", "--amend", "-m", "other", at=work)
    rejected = _push(keyhole, work, writer, f"HEAD:refs/heads/{branch}")
    assert rejected.returncode != 0  # git itself asks for --force
    _push(keyhole, work, writer, "--force", f"HEAD:refs/heads/{branch}", check=True)
    _push(keyhole, work, writer, "--delete", branch, check=True)
    assert f"refs/heads/{branch}" not in _refs(keyhole, "push/app")


def test_a_read_token_is_told_what_it_lacks_before_it_sends_anything(keyhole, work, request):
    reader = keyhole.token("push/app", contents="read")
    keyhole.commit(work, {"a": "1"})
    before = _refs(keyhole, "push/app")
    done = _push(keyhole, work, reader, f"HEAD:refs/heads/{_branch(request)}")
    assert done.returncode != 0
    assert "remote: Permission to push/app.git denied to story" in done.stderr
    assert "contents: write" in done.stderr
    number = done.stderr.partition("keyhole explain ")[2].split()[0]
    assert "contents" in keyhole.do("explain", number=number)
    assert _refs(keyhole, "push/app") == before


def test_without_any_permission_the_repository_cannot_even_be_read(keyhole):
    token = keyhole.token("push/app", issues="read")
    done = keyhole.git("ls-remote", f"{keyhole.url}/push/app.git", token=token, check=False)
    assert "Permission to push/app.git denied" in done.stderr


@pytest.mark.parametrize(
    "ref",
    [
        "refs/pull/1/head",
        "refs/notes/commits",
        "refs/replace/" + "a" * 40,
        "HEAD",
        "refs/heads/refs/heads/x",
        "refs/keyhole/x",
        "refs/heads/-x",
    ],
)
def test_G7_one_ref_that_may_not_move_refuses_them_all(keyhole, work, writer, ref, request):
    keyhole.commit(work, {"a": "1"})
    before, objects = _refs(keyhole, "push/app"), _objects(keyhole, "push/app")
    status, body = _raw_push(keyhole, work, writer, {f"refs/heads/{_branch(request)}": "HEAD", ref: "HEAD"})
    assert status == 200
    assert f"ng {ref} only branches and tags can be pushed".encode() in body
    assert b"the push was refused as a whole" in body
    assert _refs(keyhole, "push/app") == before
    assert _objects(keyhole, "push/app") == objects


def _raw_push(keyhole, work, token, refs, pack=None):
    """A push that git's own client would not send: exactly these refs, in one request."""
    tips = {
        ref: keyhole.git("rev-parse", name, at=work).stdout.strip() if name else "0" * 40
        for ref, name in refs.items()
    }
    lines = [f"{'0' * 40} {tip} {ref}" for ref, tip in tips.items()]
    lines[0] += "\0report-status"
    body = b"".join(b"%04x%b" % (len(line.encode()) + 4, line.encode()) for line in lines) + b"0000"
    if pack is None:
        pack = _pack(keyhole, work, *tips.values())
    return _send(keyhole, token, body + pack)


def _pack(keyhole, work, *tips, without=()):
    revs = "".join(f"{tip}\n" for tip in tips if set(tip) != {"0"}) + "".join(f"^{tip}\n" for tip in without)
    return subprocess.run(
        ["git", "pack-objects", "--revs", "--stdout", "-q"],
        cwd=work,
        input=revs.encode(),
        capture_output=True,
        check=True,
    ).stdout


def _send(keyhole, token, body, full_name="push/app", **headers):
    status, _, answer = keyhole.http(
        "POST",
        f"/{full_name}.git/git-receive-pack",
        token,
        body,
        **{"Content_Type": "application/x-git-receive-pack-request", **headers},
    )
    return status, answer


def test_touching_a_workflow_needs_workflows_write(keyhole, work, writer, workflow_writer, request):
    branch = _branch(request)
    keyhole.commit(work, {WORKFLOW: "on: push\n"})
    before, objects = _refs(keyhole, "push/app"), _objects(keyhole, "push/app")
    done = _push(keyhole, work, writer, f"HEAD:refs/heads/{branch}")
    assert done.returncode != 0
    assert (
        f"refusing to allow this fine-grained token to create or update workflow `{WORKFLOW}` without "
        "`workflows` permission"
    ) in done.stderr
    assert "keyhole explain " in done.stderr
    assert _refs(keyhole, "push/app") == before
    assert _objects(keyhole, "push/app") == objects
    _push(keyhole, work, workflow_writer, f"HEAD:refs/heads/{branch}", check=True)


def test_G7_one_denied_ref_refuses_the_allowed_one_too(keyhole, work, writer, request):
    branch = _branch(request)
    keyhole.commit(work, {"fine.txt": "fine\n"})
    keyhole.git("branch", "fine", at=work)
    keyhole.commit(work, {WORKFLOW: "on: push\n"})
    done = _push(
        keyhole, work, writer, f"fine:refs/heads/{branch}-fine", f"HEAD:refs/heads/{branch}-workflow"
    )
    assert "the push was refused as a whole" in done.stderr
    assert not [ref for ref in _refs(keyhole, "push/app") if branch in ref]


def test_G11_a_workflow_that_a_later_commit_removes_was_pushed_all_the_same(keyhole, work, writer, request):
    keyhole.commit(work, {WORKFLOW: "on: push\n"})
    keyhole.commit(work, {WORKFLOW: None})
    assert "workflows" in _push(keyhole, work, writer, f"HEAD:refs/heads/{_branch(request)}").stderr


def test_G11_a_merge_is_held_against_each_parent(keyhole, guarded, writer, workflow_writer, request):
    branch = _branch(request)
    keyhole.git("checkout", "-q", "-b", "side", at=guarded)
    keyhole.commit(guarded, {"side.txt": "side\n"})
    keyhole.git("checkout", "-q", "main", at=guarded)
    keyhole.commit(guarded, {WORKFLOW: "on: [push, pull_request]\n"})
    _push(keyhole, guarded, workflow_writer, f"main:refs/heads/{branch}-main", check=True)
    _push(keyhole, guarded, writer, f"side:refs/heads/{branch}-side", check=True)
    keyhole.git("checkout", "-q", "side", at=guarded)
    keyhole.git("merge", "-q", "-s", "ours", "-m", "undo the workflow's change", "main", at=guarded)
    done = _push(keyhole, guarded, writer, f"HEAD:refs/heads/{branch}-merged")
    assert "workflows" in done.stderr
    assert done.returncode != 0


@pytest.mark.parametrize(
    "change",
    [
        "rename-into",
        "rename-out",
        "delete",
        "mode",
        "case",
        "folder-case",
        "short-name",
        "symlink",
        "github-symlink",
        "submodule",
        "nested",
    ],
)
def test_G11_every_way_to_change_a_workflow(keyhole, guarded, writer, change, request):
    _CHANGES[change](keyhole, guarded)
    keyhole.git("commit", "-q", "-m", change, at=guarded)
    done = _push(keyhole, guarded, writer, f"HEAD:refs/heads/{_branch(request)}")
    assert done.returncode != 0
    assert "without `workflows` permission" in done.stderr


def _rename(keyhole, work, old, new):
    (work / new).parent.mkdir(parents=True, exist_ok=True)
    keyhole.git("mv", old, new, at=work)


def _entry(keyhole, work, mode, path):
    blob = keyhole.git("rev-parse", "HEAD:README.md", at=work).stdout.strip()
    if mode == "160000":
        blob = keyhole.git("rev-parse", "HEAD", at=work).stdout.strip()
    keyhole.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}", at=work)


def _github_link(keyhole, work):
    keyhole.git("rm", "-q", "-r", ".github", at=work)
    (work / ".github").symlink_to("elsewhere")
    keyhole.git("add", ".github", at=work)


_CHANGES = {
    "rename-into": lambda k, w: _rename(k, w, "README.md", ".github/workflows/readme.yml"),
    "rename-out": lambda k, w: _rename(k, w, WORKFLOW, "ci.yml"),
    "delete": lambda k, w: k.git("rm", "-q", WORKFLOW, at=w),
    "mode": lambda k, w: k.git("update-index", "--chmod=+x", WORKFLOW, at=w),
    "case": lambda k, w: _entry(k, w, "100644", ".github/Workflows/x.yml"),
    "folder-case": lambda k, w: _entry(k, w, "100644", ".GitHub/workflows/x.yml"),
    "short-name": lambda k, w: _entry(k, w, "100644", "GITHUB~1/workflows/x.yml"),
    "symlink": lambda k, w: _entry(k, w, "120000", ".github/workflows/link.yml"),
    "github-symlink": _github_link,
    "submodule": lambda k, w: _entry(k, w, "160000", ".github/workflows/module"),
    "nested": lambda k, w: _entry(k, w, "100644", ".github/workflows/deep/er/x.yml"),
}


def test_new_branches_at_commits_that_are_there_bring_nothing_new(keyhole, guarded, writer, request):
    _push(keyhole, guarded, writer, f"HEAD:refs/heads/{_branch(request)}", check=True)


@pytest.mark.parametrize(
    "path",
    [
        "docs/.github/workflows/x.yml",
        ".github/workflows.md",
        ".github/dependabot.yml",
        "github/workflows/x.yml",
        ".githubx/workflows/x.yml",
    ],
)
def test_what_only_resembles_a_workflow_is_none(keyhole, work, writer, path, request):
    keyhole.commit(work, {path: "x\n"})
    _push(keyhole, work, writer, f"HEAD:refs/heads/{_branch(request)}", check=True)


def test_G9_objects_that_no_pushed_ref_reaches_are_dropped(keyhole, work, writer, request):
    shown = keyhole.commit(work, {"shown.txt": "shown\n"})
    hidden = keyhole.commit(work, {"hidden.txt": "hidden\n", WORKFLOW: "on: push\n"})
    keyhole.git("reset", "-q", "--hard", shown, at=work)
    pack = _pack(keyhole, work, hidden)
    _, body = _raw_push(keyhole, work, writer, {f"refs/heads/{_branch(request)}": "HEAD"}, pack)
    assert b"unpack ok" in body
    assert b"ng " not in body
    git_dir = keyhole.repositories / "push/app.git"
    assert keyhole.git(f"--git-dir={git_dir}", "cat-file", "-e", shown).returncode == 0
    assert keyhole.git(f"--git-dir={git_dir}", "cat-file", "-e", hidden, check=False).returncode != 0


def test_G12_objects_that_are_missing_refuse_the_push(keyhole, work, writer, request):
    middle = keyhole.commit(work, {"one.txt": "one\n"})
    keyhole.commit(work, {"two.txt": "two\n"})
    pack = _pack(keyhole, work, keyhole.git("rev-parse", "HEAD", at=work).stdout.strip(), without=(middle,))
    before = _refs(keyhole, "push/app")
    _, body = _raw_push(keyhole, work, writer, {f"refs/heads/{_branch(request)}": "HEAD"}, pack)
    assert b"ng refs/heads/" in body
    assert _refs(keyhole, "push/app") == before


def test_G12_a_ref_that_moved_meanwhile_moves_nothing(keyhole, work, writer, request):
    keyhole.commit(work, {"a": "1"})
    before = _refs(keyhole, "push/app")
    _, body = _raw_push(
        keyhole, work, writer, {f"refs/heads/{_branch(request)}": "HEAD", "refs/heads/main": "HEAD"}
    )
    assert b"ng refs/heads/main" in body
    assert b"ok refs" not in body
    assert _refs(keyhole, "push/app") == before


BAD_PACKS = {
    "G16-not-a-pack": lambda good: b"JUNK" + good[4:],
    "G16-version-9": lambda good: good[:4] + b"\0\0\0\x09" + good[8:],
    "G16-bad-checksum": lambda good: good[:-1] + bytes([good[-1] ^ 1]),
    "G16-flipped-byte": lambda good: good[:20] + bytes([good[20] ^ 0xFF]) + good[21:],
    "G16-count-too-high": lambda good: good[:8] + b"\0\0\0\x63" + good[12:],
    "G16-count-huge": lambda good: good[:8] + b"\xff\xff\xff\xff" + good[12:],
    "G5-trailing-bytes": lambda good: good + b"PACK trailing",
    "G5-trailing-megabyte": lambda good: good + b"x" * 1_000_000,
    "G14-cut": lambda good: good[:-30],
    "G14-header-only": lambda good: good[:12],
    "G14-nothing": lambda _good: b"",
    "G16-two-packs": lambda good: good + good,
}


@pytest.mark.parametrize("name", BAD_PACKS)
def test_bad_packs_move_nothing_and_leave_nothing(keyhole, work, writer, name, request):
    keyhole.commit(work, {"a": name})
    good = _pack(keyhole, work, keyhole.git("rev-parse", "HEAD", at=work).stdout.strip())
    before, objects = _refs(keyhole, "push/app"), _objects(keyhole, "push/app")
    status, body = _raw_push(
        keyhole, work, writer, {f"refs/heads/{_branch(request)}": "HEAD"}, BAD_PACKS[name](good)
    )
    assert (status, b"ng refs/heads/" in body) == (200, True)
    assert _refs(keyhole, "push/app") == before
    assert _objects(keyhole, "push/app") == objects


def _bomb(target_size: int) -> bytes:
    """A pack of some kilobytes whose one delta asks for a target of this many bytes."""
    base = bytes(0xFFFFFF)
    copies, last = divmod(target_size, len(base))
    assert last == 0
    delta = _varint(len(base)) + _varint(target_size) + (b"\xf0" + b"\xff\xff\xff") * copies
    first = _object_header(3, len(base)) + zlib.compress(base)
    second = _object_header(6, len(delta)) + _offset(len(first)) + zlib.compress(delta)
    body = b"PACK" + (2).to_bytes(4) + (2).to_bytes(4) + first + second
    return body + hashlib.sha1(body).digest()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _object_header(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 15, size >> 4
    return bytes([first]) if size == 0 else bytes([first | 128]) + _varint(size)


def _offset(number: int) -> bytes:
    out = [number & 127]
    while number := number >> 7:
        number -= 1
        out.append(number & 127 | 128)
    return bytes(reversed(out))


def test_G16_a_delta_that_would_take_all_memory_is_refused(keyhole, work, writer, request):
    bomb = _bomb(0xFFFFFF * 640)  # 10 GB
    assert len(bomb) < 100_000
    objects = _objects(keyhole, "push/app")
    _, body = _raw_push(keyhole, work, writer, {f"refs/heads/{_branch(request)}": "HEAD"}, bomb)
    assert b"unpack ok" not in body
    assert b"memory" in body
    assert _objects(keyhole, "push/app") == objects
    _, body = _raw_push(
        keyhole, work, writer, {f"refs/heads/{_branch(request)}": "HEAD"}, _bomb(0xFFFFFF * 2)
    )
    assert b"unpack ok" in body  # the same pack with a target that fits is one; nothing in it is kept
    assert _objects(keyhole, "push/app") == objects


def test_G17_submodule_settings_that_would_run_something_are_refused(keyhole, work, writer, request):
    keyhole.commit(work, {".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch /tmp/x\n'})
    done = _push(keyhole, work, writer, f"HEAD:refs/heads/{_branch(request)}")
    assert "gitmodules" in done.stderr.lower()


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", ".g\u200cit"])
def test_G17_trees_that_write_into_git_itself_are_refused(keyhole, work, writer, name, request):
    blob = keyhole.git("rev-parse", "HEAD:README.md", at=work).stdout.strip()
    content = f"100644 {name}".encode() + b"\0" + bytes.fromhex(blob)
    tree = (
        subprocess.run(
            ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
            cwd=work,
            input=content,
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
    )
    commit = keyhole.git("commit-tree", "-m", "bad", tree, at=work).stdout.strip()
    _, body = _raw_push(keyhole, work, writer, {f"refs/heads/{_branch(request)}": commit})
    assert b"unpack ok" not in body


def test_the_branch_that_is_checked_out_is_not_pulled_away(keyhole, request):
    keyhole.make_repo("push/worked-on", bare=False)
    token = keyhole.token("push/worked-on", contents="write")
    work = keyhole.clone("push/worked-on", token)
    keyhole.commit(work, {"a": "1"})
    done = _push(keyhole, work, token, "main")
    assert "branch is currently checked out" in done.stderr
    _push(keyhole, work, token, "main:refs/heads/side", check=True)


def test_the_current_branch_is_not_deleted(keyhole, work, writer):
    assert (
        "deletion of the current branch prohibited" in _push(keyhole, work, writer, "--delete", "main").stderr
    )


def test_two_thousand_tags_go_in_and_out_at_once(keyhole, work, writer):
    commands = "".join(f"create refs/tags/many/{number} HEAD\n" for number in range(2000))
    subprocess.run(["git", "update-ref", "--stdin"], cwd=work, input=commands.encode(), check=True)
    _push(keyhole, work, writer, "-q", "refs/tags/many/*:refs/tags/many/*", check=True)
    assert len([ref for ref in _refs(keyhole, "push/app") if "/many/" in ref]) == 2000
    _push(keyhole, work, writer, "-q", "--prune", "refs/nothing/*:refs/tags/many/*", check=True)
    assert not [ref for ref in _refs(keyhole, "push/app") if "/many/" in ref]


def test_a_push_from_a_shallow_clone_joins_the_history(keyhole, writer, request):
    work = keyhole.clone("push/app", writer, "--depth=1")
    commit = keyhole.commit(work, {"from-shallow": "1"})
    _push(keyhole, work, writer, f"HEAD:refs/heads/{_branch(request)}", check=True)
    assert commit in _refs(keyhole, "push/app").values()


def test_the_first_push_into_an_empty_repository(keyhole):
    target = keyhole.repositories / "push/empty.git"
    keyhole.git("init", "-q", "--bare", "-b", "main", str(target))
    keyhole.connect()
    token = keyhole.token("push/empty", contents="write")
    work = keyhole.clone("push/empty", token)
    keyhole.git("checkout", "-q", "-b", "main", at=work)
    keyhole.commit(work, {"a": "1"})
    _push(keyhole, work, token, "main", check=True)
    assert "refs/heads/main" in _refs(keyhole, "push/empty")


def test_an_sha256_repository(keyhole):
    target = keyhole.repositories / "push/modern.git"
    keyhole.git("init", "-q", "--bare", "-b", "main", "--object-format=sha256", str(target))
    keyhole.connect()
    token = keyhole.token("push/modern", contents="write")
    work = keyhole.folder / "modern"
    keyhole.git("init", "-q", "-b", "main", "--object-format=sha256", str(work))
    keyhole.commit(work, {"a": "1"})
    keyhole.git("push", "-q", f"{keyhole.url}/push/modern.git", "main", at=work, token=token)
    assert len(_refs(keyhole, "push/modern")["refs/heads/main"]) == 64
    again = keyhole.clone("push/modern", token)
    assert (again / "a").read_text() == "1"


def test_large_pushes_come_in_chunks_after_a_probe(keyhole, work, writer, request):
    (work / "large.bin").write_bytes(os.urandom(4_000_000))
    keyhole.commit(work, {"a": "1"})
    keyhole.git(
        "-c",
        "http.postBuffer=65536",
        "push",
        "-q",
        "origin",
        f"HEAD:refs/heads/{_branch(request)}",
        at=work,
        token=writer,
    )


def test_a_branch_that_only_points_to_another_one_is_not_moved_and_neither_is_the_other(
    keyhole, work, writer
):
    git_dir = keyhole.repositories / "push/app.git"
    keyhole.git(f"--git-dir={git_dir}", "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    before = _refs(keyhole, "push/app")
    keyhole.git("commit", "--quiet", "--allow-empty", "-m", "by another name", at=work)
    done = _push(keyhole, work, writer, "HEAD:refs/heads/alias")
    assert done.returncode != 0
    assert "only points to another one" in done.stderr
    assert _refs(keyhole, "push/app") == before
