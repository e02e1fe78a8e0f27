"""The slow oracle: the same question as `keyhole.core.decide`, answered a second time from the sources.

Written from the permission table, GitHub's documented facts and the promises of SECURITY.md; it shares no code with
Keyhole and imports nothing of it. No patterns, no caches, no early cleverness: every answer is a chain of plain
scans over the whole world. When this and the engine disagree, one of the two is wrong, and it is not known which.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

TABLE = json.loads((Path(__file__).parents[2] / "src/keyhole/core/github_permissions.json").read_bytes())
LEVELS = ["read", "write", "admin"]
LOWEST_PRINTABLE = 33
DELETE = 127
LONGEST_REF = 1000


@dataclass(frozen=True)
class Row:
    """One operation of the table, as its section says."""

    method: str
    path: str
    section: str
    any_of: tuple[tuple[tuple[str, str], ...], ...]
    public_ok: bool


@dataclass(frozen=True)
class Owner:
    id: int
    kind: str


@dataclass(frozen=True)
class Repo:
    id: int
    owner: int
    public: bool


@dataclass(frozen=True)
class Token:
    owner: int
    access: str
    selected: tuple[int, ...]
    permissions: tuple[tuple[str, str], ...]
    start: float
    end: float | None


@dataclass(frozen=True)
class World:
    """All there is: repositories and owners by id, tokens by name, and the time."""

    repos: tuple[Repo, ...]
    owners: tuple[Owner, ...]
    tokens: tuple[tuple[str, Token], ...]
    now: float


@dataclass(frozen=True)
class Req:
    """One request. `repos` and `owner` are ids as the request names them; ids of nothing are allowed."""

    token: str
    row: Row | None
    repos: tuple[int, ...] = ()
    owner: int | None = None
    updates: tuple[tuple[str, bool | None], ...] | None = None


@dataclass(frozen=True)
class Answer:
    allow: bool
    status: int
    reason: str


def rows() -> list[Row]:
    """Every row of the table, then the three things git asks for."""
    found = []
    for section in ("endpoints", "endpoints_available", "not_available", "unlisted"):
        for raw in TABLE[section]:
            sets = ()
            if section == "endpoints":
                sets = tuple(tuple((p["permission"], p["level"]) for p in needed) for needed in raw["any_of"])
            public = section == "endpoints" and raw["public_ok"] is True
            found.append(Row(raw["method"], raw["path"], section, sets, public))
    read, write = (("contents", "read"),), (("contents", "write"),)
    push = (write, (("contents", "write"), ("workflows", "write")))
    found.append(Row("POST", "/{owner}/{repo}.git/git-upload-pack", "endpoints", (read,), public_ok=True))
    found.append(Row("GET", "/{owner}/{repo}.git/info/refs", "endpoints", (write,), public_ok=False))
    found.append(Row("POST", "/{owner}/{repo}.git/git-receive-pack", "endpoints", push, public_ok=False))
    return found


def answer(world: World, req: Req) -> Answer:
    """What must happen to this request in this world."""
    token = None
    for name, candidate in world.tokens:
        if name == req.token:
            token = candidate
    if token is None:
        return Answer(allow=False, status=401, reason="no_such_token")
    if not token.start <= world.now:
        return Answer(allow=False, status=401, reason="not_yet_valid")
    if token.end is not None and not world.now < token.end:
        return Answer(allow=False, status=401, reason="expired")
    if req.row is None:
        return Answer(allow=False, status=404, reason="unknown_operation")
    if _something_named_is_absent(world, token, req, req.row):
        return Answer(allow=False, status=404, reason="not_visible")
    return _visible(world, token, req, req.row)


def _visible(world: World, token: Token, req: Req, row: Row) -> Answer:
    allowed = Answer(allow=True, status=200, reason="")
    if row.section in ("not_available", "unlisted"):
        return Answer(allow=False, status=403, reason="not_available")
    if row.section == "endpoints_available":
        return allowed
    everything_public = True
    for repo_id in req.repos:
        everything_public = everything_public and _repo(world, repo_id).public
    if row.public_ok and everything_public:
        return allowed
    for ref, _ in req.updates or ():
        if not may_move(ref):
            return Answer(allow=False, status=403, reason="ref_not_allowed")
    strict = _workflows_count(req)
    for needed in row.any_of:
        if strict and _has_a_workflows_twin(needed, row.any_of):
            continue
        if _holds_all(world, token, req, row, needed):
            return allowed
    if strict:
        for needed in row.any_of:
            if _has_a_workflows_twin(needed, row.any_of) and _holds_all(world, token, req, row, needed):
                return Answer(allow=False, status=403, reason="workflows_missing")
    return Answer(allow=False, status=403, reason="permission_missing")


def _something_named_is_absent(world: World, token: Token, req: Req, row: Row) -> bool:
    """Hidden and absent are the same thing, and naming something where nothing was found is absence too."""
    for repo_id in req.repos:
        repo = _repo(world, repo_id)
        if repo is None or not (repo.public or _selected(token, repo)):
            return True
    parts = row.path.replace(".git", "").split("/")
    names_one = any(part in ("{repo}", "{repo_name}", "{repository_id}", "{template_repo}") for part in parts)
    if names_one and len(req.repos) == 0:
        return True
    return "{org}" in parts and _owner(world, req.owner) is None


def _holds_all(world: World, token: Token, req: Req, row: Row, needed: tuple[tuple[str, str], ...]) -> bool:
    holds = True
    for name, level in needed:
        held = None
        for permission, its_level in token.permissions:
            if permission == name:
                held = its_level
        enough = held is not None and LEVELS.index(held) >= LEVELS.index(level)
        holds = holds and enough and _counts_here(world, token, req, row, name)
    return holds


def _counts_here(world: World, token: Token, req: Req, row: Row, name: str) -> bool:
    """Whether a permission is about what the request is about, given who the token's resource owner is."""
    group = ""
    for permission in TABLE["permissions"]:
        if permission["name"] == name:
            group = permission["group"]
    named = _owner(world, req.owner)
    is_named = named is not None and named.id == token.owner
    about_some_user = row.path.split("/")[:3] == ["", "users", "{username}"]
    kind = _owner(world, token.owner).kind
    if group == "repository" and len(req.repos) > 0:
        return all(_selected(token, _repo(world, repo_id)) for repo_id in req.repos)
    if group == "repository":
        return is_named or (named is None and not about_some_user)
    if group == "organization":
        return kind == "Organization" and is_named
    if group == "account":
        return kind == "User" and (is_named or not about_some_user)
    return False


