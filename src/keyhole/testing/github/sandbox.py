"""`GitHub`: the sandbox as tests and the command use it."""

from __future__ import annotations

import shutil
import ssl
import tempfile
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from keyhole.testing.github import apps, gitdata, tokens
from keyhole.testing.github.api import Api
from keyhole.testing.github.faults import Faults
from keyhole.testing.github.limits import Meters
from keyhole.testing.github.record import Recorded
from keyhole.testing.github.server import Server
from keyhole.testing.github.tokens import Kind, SandboxToken, State
from keyhole.testing.github.web.router import Pages
from keyhole.testing.github.world import Account, Organization, Policy, Repository, User, World

_SEED = gitdata.Person("Sandbox", "sandbox@example.invalid")
_KEPT_REQUESTS = 20_000
Selection = Literal["all", "public"] | Collection[str]


class GitHub:
    """A GitHub with real fine-grained permissions, on this machine.

        with GitHub() as github:
            alice = github.add_user("alice")
            github.add_repository("alice/tide-api", private=True)
            token = github.add_fine_grained_token(
                alice, repositories=["alice/tide-api"], permissions={"contents": "read"}
            )

    Everything is in memory and in one temporary folder, which is removed at the end.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Path | None = None,
        key: Path | None = None,
        folder: Path | None = None,
    ) -> None:
        """`port` 0 takes a free one; `certificate` and `key` (PEM) make it speak TLS; `folder` for git data."""
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-github-", dir=folder))
        self.world = World(self._folder)
        self.meters = Meters()
        self.api = Api(self.world, self.meters)
        self.pages = Pages(self.world)
        self.faults = Faults()
        self.requests: list[Recorded] = []
        """What was asked, oldest first; the last 20,000."""
        self._scheme = "https" if certificate is not None else "http"
        self._host = host
        self._port = 0
        self._server = Server(self, host, port, _tls(certificate, key))

    def __enter__(self) -> Self:
        try:
            self._port = self._server.start()
        except OSError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.clear()
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """Address of the web pages and of git, without a slash at the end."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{self._scheme}://{host}:{self._port}"

    @property
    def api_url(self) -> str:
        """Address of the REST API."""
        return f"{self.url}/api/v3"

    @property
    def changes(self) -> int:
        """How many requests changed something: writes of the API that succeeded, and pushes that moved a ref."""
        return self.world.changes

    def record(self, request: Recorded) -> None:
        """Keeps a request for tests to look at."""
        with self.world.lock:
            self.requests.append(request)
            del self.requests[:-_KEPT_REQUESTS]

    def advance(self, by: timedelta) -> None:
        """Move the sandbox's clock: tokens expire, limits reset."""
        with self.world.lock:
            self.world.shift += by

    def add_user(self, login: str, *, name: str | None = None, email: str | None = None) -> User:
        """A person."""
        with self.world.lock:
            user = User(self._new_account(login), login, self.world.now(), name, email)
            self.world.accounts[user.id] = user
            return user

    def add_organization(
        self,
        login: str,
        *,
        owners: Sequence[User],
        members: Sequence[User] = (),
        policy: Policy | None = None,
    ) -> Organization:
        """An organization with its owners and other members."""
        with self.world.lock:
            people = {each.id: "member" for each in members} | {each.id: "admin" for each in owners}
            found = Organization(self._new_account(login), login, self.world.now(), members=people)
            found.policy = policy or Policy()
            self.world.accounts[found.id] = found
            return found

    def _new_account(self, login: str) -> int:
        if self.world.account(login) is not None:
            raise ValueError(f"there is a {login} already")
        return self.world.new_id()

    def add_repository(
        self,
        full_name: str,
        *,
        private: bool = True,
        source: Path | None = None,
        files: Mapping[str, str | bytes] | None = None,
        default_branch: str = "main",
        collaborators: Mapping[User, str] | None = None,
        description: str | None = None,
    ) -> Repository:
        """A repository of an account that exists: a copy of `source`, or one commit with `files`.

        Without either it has a README; with `files={}` it is empty. `collaborators`: person -> pull, triage, push,
        maintain or admin.
        """
        login, _, name = full_name.partition("/")
        with self.world.lock:
            owner = self.world.account(login)
            if owner is None:
                raise ValueError(f"there is no account {login}; add it first")
            if self.world.repository(full_name) is not None:
                raise ValueError(f"there is a {full_name} already")
            number = self.world.new_id()
            git_dir = self._folder / f"{number}.git"
            branch = self._fill(git_dir, name, source, files, default_branch)
            found = Repository(number, owner, name, private, git_dir, self.world.now(), branch, description)
            found.pushed_at = found.created_at
            found.collaborators = {user.id: role for user, role in (collaborators or {}).items()}
            self.world.repositories[number] = found
            self.world.moved.pop(full_name.lower(), None)
            return found

    def _fill(
        self,
        git_dir: Path,
        name: str,
        source: Path | None,
        files: Mapping[str, str | bytes] | None,
        branch: str,
    ) -> str:
        if source is not None:
            return gitdata.copy(source, git_dir)
        gitdata.create(git_dir, branch)
        wanted = {"README.md": f"# {name}\n"} if files is None else files
        if wanted:
            spelled = {
                path: text.encode() if isinstance(text, str) else text for path, text in wanted.items()
            }
            made = gitdata.commit_files(git_dir, spelled, "Initial commit", _SEED, parent=None)
            gitdata.move_ref(git_dir, f"refs/heads/{branch}", made)
        return branch

    def add_fine_grained_token(
        self,
        user: User,
        *,
        owner: str | Account | None = None,
        name: str = "token",
        repositories: Selection = "all",
        permissions: Mapping[str, str] | None = None,
        expires_at: datetime | Literal["in 30 days"] | None = "in 30 days",
        approved: bool | None = None,
        expiry_zone: str = "UTC",
    ) -> SandboxToken:
        """A fine-grained token of `user` for what belongs to `owner` (the user, if not given).

        `approved` None: as the organization's policy says; a token that waits reads only what is public. `expires_at`
        None: it does not expire, which no organization accepts unless its policy sets no longest lifetime. Raises
        ValueError for permissions that GitHub does not publish.
        """
        with self.world.lock:
            account = self._owner(owner or user)
            given = tokens.with_metadata(tokens.parse_permissions(dict(permissions or {})))
            waits = tokens.waits_for_approval(account, user) if approved is None else not approved
            access = repositories if isinstance(repositories, str) else "selected"
            if access not in {"all", "public", "selected"}:
                raise ValueError('repositories: "all", "public" or a list of full names')
            names = () if isinstance(repositories, str) else repositories
            return self._keep(
                Kind.FINE_GRAINED,
                tokens.fine_grained_text(),
                user,
                name,
                self.world.now() + timedelta(days=30) if isinstance(expires_at, str) else expires_at,
                owner=account,
                access=access,
                selected={self._repository(each).id for each in names},
                permissions=given,
                state=State.PENDING if waits else State.APPROVED,
                expiry_zone=expiry_zone,
            )

    def add_classic_token(
        self,
        user: User,
        *,
        scopes: Sequence[str] = (),
        name: str = "classic",
        expires_at: datetime | None = None,
        sso: Sequence[Organization] = (),
    ) -> SandboxToken:
        """A classic token. `sso`: organizations for which its owner authorized it to pass single sign-on."""
        text = tokens.checked_text("ghp_")
        authorized = {each.id for each in sso}
        return self._keep(Kind.CLASSIC, text, user, name, expires_at, scopes=tuple(scopes), sso=authorized)

    def add_oauth_token(
        self, user: User, *, scopes: Sequence[str] = (), name: str = "oauth app"
    ) -> SandboxToken:
        """A token that an OAuth app got for a person."""
        return self._keep(Kind.OAUTH, tokens.checked_text("gho_"), user, name, None, scopes=tuple(scopes))

    def add_app(
        self, slug: str, *, owner: Account, permissions: Mapping[str, str], stateless_tokens: bool = False
    ) -> apps.App:
        """A GitHub App with a new key; its `private_key` is PEM."""
        private, public = apps.new_key()
        with self.world.lock:
            given = tokens.with_metadata(tokens.parse_permissions(dict(permissions), of_an_app=True))
            app = apps.App(
                self.world.new_id(),
                slug,
                slug.replace("-", " ").title(),
                owner,
                given,
                self.world.now(),
                public,
                private,
            )
            app.stateless_tokens = stateless_tokens
            self.world.apps[app.id] = app
            return app

    def add_installation(
        self, app: apps.App, account: Account, *, repositories: Literal["all"] | Collection[str] = "all"
    ) -> apps.Installation:
        """The app, installed on an account for all or for some of its repositories."""
        with self.world.lock:
            chosen = (
                set()
                if isinstance(repositories, str)
                else {self._repository(each).id for each in repositories}
            )
            access = "all" if isinstance(repositories, str) else "selected"
            found = apps.Installation(
                self.world.new_id(), app, account, access, chosen, dict(app.permissions), self.world.now()
            )
            self.world.installations[found.id] = found
            return found

    def revoke(self, token: SandboxToken | str) -> None:
        """From now on GitHub knows this token no more."""
        with self.world.lock:
            found = self.world.tokens[token] if isinstance(token, str) else token
            found.revoked = True

    def rename(self, repository: Repository, full_name: str) -> None:
        """Give a repository another name or owner; the old name redirects until another takes it."""
        login, _, name = full_name.partition("/")
        with self.world.lock:
            owner = self._owner(login)
            self.world.moved[repository.full_name.lower()] = repository.id
            repository.owner, repository.name = owner, name

    def _owner(self, owner: str | Account) -> Account:
        found = self.world.account(owner) if isinstance(owner, str) else owner
        if found is None:
            raise ValueError(f"there is no account {owner}")
        return found

    def _repository(self, full_name: str) -> Repository:
        found = self.world.repository(full_name)
        if found is None:
            raise ValueError(f"there is no repository {full_name}")
        return found

    def _keep(
        self, kind: Kind, text: str, user: User, name: str, expires_at: datetime | None, **rest: object
    ) -> SandboxToken:
        with self.world.lock:
            token = SandboxToken(
                self.world.new_id(),
                kind,
                text,
                user,
                name,
                self.world.now(),
                expires_at,
                **rest,  # type: ignore[arg-type]
            )
            self.world.tokens[text] = token
            return token


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
