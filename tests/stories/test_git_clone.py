"""Cloning and fetching with a token, in every way that git knows."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def keyhole(keyhole_server):
    keyhole_server.make_repo("acme/app", {"README.md": "hello\n", "src/big.txt": "line\n" * 5000})
    return keyhole_server


@pytest.fixture(scope="module")
def reader(keyhole):
    return keyhole.token("acme/app", contents="read")


@pytest.mark.parametrize("version", [0, 1, 2])
def test_clone_and_fetch_in_every_protocol_version(keyhole, reader, version):
    work = keyhole.clone("acme/app", reader, f"-c protocol.version={version}")
    assert (work / "README.md").read_text() == "hello\n"
    keyhole.git("-c", f"protocol.version={version}", "fetch", "-q", at=work, token=reader)
    keyhole.git("fsck", "--strict", at=work)


@pytest.mark.parametrize(
    "options",
    [
        ("--depth=1",),
        ("--filter=blob:none",),
        ("--filter=tree:0",),
        ("--filter=blob:limit=1k",),
        ("--shallow-since=2001-01-01",),
    ],
)
def test_shallow_and_partial_clones(keyhole, reader, options):
    work = keyhole.clone("acme/app", reader, "--no-checkout", *options)
    keyhole.git("checkout", "-q", "main", at=work, token=reader)  # a partial clone fetches what it left out
    assert (work / "src/big.txt").read_text() == "line\n" * 5000


@pytest.mark.parametrize("spec", ["sparse:oid=main", "object:type=blob", "combine:blob:none+tree:1"])
def test_filters_that_cost_without_bound_are_refused(keyhole, reader, spec):
    target = keyhole.folder / "never"
    done = keyhole.git(
        "clone",
        "-q",
        f"--filter={spec}",
        f"{keyhole.url}/acme/app.git",
        str(target),
        token=reader,
        check=False,
    )
    assert done.returncode != 0
    assert not target.exists()