def _workflows_count(req: Req) -> bool:
    if req.updates is None:
        return True
    return any(touches is None or touches for _, touches in req.updates)


def _has_a_workflows_twin(needed: tuple[tuple[str, str], ...], all_sets: tuple) -> bool:
    """Whether the table lists these permissions once more together with `workflows`."""
    if any(name == "workflows" for name, _ in needed):
        return False
    return any(name == "workflows" for other in all_sets for name, _ in other)


def _selected(token: Token, repo: Repo) -> bool:
    if repo.owner != token.owner:
        return False
    return token.access == "all" or (token.access == "selected" and repo.id in token.selected)


def _repo(world: World, repo_id: int) -> Repo | None:
    for repo in world.repos:
        if repo.id == repo_id:
            return repo
    return None


def _owner(world: World, owner_id: int | None) -> Owner | None:
    for owner in world.owners:
        if owner.id == owner_id:
            return owner
    return None


def may_move(ref: str) -> bool:
    """A branch or a tag, by the ten rules of git-check-ref-format(1), and no part that a tool takes for an option."""
    parts = ref.split("/")
    if (
        parts[0] != "refs"
        or len(parts) < 3
        or parts[1] not in ("heads", "tags")
        or parts[2] in ("refs", "HEAD")
    ):
        return False
    for part in parts:
        if part == "" or part[0] in ".-" or part.endswith(".lock"):
            return False
    for character in ref:
        if ord(character) < LOWEST_PRINTABLE or ord(character) == DELETE or character in "~^:?*[\\":
            return False
    try:
        length = len(ref.encode())
    except UnicodeEncodeError:
        return False
    return ".." not in ref and "@{" not in ref and not ref.endswith(".") and length <= LONGEST_REF
