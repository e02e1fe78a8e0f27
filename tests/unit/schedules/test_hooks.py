"""Webhooks: only what is signed is heard, and what is heard is no more than a hint to look."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import subprocess
import sys

import pytest
from django.core.cache import cache
from django.test import Client

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.errors import Conflict
from keyhole.repositories import services as repositories
from keyhole.repositories.models import Repository
from keyhole.schedules import hooks, services
from keyhole.schedules.models import Cause
from tests import canaries

pytestmark = pytest.mark.django_db(transaction=True)
PUSH = {"ref": "refs/heads/main", "repository": {"id": 4711}}


@pytest.fixture(autouse=True)
def _nobody_has_tried():
    cache.clear()


@pytest.fixture
def hook(make, places):
    Repository.objects.filter(pk=places[0].pk).update(marker="https://github.example#4711")
    schedule = make(when="push", cron="")
    made = services.make_hook(local_caller(), schedule.pk)
    canaries.watch("webhook secret", made.secret.reveal())
    return schedule, made


def deliver(made, body=PUSH, event="push", secret=None, path=None, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = (secret or made.secret.reveal()).encode()
    given = {
        "HTTP_X_HUB_SIGNATURE_256": "sha256=" + hmac.new(key, raw, hashlib.sha256).hexdigest(),
        "HTTP_X_GITHUB_EVENT": event,
    } | headers
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    return client.post(path or made.path, raw, content_type="application/json", **given)


def pushed(schedule):
    return [each.subject for each in schedule.occurrences.filter(cause=Cause.PUSH, done_at=None)]


def test_a_signed_push_makes_the_schedule_due_once(hook, places):
    schedule, made = hook
    for _ in range(3):
        answer = deliver(made)
        assert (answer.status_code, answer.json()) == (202, {"message": "It is looked at in a moment."})
    assert pushed(schedule) == [places[0].pk]


def test_ping_and_other_events_do_nothing(hook):
    schedule, made = hook
    assert (
        deliver(made, {"zen": "Keep it logically awesome."}, "ping").json()["message"] == "The webhook works."
    )
    assert deliver(made, {"action": "opened"}, "issues").status_code == 202
    assert pushed(schedule) == []


def test_where_it_runs_at_times_by_now_the_answer_says_so(hook, places):
    schedule, made = hook
    services.set_paused(local_caller(), schedule.pk, paused=True)
    assert "is paused" in deliver(made).json()["message"]
    spec = services.ScheduleSpec("Nightly", (places[0].pk,), "times", cron="0 2 * * *")
    services.change(local_caller(), schedule.pk, spec)
    assert "runs at times" in deliver(made).json()["message"]
    assert pushed(schedule) == []


def test_another_repository_does_nothing(hook):
    schedule, made = hook
    assert deliver(made, {"repository": {"id": 711}}).status_code == 202
    assert pushed(schedule) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"path": "/hooks/" + "0" * 32},
        {"HTTP_X_HUB_SIGNATURE_256": ""},
        {"HTTP_X_HUB_SIGNATURE_256": "sha256=ü"},
        {"HTTP_X_HUB_SIGNATURE_256": "sha1=" + "0" * 40},
    ],
)
def test_an_unknown_address_and_a_wrong_signature_look_alike(hook, wrong):
    schedule, made = hook
    answer = deliver(made, **wrong)
    assert answer.status_code == 404
    assert answer.json()["message"] == "There is no such webhook, or the signature does not fit its secret."
    assert pushed(schedule) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"repository": {"id": "4711"}}',
        b'{"repository": {"id": true}}',
        b'{"repository": {"full_name": 7}}',
        b'{"repository": {}}',
        b"[" * 100_000,
    ],
)
def test_a_delivery_that_makes_no_sense_is_named(hook, body):
    assert deliver(hook[1], body).status_code == 422


def test_too_much_is_refused_unread(hook):
    assert deliver(hook[1], b" " * (5 * 1024 * 1024 + 1)).status_code == 413


def test_other_methods_are_refused(hook):
    assert Client(HTTP_HOST="localhost").get(hook[1].path).status_code == 405


def test_a_new_webhook_ends_the_one_before(hook):
    schedule, old = hook
    new = services.make_hook(local_caller(), schedule.pk)
    canaries.watch("webhook secret", new.secret.reveal())
    assert deliver(old).status_code == 404
    assert deliver(new).status_code == 202
    services.remove(local_caller(), schedule.pk)
    assert deliver(new).status_code == 404


def test_a_schedule_for_times_has_no_webhook(make):
    with pytest.raises(Conflict):
        services.make_hook(local_caller(), make().pk)


def looks():
    return Entry.objects.filter(action="vault:reveal").count()


def test_strangers_who_know_the_address_do_not_fill_the_log(hook):
    schedule, made = hook
    for number in range(hooks.MOST_WRONG + 5):
        assert deliver(made, secret=f"wrong {number}").status_code == 404
        assert deliver(made, HTTP_X_HUB_SIGNATURE_256="sha256=none").status_code == 404
    assert looks() == hooks.MOST_WRONG
    assert deliver(made, REMOTE_ADDR="198.51.100.7").status_code == 202
    assert pushed(schedule)


def arguments(folder):
    return (folder / "sent").read_text() + (folder / "sent.all").read_text()


@pytest.fixture
def local(make, places, tmp_path):
    """A schedule over a repository here, and its post-receive hook with `curl` writing down what it is told to send."""
    schedule = make(when="push", cron="", repository_ids=(places[0].pk,))
    made = services.make_hook(local_caller(), schedule.pk)
    canaries.watch("webhook secret", made.secret.reveal())
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / "keyhole-secret").write_text(made.secret.reveal() + "\n")
    (folder / "post-receive").write_text(hooks.post_receive("http://here" + made.path, places[0]))
    (folder / "curl").write_text('#!/bin/sh\nfor each in "$@"; do printf "%s\\n" "$each"; done > "$SENT"\n')
    for each in ("python3", "dirname", "cat", "openssl", "sed"):
        real = sys.executable if each == "python3" else shutil.which(each)
        (folder / each).write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> "$SENT.all"\nexec {real} "$@"\n')
    for each in folder.iterdir():
        each.chmod(0o755)
    (folder / "keyhole-secret").chmod(0o600)
    yield schedule, made, folder
    (folder / "keyhole-secret").unlink()  # nothing of ours may keep it, so the test does not either


def test_the_hook_of_a_repository_here_is_heard(local, places):
    schedule, made, folder = local
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "SENT": str(folder / "sent")}
    (folder / "hashlib.py").write_text("raise SystemExit('what lies where the hook runs is not its own')")
    subprocess.run(["sh", str(folder / "post-receive")], env=environment, check=True, cwd=folder)
    sent = (folder / "sent").read_text().splitlines()
    assert sent[-1] == f"http://here{made.path}"
    signature = next(each.partition(": ")[2] for each in sent if each.startswith("X-Hub-Signature-256"))
    body = sent[sent.index("--data") + 1].encode()
    answer = deliver(made, body, HTTP_X_HUB_SIGNATURE_256=signature)
    assert (answer.status_code, answer.json()) == (202, {"message": "It is looked at in a moment."})
    assert pushed(schedule) == [places[0].pk]


def test_no_program_that_the_hook_starts_gets_the_secret_as_an_argument(local):
    _, made, folder = local
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "SENT": str(folder / "sent")}
    subprocess.run(["sh", str(folder / "post-receive")], env=environment, check=True)
    assert "keyhole-secret" in arguments(folder)
    assert made.secret.reveal() not in arguments(folder)


def test_without_its_secret_the_hook_tells_nobody(local):
    _, _, folder = local
    (folder / "keyhole-secret").rename(folder / "elsewhere")
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "SENT": str(folder / "sent")}
    done = subprocess.run(
        ["sh", str(folder / "post-receive")], env=environment, check=True, capture_output=True
    )
    (folder / "elsewhere").rename(folder / "keyhole-secret")
    assert not (folder / "sent").exists()
    assert b"keyhole-secret" in done.stderr


def test_the_hook_goes_on_when_its_repository_is_renamed(local, places):
    schedule, made, _ = local
    before = places[0].full_name
    folder = places[0].git_dir.parent
    folder.rename(folder.with_name("renamed"))
    (renamed,) = repositories.refresh(local_caller()).renamed
    assert (renamed.pk, renamed.full_name) == (places[0].pk, "harbour/renamed")
    deliver(made, {"repository": {"full_name": before}})
    assert pushed(schedule) == [places[0].pk]


@pytest.mark.parametrize("name", ["harbour/none", "harbour", "/", "HARBOUR/", "a" * 500])
def test_a_name_of_no_repository_of_the_schedule_does_nothing(local, name):
    schedule, made, _ = local
    answer = deliver(made, {"repository": {"full_name": name}})
    assert (answer.status_code, answer.json()["message"]) == (
        202,
        "The schedule is not about this repository.",
    )
    assert pushed(schedule) == []


def test_a_name_that_github_tells_with_an_id_is_not_taken_for_one_here(local, places):
    schedule, made, _ = local
    deliver(made, {"repository": {"id": 711, "full_name": places[0].full_name}})
    assert pushed(schedule) == []
