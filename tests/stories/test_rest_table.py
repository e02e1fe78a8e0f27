"""Every documented operation, asked with tokens of four shapes: the answer is the one that the decision gives, each
request is on record exactly once, and what is allowed but not carried out here says so with 501."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import pytest
from django.utils import timezone

from keyhole.accounts.models import Owner
from keyhole.audit.models import Entry
from keyhole.core.decide import Denied, decide
from keyhole.core.grant import Access
from keyhole.core.permissions import Group, Standing, vocabulary
from keyhole.core.request import Request
from keyhole.gateway.rest.registry import registered
from keyhole.tokens.authority import identify
from tests.unit.gateway.rest.worlds import database, shared_world, template

_AT_ONCE = 24


__all__ = ["database", "shared_world", "template"]


@pytest.fixture(scope="module")
def world(shared_world):
    return shared_world


def highest(*groups: Group) -> dict[str, str]:
    return {
        name: max(known.levels).word
        for name, known in vocabulary().permissions.items()
        if known.group in groups
    }


def shapes(world):
    return {
        "everything in one repository": world.token(
            "octo", "hello", **highest(Group.REPOSITORY, Group.ORGANIZATION)
        ),
        "contents read in one repository": world.token("octo", "hello", contents="read"),
        "another repository": world.token("octo", "secret", **highest(Group.REPOSITORY)),
        "public only": world.token("octo", access=Access.PUBLIC),
    }


class Sample:
    """A request for one operation, and what it names."""

    def __init__(self, world, operation, login: str) -> None:
        hello = world.repository("octo/hello")
        opened = world.repository("other/open")
        values = {
            "owner": "octo",
            "repo": "hello",
            "org": "octo",
            "username": login,
            "template_owner": "other",
            "template_repo": "open",
            "repo_owner": "octo",
            "repo_name": "hello",
            "repository_id": str(hello.pk),
            "ref": "heads/main" if "/git/" in operation.path else "main",
            "path": "README.md",
            "branch": "main",
            "basehead": "v1...main",
            "tree_sha": "main",
            "dir": "src",
        }
        self.names = re.findall(r"\{([^}]+)\}", operation.path)
        self.path = re.sub(r"\{([^}]+)\}", lambda found: values.get(found[1], "1"), operation.path)
        named = [
            hello for pair in (("owner", "repo"), ("repo_owner", "repo_name")) if set(pair) <= set(self.names)
        ]
        named += [hello] if "repo_name" in self.names and "org" in self.names else []
        named += [None] if "repo_name" in self.names and not {"org", "repo_owner"} & set(self.names) else []
        named += [opened] if "template_repo" in self.names else []
        named += [hello] if "repository_id" in self.names else []
        account = values["org"] if "org" in self.names else login if "username" in self.names else None
        owner = Owner.objects.get(login=account).as_core() if account else None
        updates = () if operation.id in registered() else None
        self.request = Request(
            operation, timezone.now(), tuple(row and row.as_core() for row in named), owner, updates
        )


def test_every_operation_answers_as_it_was_decided(world):
    tokens = shapes(world)
    grants = {name: identify(token) for name, token in tokens.items()}
    login = next(iter(grants.values())).user_owner.login
    before = Entry.objects.count()
    asked, wrong = Counter(), []

    async def one(gate, shape, operation, sample):
        async with gate:
            answer = await world.asked(tokens[shape], operation.method, sample.path, None, {})
        asked[answer.status] += 1
        wrong.extend(judged(shape, operation, sample, answer))

    def judged(shape, operation, sample, answer):
        verdict = decide(grants[shape].grant, sample.request)
        if isinstance(verdict, Denied):
            good = answer.status == verdict.status
        elif operation.id in registered():
            good = answer.status in (200, 201, 204, 302, 400, 404, 409, 422)
        else:
            good = answer.status == 501
        documented = (
            operation.standing is not Standing.PERMISSIONED
            or answer.headers.get("x-accepted-github-permissions") == operation.accepted
        )
        if not good or not documented:
            yield f"{shape}: {operation.method} {sample.path} ({operation.id}) {verdict} -> {answer.status}"

    async def all_of_them():
        gate = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(
            *(one(gate, shape, operation, sample) for operation, sample in samples for shape in tokens)
        )

    samples = [(operation, Sample(world, operation, login)) for operation in vocabulary().operations]
    world.run(all_of_them())
    assert wrong == []
    assert sum(asked.values()) == 4 * len(vocabulary().operations) == 4 * 1221
    assert Entry.objects.count() - before == 4 * 1221
    assert min(asked[status] for status in (200, 403, 404, 501)) > 20


def test_A1_head_gets_the_verdict_of_get(world):
    token = world.token("octo", "hello", contents="read")
    for operation in vocabulary().operations:
        if operation.id in registered() and operation.method == "GET":
            sample = Sample(world, operation, "octo")
            get, head = (world.ask(token, method, sample.path) for method in ("GET", "HEAD"))
            assert (operation.id, head.status) == (operation.id, get.status)
            assert head.headers.get("etag") == get.headers.get("etag")


@pytest.mark.parametrize(
    "path",
    [
        "/repos/octo/hello/nothing",
        "/nothing",
        "/repos/octo",
        "/repositories/1/nothing",
        "/user/repos/x",
        "/orgs",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_what_is_not_documented_is_not_found_whatever_the_method(world, path, method):
    token = world.token("octo", "hello", **highest(Group.REPOSITORY))
    answer = world.ask(token, method, path)
    assert (answer.status, answer.json["message"]) == (404, "Not Found")
    assert answer.json["explain"]
