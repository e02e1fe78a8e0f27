"""Names of files that are more than names, and files that are something else."""

from __future__ import annotations

from tests.stories.hostile.yard import Verdict, case


@case(Verdict.FOUND)
def names_that_steer_a_terminal(yard):
    yard.files({b"a\nb": yard.token, b"\x1b[2J\x1b]0;owned\x07": b"x", "\u202etxt.exe".encode(): b"y"})


@case(Verdict.FOUND)
def a_name_that_leads_upwards(yard):
    yard.files({b"..": yard.token, b".": b"x"})


@case(Verdict.FOUND)
def a_name_that_is_a_path(yard):
    yard.files({b"/etc/passwd": yard.token, b"../../escape": b"x"})


@case(Verdict.FOUND)
def a_folder_named_dot_git(yard):
    config = yard.raw("blob", f"[core]\n fsmonitor = {yard.program}\n".encode())
    hook = yard.raw("blob", yard.program.read_bytes())
    hooks = yard.tree((b"100755", b"post-checkout", hook))
    inside = yard.tree((b"100644", b"config", config), (b"40000", b"hooks", hooks))
    yard.point(yard.tree((b"40000", b".git", inside), (b"100644", b"a", yard.raw("blob", yard.token))))


@case(Verdict.FOUND)
def a_name_of_ten_thousand_bytes(yard):
    yard.files({b"n" * 10_000: yard.token})


@case(Verdict.FOUND)
def names_that_are_not_utf_8(yard):
    yard.files({b"\xff\xfe\x80": yard.token, b"\xc0\xaf": b"x"})


@case(Verdict.NOT_CLEAN)
def an_entry_without_a_name(yard):
    yard.files({b"": yard.token, b"ok": b"x"})


@case(Verdict.NOT_CLEAN)
def the_same_name_twice_and_out_of_order(yard):
    blob, other = yard.raw("blob", yard.token), yard.raw("blob", b"x")
    yard.point(yard.tree((b"100644", b"z", other), (b"100644", b"a", other), (b"100644", b"a", blob)))


@case(Verdict.NOT_CLEAN)
def modes_that_do_not_exist(yard):
    yard.point(
        yard.tree((b"777777", b"a", yard.raw("blob", yard.token)), (b"0", b"b", yard.raw("blob", b"x")))
    )


@case(Verdict.NOT_CLEAN)
def a_tree_that_is_no_tree(yard):
    yard.commit({"a": yard.token})
    yard.point(yard.raw("tree", b"100644 never ends"), more=b"parent %s\n" % yard.repo.tip().encode())


@case(Verdict.NOT_CLEAN)
def a_file_where_the_commit_says_tree(yard):
    yard.commit({"a": yard.token})
    yard.point(yard.raw("blob", b"no tree"), more=b"parent %s\n" % yard.repo.tip().encode())


@case(Verdict.CLEAN)
def links_to_files_of_others(yard):
    yard.commit(
        {
            "link": str(yard.outside).encode(), "environ": b"/proc/self/environ",
            "loop": b"loop", ".gitmodules": b"/etc/passwd",
        },
        modes={"link": "120000", "environ": "120000", "loop": "120000", ".gitmodules": "120000"},
    )  # fmt: skip


@case(Verdict.CLEAN)
def submodules_that_run_and_call(yard):
    modules = f'[submodule "x"]\n\tpath = x\n\turl = ext::{yard.program}\n\tupdate = !{yard.program}\n'
    modules += f'[submodule "y"]\n\tpath = y\n\turl = http://{yard.address}/y.git\n'
    blob = yard.raw("blob", modules.encode())
    yard.point(
        yard.tree((b"100644", b".gitmodules", blob), (b"160000", b"x", "1" * 40), (b"160000", b"y", "2" * 40))
    )


@case(Verdict.CLEAN)
def a_pointer_to_a_large_file_elsewhere(yard):
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize {2**60}\n"
    yard.commit(
        {"big.bin": pointer.encode(), ".lfsconfig": f"[lfs]\n\turl = http://{yard.address}/\n".encode()}
    )
