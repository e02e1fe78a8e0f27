"""Once revoke has returned, no request that starts later is allowed: many clients, and revoking by another process."""

import http.client
import random
import threading
import time
from collections import defaultdict

import pytest

CLIENTS = 24
TOKENS = 60
AFTERWARDS = 3
"""Requests with each token that must have begun after its revocation, so that the story proves something."""


class Client(threading.Thread):
    """Asks with one token after the other over a kept connection, and notes when it began and what it got."""

    def __init__(self, port, tokens, done, seed):
        super().__init__(daemon=True)
        self.seen = []
        self._port, self._tokens, self._done, self._random = port, tokens, done, random.Random(seed)
        self.failure = None

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            while not self._done.is_set():
                token = self._random.choice(self._tokens)
                began = time.monotonic()
                connection.request("GET", "/api/v3/user", headers={"Authorization": f"Bearer {token.text}"})
                answer = connection.getresponse()
                answer.read()
                self.seen.append((token.id, began, answer.status))
        except Exception as problem:  # noqa: BLE001  # shown by the test's own thread
            self.failure = problem
        finally:
            connection.close()


@pytest.mark.timeout(240)
def test_nothing_that_starts_after_a_revocation_is_allowed(fresh_keyhole):
    fresh_keyhole.make_repo("local/tool")
    tokens = [fresh_keyhole.token("local/tool", contents="read") for _ in range(TOKENS)]
    done = threading.Event()
    clients = [Client(fresh_keyhole.port, tokens, done, seed) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    revoked = {}
    try:
        # On a busy machine all could be revoked before the first answer, which would prove nothing.
        wait(lambda: allowed(clients) == {token.id for token in tokens})
        for token in tokens:
            fresh_keyhole.do("revoke", number=token.id)  # by a process of its own, as the command line is
            revoked[token.id] = time.monotonic()
        wait(lambda: enough(clients, revoked))
    finally:
        done.set()
        for client in clients:
            client.join(60)
    assert [client.failure for client in clients if client.failure] == []
    seen = [record for client in clients for record in client.seen]
    late = [record for record in seen if record[2] != 401 and record[1] > revoked[record[0]]]
    assert late == []
    assert {status for _, _, status in seen} == {200, 401}
    assert allowed(clients) == revoked.keys()
    assert enough(clients, revoked)
    assert fresh_keyhole.do("audit_ok")


def wait(reached):
    """Until it is so, or so long that the story fails by what it asserts."""
    end = time.monotonic() + 60
    while time.monotonic() < end and not reached():
        time.sleep(0.05)


def allowed(clients):
    """The tokens with which a request was allowed."""
    return {token_id for client in clients for token_id, _, status in list(client.seen) if status == 200}


def enough(clients, revoked):
    """Whether every token was tried often enough after its revocation."""
    after = defaultdict(int)
    for client in clients:
        for token_id, began, _ in list(client.seen):
            after[token_id] += began > revoked[token_id]
    return all(after[token_id] >= AFTERWARDS for token_id in revoked)


def test_a_stopped_and_started_server_still_refuses_a_revoked_token(fresh_keyhole):
    fresh_keyhole.make_repo("local/tool")
    token = fresh_keyhole.token("local/tool", contents="read")
    assert fresh_keyhole.http("GET", "/api/v3/user", token)[0] == 200
    fresh_keyhole.do("revoke", number=token.id)
    assert fresh_keyhole.http("GET", "/api/v3/user", token)[0] == 401
    fresh_keyhole.stop()
    fresh_keyhole.start()
    assert fresh_keyhole.http("GET", "/api/v3/user", token)[0] == 401
