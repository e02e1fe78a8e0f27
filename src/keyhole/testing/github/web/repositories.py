"""Pages of accounts and repositories: enough for links in answers to lead somewhere. And files by signed address."""

from __future__ import annotations

from keyhole.providers.gitcli import run
from keyhole.testing.github import gitdata
from keyhole.testing.github.web.frame import Asked, Page, not_there, page
from keyhole.testing.github.web.html import el
from keyhole.testing.github.world import Repository


def account(asked: Asked, login: str) -> Page:
    """An account and what one sees of it."""
    found = asked.world.account(login)
    if found is None:
        return not_there(asked)
    seen = [
        each
        for each in asked.world.repositories.values()
        if each.owner is found and asked.world.role(asked.user, each) != "none"
    ]
    return page(
        asked,
        found.login,
        el(
            "p",
            f"{'An organization' if found.kind == 'Organization' else 'A person'} of the sandbox.",
            class_="lead",
        ),
        el("h2", "Repositories"),
        el("ul", [el("li", el("a", each.full_name, href=f"/{each.full_name}")) for each in seen])
        if seen
        else el("p", "None that you see."),
        crumbs=(("Start", "/"),),
    )


def one(asked: Asked, full_name: str) -> Page:
    """A repository: how to clone it, and its newest commits."""
    found = asked.world.repository(full_name) or asked.world.renamed(full_name)
    if found is None or asked.world.role(asked.user, found) == "none":
        return not_there(asked)
    tip = gitdata.resolve(found.git_dir, "HEAD")
    names = (
        run(found.git_dir, "ls-tree", "--name-only", "-z", tip).decode("utf-8", "replace").split("\0")
        if tip
        else []
    )
    return page(
        asked,
        found.full_name,
        el("p", f"{'Private' if found.private else 'Public'}. Id {found.id}.", class_="lead"),
        el("h2", "Clone"),
        el("p", el("code", f"git clone {asked.base}/{found.full_name}.git")),
        el("p", "The password is a token with Contents: Read-only.", class_="hint"),
        el("h2", f"Files on {found.default_branch}"),
        el("ul", [el("li", name) for name in names if name]) if tip else el("p", "No commits yet."),
        crumbs=(("Start", "/"), (found.owner.login, f"/{found.owner.login}")),
    )


def raw(asked: Asked, full_name: str, ref: str, path: str) -> Page:
    """A file; of a private repository only with the signature that the API gave."""
    found = asked.world.repository(full_name)
    commit = gitdata.resolve(found.git_dir, ref) if found is not None else None
    oid = gitdata.resolve_path(found.git_dir, commit, path) if found is not None and commit else None
    if found is None or oid is None or not _signed(asked, found, oid):
        return Page("404: Not Found", 404, {"Content-Type": "text/plain; charset=utf-8"})
    return Page(gitdata.read(found.git_dir, oid, "blob"), 200, {"Content-Type": "text/plain; charset=utf-8"})


def archive(asked: Asked, full_name: str, kind: str, commit: str) -> Page:
    """The code as one file, with the signature that the API gave."""
    found = asked.world.repository(full_name)
    if found is None or gitdata.resolve(found.git_dir, commit) is None or not _signed(asked, found, commit):
        return Page("404: Not Found", 404, {"Content-Type": "text/plain; charset=utf-8"})
    prefix = f"--prefix={found.owner.login}-{found.name}-{commit[:7]}/"
    data = run(found.git_dir, "archive", f"--format={kind}", prefix, commit, filters=(), timeout=120.0)
    return Page(data, 200, {"Content-Type": "application/zip" if kind == "zip" else "application/x-gzip"})


def _signed(asked: Asked, found: Repository, oid: str) -> bool:
    return not found.private or asked.given("token") == f"SANDBOX{oid[:20].upper()}"
