"""Git read into values: refs, trees, history, differences, odd bytes and limits."""

from __future__ import annotations

import asyncio
import io
import tarfile

import pytest

from keyhole.core.errors import Unavailable
from keyhole.gateway.rest.gitread import archives, commits, diffs, history, objects, process, refs, trees
from keyhole.providers.gitcli import GitError


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture
def repository(scratch):
    scratch.commit("first\n\nwith a body", **{"README.md": "hello\n", "src/app.py": "one\ntwo\n"})
    (scratch.work / "link").symlink_to("README.md")
    scratch.commit("second", at=1_700_000_100, **{"src/app.py": "one\n2\nthree\n", "src/with space.txt": "x"})
    scratch.git("tag", "-a", "v1", "-m", "version one")
    scratch.git("tag", "light")
    scratch.git("branch", "feature/one")
    return scratch


class TestRefs:
    def test_branches_and_annotated_tags_are_told_apart(self, repository):
        bare = repository.publish()
        found = {ref.name: ref for ref in run(refs.list_refs(bare, "refs/heads/", "refs/tags/"))}
        tip = repository.git("rev-parse", "HEAD")
        assert set(found) == {"refs/heads/main", "refs/heads/feature/one", "refs/tags/v1", "refs/tags/light"}
        assert (found["refs/tags/v1"].kind, found["refs/tags/v1"].peeled) == ("tag", tip)
        assert (found["refs/tags/light"].kind, found["refs/tags/light"].oid) == ("commit", tip)
        assert found["refs/heads/feature/one"].short == "feature/one"

    @pytest.mark.parametrize(
        "name", ["main", "heads/main", "refs/heads/main", "v1", "tags/v1", "HEAD", "feature/one"]
    )
    def test_each_spelling_of_a_name_leads_to_the_commit(self, repository, name):
        info = run(refs.resolve(repository.publish(), name))
        assert info.oid == repository.git("rev-parse", "HEAD")

    def test_whole_and_short_object_ids_lead_to_the_commit(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        bare = repository.publish()
        assert [run(refs.resolve(bare, name)).oid for name in (tip, tip.upper(), tip[:8])] == [tip] * 3

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "nothing",
            "main~1",
            "main^",
            "HEAD~1",
            "main@{0}",
            "-q",
            "--all",
            "main..v1",
            "refs/../main",
            "a b",
            "a\nHEAD",
            "main^{tree}",
            ":/second",
            "refs/stash",
            "@",
        ],
    )
    def test_N9_what_is_no_name_finds_nothing(self, repository, name):
        assert run(refs.resolve(repository.publish(), name)) is None

    def test_private_refs_of_a_working_repository_are_not_shown(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        bare = repository.publish()
        repository.git("--git-dir", str(bare), "update-ref", "refs/stash", tip)
        repository.git("--git-dir", str(bare), "update-ref", "refs/remotes/origin/x", tip)
        assert all(
            ref.name.startswith(("refs/heads/", "refs/tags/")) for ref in run(refs.list_refs(bare, "refs/"))
        )
        assert run(refs.resolve(bare, "refs/remotes/origin/x")) is None

    def test_head_of_a_new_and_of_a_detached_repository(self, repository, tmp_path):
        assert run(refs.head(repository.publish())) == "main"
        repository.git(
            "--git-dir",
            str(repository.bare),
            "update-ref",
            "--no-deref",
            "HEAD",
            repository.git("rev-parse", "HEAD"),
        )
        assert run(refs.head(repository.bare)) == ""


class TestTrees:
    def test_a_folder_a_link_and_a_file_with_a_space(self, repository):
        listing = run(trees.list_tree(repository.publish(), repository.git("rev-parse", "HEAD^{tree}")))
        assert [(entry.path, entry.kind, entry.mode) for entry in listing.entries] == [
            ("README.md", "blob", "100644"),
            ("link", "blob", "120000"),
            ("src", "tree", "040000"),
        ]

    def test_recursive_listing_names_folders_and_files(self, repository):
        tree = repository.git("rev-parse", "HEAD^{tree}")
        listing = run(trees.list_tree(repository.publish(), tree, recursive=True))
        assert [entry.path for entry in listing.entries] == [
            "README.md",
            "link",
            "src",
            "src/app.py",
            "src/with space.txt",
        ]
        assert not listing.truncated

    def test_C1_a_tree_bomb_is_cut_and_says_so(self, scratch):
        blob = scratch.git("hash-object", "-w", "--stdin", stdin=b"boom")
        tree = scratch.git(
            "mktree", stdin="".join(f"100644 blob {blob}\tf{i:02}\n" for i in range(20)).encode()
        )
        for _ in range(5):
            tree = scratch.git(
                "mktree", stdin="".join(f"040000 tree {tree}\td{i:02}\n" for i in range(20)).encode()
            )
        listing = run(trees.list_tree(scratch.work / ".git", tree, recursive=True))
        assert listing.truncated
        assert len(listing.entries) <= trees.MOST_ENTRIES

    @pytest.mark.parametrize(
        "path", ["*", "src/*", "nothing", "src/app.py/x", ":README.md", ":(top)src", "src/a?p.py"]
    )
    def test_no_path_is_a_pattern(self, repository, path):
        tree = repository.git("rev-parse", "HEAD^{tree}")
        assert run(trees.entry_at(repository.publish(), tree, path)) is None

    def test_a_file_whose_name_is_not_utf8_keeps_its_bytes(self, scratch):
        blob = scratch.git("hash-object", "-w", "--stdin", stdin=b"x")
        tree = scratch.git("mktree", "-z", stdin=b"100644 blob " + blob.encode() + b"\tcaf\xe9\n.txt\0")
        entry = run(trees.list_tree(scratch.work / ".git", tree)).entries[0]
        assert entry.path.encode("utf-8", "surrogateescape") == b"caf\xe9\n.txt"


class TestHistory:
    def test_lists_newest_first_and_counts(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        bare = repository.publish()
        wanted = history.Wanted((tip,))
        assert [commit.message for commit in run(history.list_commits(bare, wanted))] == [
            "second\n",
            "first\n\nwith a body\n",
        ]
        assert run(history.count_commits(bare, wanted)) == 2
        assert [commit.message for commit in run(history.list_commits(bare, wanted, skip=1, count=1))] == [
            "first\n\nwith a body\n"
        ]

    def test_filters_by_path_author_and_time(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        bare = repository.publish()
        assert run(history.count_commits(bare, history.Wanted((tip,), path="README.md"))) == 1
        assert run(history.count_commits(bare, history.Wanted((tip,), path="*.md"))) == 0
        assert run(history.count_commits(bare, history.Wanted((tip,), author="AUTHOR@example"))) == 2
        assert run(history.count_commits(bare, history.Wanted((tip,), author=".*"))) == 0
        assert run(history.count_commits(bare, history.Wanted((tip,), author="--all"))) == 0
        first = run(history.read_commits(bare, [tip]))[0].committer.at
        assert run(history.count_commits(bare, history.Wanted((tip,), since=first))) == 1

    def test_contributors_are_counted_by_email(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        assert run(history.contributors(repository.publish(), tip)) == [
            ("Test Author", "author@example.invalid", 2)
        ]

    def test_merge_base_of_unrelated_histories_is_none(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        repository.git("checkout", "--quiet", "--orphan", "other")
        other = repository.commit("unrelated")
        bare = repository.publish()
        assert run(history.merge_base(bare, tip, other)) is None
        assert run(history.merge_base(bare, tip, repository.git("rev-parse", "main~1"))) == repository.git(
            "rev-parse", "main~1"
        )


class TestCommitObjects:
    def test_odd_bytes_do_not_hide_a_commit(self):
        data = (
            b"tree " + b"0" * 40 + b"\nauthor J\xf6rg <j@x> 99999999999999999 +9999\ncommitter nobody\n"
            b"encoding latin-1\n\ncaf\xe9"
        )
        commit = commits.parse_commit("f" * 40, data)
        assert (commit.author.name, commit.author.email, commit.author.at.year) == ("Jörg", "j@x", 1970)
        assert (commit.message, commit.parents, commit.signature) == ("café", (), None)

    def test_a_signature_and_what_it_signs(self):
        head = b"tree " + b"0" * 40 + b"\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000"
        commit = commits.parse_commit(
            "f" * 40, head + b"\ngpgsig -----BEGIN\n \n line\n -----END\n\nmessage\n"
        )
        assert commit.signature == "-----BEGIN\n\nline\n-----END"
        assert commit.payload == head.decode() + "\n\nmessage\n"

    def test_an_unknown_encoding_is_no_error(self):
        commit = commits.parse_commit("f" * 40, b"tree x\nencoding nonsense-8\n\n\xff")
        assert commit.message == "�"


class TestObjects:
    def test_names_with_white_space_are_never_asked(self, repository):
        assert run(objects.look_up(repository.publish(), ["HEAD\nHEAD", "HEAD"])) == [None, None]

    def test_missing_objects_are_none_and_order_is_kept(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        found = run(objects.read(repository.publish(), ["1" * 40, tip]))
        assert found[0] is None
        assert found[1].info.oid == tip


class TestDifferences:
    def test_every_status_with_numbers_and_patch(self, repository):
        before = repository.git("rev-parse", "HEAD")
        repository.git("mv", "src/with space.txt", "src/renamed.txt")
        (repository.work / "link").unlink()
        after = repository.commit(
            "third",
            **{
                "link": "a file now\n",
                "new": "1\n2\n",
                "README.md": None,
                "bin": "\0\1\2",
                "src/app.py": "one\n2\nthree\ndiff --git a/x b/x\n",
            },
        )
        found = {change.path: change for change in run(diffs.changes(repository.publish(), before, after))}
        assert {path: (c.status, c.additions, c.deletions) for path, c in found.items()} == {
            "README.md": ("removed", 0, 1),
            "bin": ("added", 0, 0),
            "link": ("changed", 1, 1),
            "new": ("added", 2, 0),
            "src/app.py": ("modified", 1, 0),
            "src/renamed.txt": ("renamed", 0, 0),
        }
        assert found["src/renamed.txt"].previous == "src/with space.txt"
        assert found["new"].patch == "@@ -0,0 +1,2 @@\n+1\n+2"
        assert found["src/app.py"].patch.endswith("+diff --git a/x b/x")
        assert found["bin"].patch is None

    def test_the_first_commit_adds_everything(self, repository):
        root = repository.git("rev-list", "--max-parents=0", "HEAD")
        assert [(c.path, c.status) for c in run(diffs.changes(repository.publish(), None, root))] == [
            ("README.md", "added"),
            ("src/app.py", "added"),
        ]

    def test_as_mail_is_one_message_per_commit(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        bare = repository.publish()
        assert run(diffs.as_mail(bare, tip)).count(b"\nSubject: [PATCH] ") == 2
        assert run(diffs.as_mail(bare, tip, count=1)).count(b"\nSubject: [PATCH] second") == 1
        assert run(diffs.as_mail(bare, tip, without=tip)) == b""


class TestProcess:
    def test_output_beyond_the_limit_is_cut_and_the_process_gone(self, repository):
        tip = repository.git("rev-parse", "HEAD")
        captured = run(process.capture(repository.publish(), "cat-file", "commit", tip, limit=10))
        assert (len(captured.out), captured.truncated) == (10, True)

    def test_output_refuses_to_be_cut(self, repository):
        with pytest.raises(Unavailable):
            run(process.output(repository.publish(), "rev-list", "--all", limit=10))

    def test_a_command_that_fails_says_why(self, repository):
        with pytest.raises(GitError, match="bad file"):
            run(process.output(repository.publish(), "cat-file", "commit", "1" * 40))

    def test_an_archive_is_streamed_and_configured_filters_are_off(self, repository, tmp_path):
        repository.commit("attributes", **{".gitattributes": "* filter=evil\n"})
        tip = repository.git("rev-parse", "HEAD")
        bare = repository.publish()
        marker = tmp_path / "ran"
        repository.git("--git-dir", str(bare), "config", "filter.evil.smudge", f"touch {marker}; cat")

        async def collect() -> bytes:
            names = await archives.configured_filters(bare)
            return b"".join([chunk async for chunk in archives.archive(bare, "tar.gz", tip, "o-r-1", names)])

        with tarfile.open(fileobj=io.BytesIO(run(collect())), mode="r:gz") as tar:
            assert "o-r-1/README.md" in tar.getnames()
        assert not marker.exists()
