"""A small world, served; and a client that sees what goes over the wire."""

from __future__ import annotations

import http.client
import json

import pytest

from keyhole.testing.github import GitHub
from tests import canaries


class Client:
    """Requests of one credential."""

    def __init__(self, github, token=None, scheme="Bearer"):
        self.github = github
        self.authorization = f"{scheme} {getattr(token, 'text', token)}" if token is not None else None

    def __call__(self, method, path, body=None, *, prefix="/api/v3", **headers):
        """Status, headers (names in lower case), body as it was decoded from JSON if it is JSON."""
        connection = http.client.HTTPConnection(self.github.url.removeprefix("http://"), timeout=30)
        sent = {"User-Agent": "tests"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.authorization:
            sent["Authorization"] = self.authorization
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(
            method, prefix + path, data, {name: value for name, value in sent.items() if value}
        )
        answer = connection.getresponse()
        raw = answer.read()
        connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, json.loads(raw) if raw[:1] in b"[{" and raw else raw


@pytest.fixture
def github():
    with GitHub() as found:
        yield found


@pytest.fixture
def alice(github):
    return github.add_user("alice")


@pytest.fixture
def harbour(github, alice):
    return github.add_organization("harbour", owners=[alice])


@pytest.fixture
def tide(github, harbour):
    return github.add_repository("harbour/tide-api", private=True)


@pytest.fixture
def fine(github, alice):
    """Makes a client with a fine-grained token of alice for harbour."""

    def make(owner="harbour", repositories="all", user=alice, **permissions):
        token = github.add_fine_grained_token(
            user, owner=owner, repositories=repositories, permissions=permissions
        )
        canaries.watch("sandbox token", token.text)
        client = Client(github, token)
        client.token = token
        return client

    return make
