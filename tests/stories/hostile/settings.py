"""Repositories whose own configuration runs programs, calls somebody, borrows, hides or cuts off."""

from __future__ import annotations

import subprocess

from tests.stories.hostile.yard import Verdict, Yard, case, git


@case(Verdict.FOUND)
def a_configuration_full_of_programs(yard):
    yard.commit({"a": yard.token, ".gitattributes": b"* filter=evil diff=evil merge=evil\n"})
    (yard.path / "info").mkdir(exist_ok=True)
    (yard.path / "info" / "attributes").write_text("* filter=evil diff=evil\n")
    run = yard.program
    yard.config(
        f"[core]\n fsmonitor={run}\n hooksPath={yard.folder}\n pager={run}\n sshCommand={run}\n askPass={run}\n"
        f'[filter "evil"]\n smudge={run}\n process={run}\n clean={run}\n'
        f'[diff "evil"]\n textconv={run}\n command={run}\n'
        f"[diff]\n external={run}\n[log]\n showSignature=true\n[gpg]\n program={run}\n[credential]\n helper=!{run}\n"
        f"[uploadpack]\n packObjectsHook={run}\n[alias]\n cat-file=!{run}\n rev-list=!{run}\n[pager]\n rev-list={run}\n"
    )


@case(Verdict.FOUND)
def hooks_of_all_names(yard):
    yard.commit({"a": yard.token})
    for name in (
        "post-checkout",
        "reference-transaction",
        "post-index-change",
        "pre-auto-gc",
        "fsmonitor-watchman",
    ):
        (yard.path / "hooks" / name).write_bytes(yard.program.read_bytes())
        (yard.path / "hooks" / name).chmod(0o755)


@case(Verdict.FOUND)
def attributes_that_convert(yard):
    lines = (
        b"* export-subst ident working-tree-encoding=UTF-16 eol=crlf\na export-ignore binary -diff -text\n"
    )
    yard.commit({"a": yard.token, ".gitattributes": lines})


@case(Verdict.NOT_CLEAN)
def a_configuration_that_includes_itself_and_others(yard):
    yard.commit({"a": yard.token})
    yard.config(f"[include]\n path={yard.path}/config\n path={yard.outside}\n path=/proc/self/environ\n")


@case(Verdict.FOUND)
def a_work_tree_that_is_everything(yard):
    yard.commit({"a": yard.token})
    yard.config("[core]\n bare=false\n worktree=/\n")


@case(Verdict.INCOMPLETE, "git does not take this for a repository")
def a_configuration_that_cannot_be_read(yard):
    yard.commit({"a": yard.token})
    yard.config("[core\n")


@case(Verdict.INCOMPLETE, "git does not take this for a repository")
def a_format_of_the_future(yard):
    yard.commit({"a": yard.token})
    yard.config("[core]\n repositoryformatversion=99\n")


@case(Verdict.INCOMPLETE)
def a_partial_clone_that_would_fetch(yard):
    yard.commit({"a": yard.token, "gone": b"to be fetched\n"})
    blob = yard.repo.git("rev-parse", "main:gone")
    (yard.path / "objects" / blob[:2] / blob[2:]).unlink()
    yard.config(
        "[core]\n repositoryformatversion=1\n[extensions]\n partialClone=origin\n"
        f'[remote "origin"]\n url=http://{yard.address}/x.git\n promisor=true\n vcs=ext\n'
    )


@case(Verdict.INCOMPLETE)
def a_partial_clone_in_a_pack(yard):
    yard.commit({"a": yard.token, "gone": b"to be fetched\n"})
    blob = yard.repo.git("rev-parse", "main:gone")
    (yard.path / "objects" / blob[:2] / blob[2:]).unlink()
    ids = "\n".join(
        yard.repo.git("rev-list", "--objects", "--missing=allow-any", "--no-object-names", "--all").split()
    )
    kept = "\n".join(each for each in ids.split() if each != blob)
    name = yard.repo.git("pack-objects", str(yard.path / "objects/pack/pack"), stdin=(kept + "\n").encode())
    (yard.path / "objects" / "pack" / f"pack-{name}.promisor").touch()
    yard.config(
        f'[remote "origin"]\n url=ext::{yard.program}\n promisor=true\n[protocol "ext"]\n allow=always\n'
    )


@case(Verdict.INCOMPLETE, "alternates")
def objects_of_somebody_else(yard):
    other = Yard(yard.folder / "victim", yard.token, yard.address)
    other.commit({"a": yard.token})
    (yard.path / "objects" / "info" / "alternates").write_text(f"{other.path}/objects\n")
    yard.ref("refs/heads/main", other.repo.tip())


@case(Verdict.INCOMPLETE, "alternates")
def objects_of_itself_in_a_circle(yard):
    yard.commit({"a": yard.token})
    (yard.path / "objects" / "info" / "alternates").write_text(f"{yard.path}/objects\n../objects\n")


@case(Verdict.FOUND)
def alternates_over_http(yard):
    yard.commit({"a": yard.token})
    (yard.path / "objects" / "info" / "http-alternates").write_text(f"http://{yard.address}/objects\n")


@case(Verdict.FOUND)
def history_that_was_replaced(yard):
    yard.commit({"a": yard.token})
    last = yard.commit({"a": b"clean\n"})
    innocent = yard.commit({"b": b"1"}, branch="innocent", parents=[])
    yard.ref(f"refs/replace/{last}", innocent)
    (yard.path / "info").mkdir(exist_ok=True)
    (yard.path / "info" / "grafts").write_text(f"{last}\n")


@case(Verdict.NOT_CLEAN)
def history_that_was_cut_off(yard):
    yard.commit({"a": yard.token})
    last = yard.commit({"a": b"clean\n"})
    (yard.path / "shallow").write_text(f"{last}\n")


@case(Verdict.NOT_CLEAN)
def refs_that_lead_nowhere_and_in_circles(yard):
    yard.commit({"a": yard.token})
    (yard.path / "refs/heads/one").write_text("ref: refs/heads/two\n")
    (yard.path / "refs/heads/two").write_text("ref: refs/heads/one\n")
    yard.ref("refs/heads/gone", "3" * 40)
    (yard.path / "refs/heads/junk").write_bytes(b"\0\xff" * 50)
    (yard.path / "HEAD").write_text("ref: refs/heads/one\n")


@case(Verdict.FOUND)
def another_kind_of_ids(yard):
    path = yard.folder / "sha256.git"
    git(yard.folder, "init", "-q", "--bare", "-b", "main", "--object-format=sha256", str(path))
    work = yard.folder / "work"
    work.mkdir()
    (work / "a").write_bytes(yard.token)
    run = [
        "git",
        f"--git-dir={path}",
        f"--work-tree={work}",
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.invalid",
    ]
    for args in (["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*run, *args], check=True, cwd=work)
    yard.path = path


@case(Verdict.FOUND)
def a_commit_graph_that_lies(yard):
    yard.commit({"a": yard.token})
    yard.commit({"a": b"clean\n"})
    (yard.path / "objects" / "info").mkdir(exist_ok=True)
    (yard.path / "objects" / "info" / "commit-graph").write_bytes(b"CGPH\1\1\3\0" + b"\xff" * 400)
