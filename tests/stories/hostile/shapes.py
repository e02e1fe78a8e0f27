"""Histories and trees of shapes that nobody works with: endlessly wide, deep, long or many."""

from __future__ import annotations

import io
import zlib

from tests.stories.hostile.yard import WHO, Verdict, case, git


@case(Verdict.CUT, "too wide")
def a_bomb_of_ten_objects_and_a_million_million_paths(yard):
    tree = yard.tree((b"100644", b"leaf", yard.raw("blob", yard.token)))
    for _ in range(12):
        tree = yard.tree(*((b"40000", b"d%d" % number, tree) for number in range(10)))
    yard.point(tree)


@case(Verdict.CUT, "too wide")
def a_bomb_for_every_commit(yard):
    for number in range(30):
        tree = yard.tree((b"100644", b"leaf", yard.raw("blob", yard.token + b"\n%d" % number)))
        for _ in range(8):
            tree = yard.tree(*((b"40000", b"d%d" % each, tree) for each in range(8)))
        yard.point(tree, more=b"parent %s\n" % yard.repo.tip().encode() if number else b"")


@case(Verdict.FOUND)
def a_hundred_thousand_names_of_one_file(yard):
    blob = yard.raw("blob", yard.token)
    yard.point(yard.tree(*((b"100644", b"%06d" % each, blob) for each in range(100_000))))


@case(Verdict.FOUND)
def a_tree_four_thousand_deep(yard):
    yard.commit({"d/" * 4000 + "end": yard.token})


@case(Verdict.FOUND)
def a_line_of_twenty_megabytes(yard):
    yard.commit({"line": b"word " * (4 << 20) + yard.token + b" word" * 100})


@case(Verdict.FOUND)
def a_secret_across_the_border_of_two_pieces(yard):
    yard.commit({"big": b"." * ((16 << 20) - 10) + b"\n" + yard.token + b"\n" + b"." * (1 << 20)})


@case(Verdict.CUT, "an object larger than 256 MiB was not read")
def a_file_of_nearly_nothing_that_is_huge(yard):
    yard.commit({"small": yard.token})
    size = 257 << 20
    squeeze, out = zlib.compressobj(1), io.BytesIO()
    out.write(squeeze.compress(b"blob %d\0" % size))
    for _ in range(257):
        out.write(squeeze.compress(bytes(1 << 20)))
    out.write(squeeze.flush())
    blob = yard.loose(out.getvalue(), "12" * 20)
    yard.point(yard.tree((b"100644", b"huge", blob)), more=b"parent %s\n" % yard.repo.tip().encode())


@case(Verdict.FOUND)
def twenty_thousand_files(yard):
    stream = b"".join(
        b"blob\ndata %d\n%s\n" % (len(text), text) for text in (b"file %d" % each for each in range(20_000))
    )
    git(yard.path, "fast-import", "--quiet", stdin=stream)
    yard.commit({"last": yard.token})


@case(Verdict.FOUND)
def fifty_thousand_refs(yard):
    tip = yard.commit({"a": yard.token})
    lines = [f"{tip} refs/heads/b{each:05d}\n" for each in range(50_000)]
    (yard.path / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines))


@case(Verdict.FOUND)
def five_thousand_commits(yard):
    stream = b"".join(
        b"commit refs/heads/main\ncommitter %s\ndata 1\nx\n%s\n"
        % (WHO, b"M 644 inline f\ndata 5\n%05d\n" % each)
        for each in range(5000)
    )
    git(yard.path, "fast-import", "--quiet", stdin=stream)
    yard.commit({"last": yard.token})


@case(Verdict.FOUND)
def a_commit_with_a_thousand_parents(yard):
    parents = [yard.commit({"x": b"%d" % each}, branch="side", parents=[]) for each in range(40)]
    tree = yard.tree((b"100644", b"a", yard.raw("blob", yard.token)))
    yard.point(tree, more=b"".join(b"parent %s\n" % each.encode() for each in parents * 25))


@case(Verdict.FOUND)
def a_message_of_ten_megabytes(yard):
    yard.commit({"a": b"1"}, message="words " * (2 << 20) + yard.token.decode())


@case(Verdict.FOUND)
def a_tag_of_a_tag_of_a_tag(yard):
    target, kind = yard.commit({"a": b"1"}), "commit"
    for each in range(1500):
        text = b"object %s\ntype %s\ntag t\ntagger %s\n\n%s\n" % (
            target.encode(), kind.encode(), WHO, yard.token if each == 0 else b"tag",
        )  # fmt: skip
        target, kind = yard.raw("tag", text), "tag"
    yard.ref("refs/tags/t", target)


@case(Verdict.FOUND)
def dates_that_are_none(yard):
    tree = yard.tree((b"100644", b"a", yard.raw("blob", yard.token)))
    who = b"A <a@example.invalid> 99999999999999999999 +9999"
    commit = yard.raw("commit", b"tree %s\nauthor %s\ncommitter %s\n\nx\n" % (tree.encode(), who, who))
    yard.ref("refs/heads/main", commit)


@case(Verdict.NOT_CLEAN)
def a_commit_without_anybody(yard):
    tree = yard.tree((b"100644", b"a", yard.raw("blob", yard.token)))
    yard.ref("refs/heads/main", yard.raw("commit", b"tree %s\n\nnobody\n" % tree.encode()))


@case(Verdict.FOUND)
def a_secret_in_no_commit_but_a_merge(yard):
    first = yard.commit({"a": b"1"})
    second = yard.commit({"b": b"2"}, branch="side", parents=[])
    yard.commit({"c": yard.token}, parents=[first, second])
