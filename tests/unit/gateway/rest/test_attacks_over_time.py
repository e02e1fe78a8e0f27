"""Attacks that need a world which changes: renamed and squatted repositories, hostile configuration."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from keyhole.core.errors import Unavailable
from keyhole.repositories.services import connect_folder
from tests.unit.gateway.rest.test_attacks import HELLO, READS, may_all, without_id


@pytest.fixture
def everything(world):
    return may_all(world)


def test_A9_an_organization_with_nothing_visible_is_absent(world, everything):
    (world.folder / "hidden").mkdir()
    (world.folder / "octo" / "secret.git").rename(world.folder / "hidden" / "thing.git")
    connect_folder(world.caller, world.folder)
    for path in ("/orgs/hidden", "/users/hidden", "/orgs/hidden/repos", "/users/hidden/repos"):
        absent = world.ask(everything, "GET", path.replace("hidden", "absent"))
        assert without_id(world.ask(everything, "GET", path)) == without_id(absent)
        assert absent.status == 404


class TestRenamed:
    @pytest.fixture
    def renamed(self, world):
        (world.folder / "octo" / "hello.git").rename(world.folder / "octo" / "renamed.git")
        return lambda: connect_folder(world.caller, world.folder)

    def test_N7_the_old_name_leads_to_the_id_and_is_judged_again_there(self, world, everything, renamed):
        number = world.repository("octo/hello").pk
        renamed()
        answer = world.ask(everything, "GET", f"{HELLO}/commits?per_page=1")
        assert answer.status == 301
        assert answer.headers["location"].endswith(f"/api/v3/repositories/{number}/commits?per_page=1")
        followed = world.ask(everything, "GET", answer.headers["location"].partition("/api/v3")[2])
        assert followed.json[0]["url"].partition("/api/v3")[2].startswith("/repos/octo/renamed/commits/")
        write = world.ask(everything, "PUT", f"{HELLO}/contents/x", {"message": "m", "content": ""})
        assert (write.status, write.json["message"]) == (307, "Moved Permanently")
        assert write.headers["location"].endswith(f"/api/v3/repositories/{number}/contents/x")

    def test_N7_who_may_not_see_it_is_told_no_new_name(self, world, renamed):
        stranger = world.token("octo", "secret", contents="read")
        renamed()
        answer = world.ask(stranger, "GET", HELLO)
        assert (answer.status, "location" in answer.headers) == (404, False)

    def test_P22_a_new_repository_under_the_old_name_is_not_reached(self, world, everything, renamed):
        renamed()
        one = world.scratch["octo/secret"]
        one.git("clone", "--quiet", "--bare", str(one.work), str(world.folder / "octo" / "hello.git"))
        connect_folder(world.caller, world.folder)
        assert world.ask(everything, "GET", HELLO).status == 404


@pytest.mark.parametrize("body", [{}, {"message": "m", "content": "eA=="}])
def test_G18_C5_attributes_and_configuration_of_a_repository_run_nothing(world, everything, tmp_path, body):
    bare = world.scratch["octo/hello"].bare
    marker = tmp_path / "ran"
    for name in (
        "core.fsmonitor",
        "core.sshCommand",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "diff.evil.command",
        "gpg.program",
        "tar.tar.gz.command",
        "uploadpack.packObjectsHook",
    ):
        world.scratch["octo/hello"].git("--git-dir", str(bare), "config", name, f"touch {marker}")
    world.scratch["octo/hello"].git("--git-dir", str(bare), "config", "extensions.worktreeConfig", "true")
    (bare / "config.worktree").write_text(
        f'[filter "evil"]\n\tsmudge = touch {marker}\n\trequired = true\n'
        f'[filter "worse"]\n\tsmudge = touch {marker}\n'
    )
    (bare / "info").mkdir(exist_ok=True)
    (bare / "info" / "attributes").write_text("* filter=evil diff=evil\n*.md filter=worse\n")
    for below in READS:
        world.ask(everything, "GET", HELLO + below)
    archive = world.ask(everything, "GET", f"{HELLO}/tarball/main?download=1")
    assert (archive.status, archive.raw[:2]) == (200, b"\x1f\x8b")
    world.ask(everything, "GET", f"{HELLO}/commits/main", Accept="application/vnd.github.diff")
    world.ask(everything, "PUT", f"{HELLO}/contents/new", body)
    assert not marker.exists()


class TestWhatBreaks:
    """A15: what fails while a request is looked up, judged or recorded ends as 503, and nothing was done."""

    @pytest.mark.parametrize(
        ("place", "error"),
        [
            ("keyhole.gateway.rest.subjects.find", OperationalError("database is locked")),
            ("keyhole.tokens.authority.decide", RuntimeError("a bug")),
            ("keyhole.tokens.authority.decide", RecursionError()),
            ("keyhole.tokens.authority.writer", Unavailable("The audit log cannot be written.")),
        ],
        ids=["look-up", "decision", "recursion", "record"],
    )
    def test_a15_ends_as_503_and_moves_nothing(self, world, everything, monkeypatch, place, error):
        def broken(*_, **__):
            raise error

        scratch = world.scratch["octo/hello"]
        before = scratch.git("--git-dir", str(scratch.bare), "for-each-ref")
        monkeypatch.setattr(place, broken)
        for method, path, body in (
            ("GET", f"{HELLO}/contents/README.md", None),
            ("PUT", f"{HELLO}/contents/new", {"message": "m", "content": "eA=="}),
            ("DELETE", f"{HELLO}/git/refs/heads/feature/one", None),
        ):
            try:
                status, raw = (answer := world.ask(everything, method, path, body)).status, answer.raw
            except Unavailable as problem:  # raised to the door, which answers it
                status, raw = problem.status, b""
            assert (status, b"hello\n" in raw) == (503, False)
        assert scratch.git("--git-dir", str(scratch.bare), "for-each-ref") == before

    def test_a_table_that_fails_after_the_verdict_is_503_too(self, world, everything, monkeypatch):
        def broken(*_, **__):
            raise OperationalError("disk I/O error")

        monkeypatch.setattr("keyhole.gateway.rest.operations.repositories.selected_by", broken)
        answer = world.ask(everything, "GET", "/user/repos")
        assert (answer.status, answer.json["message"]) == (503, "The database does not answer now.")
