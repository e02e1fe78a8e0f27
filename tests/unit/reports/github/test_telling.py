"""GitHub is told what was asked for, once, with words that can do nothing; and a refusal says what is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.connections import app_draft
from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.core.errors import Conflict
from keyhole.core.gate_kinds import FindingsGate
from keyhole.core.gates import Policy
from keyhole.core.secret import Secret
from keyhole.environments import policies
from keyhole.environments import services as environments
from keyhole.environments.services import EnvironmentSpec
from keyhole.findings.models import Telling
from keyhole.jobs import engine
from keyhole.notifications import publishing
from keyhole.reports.github import job, parts, services
from keyhole.scans import job as scanning
from keyhole.scans import services as scans
from keyhole.scans.models import Scan
from keyhole.scans.services import ScanSpec
from keyhole.testing.github import GitHub, gitdata
from tests import canaries
from tests.stories.test_scan_durable import github_token
from tests.unit.repositories.github_kit import connect, take_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]

WRITES = {"contents": "read", "statuses": "write", "pull_requests": "write", "security_events": "write"}
PERSON = gitdata.Person("Alice", "alice@example.invalid")
ODD = "src/@alice `x` | <b>#1</b> [a](http:x).env"


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch):
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: None)


@pytest.fixture
def told(monkeypatch):
    """Events that were published."""
    events = []
    for module in (job, publishing):
        monkeypatch.setattr(module, "publish", lambda caller, event, also=(): events.append(event))
    return events


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.harbour = sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.tide = sandbox.add_repository("harbour/tide-api")
        sandbox.leak = github_token()
        push(sandbox, {ODD: f"TOKEN={sandbox.leak}\n".encode()})
        yield sandbox


def push(sandbox, files, branch="leak"):
    """A branch with one more commit."""
    git_dir = sandbox.tide.git_dir
    ref = f"refs/heads/{branch}"
    parent = gitdata.resolve(git_dir, ref) or gitdata.resolve(git_dir, "refs/heads/main")
    made = gitdata.commit_files(git_dir, files, "more", PERSON, parent=parent)
    gitdata.move_ref(git_dir, ref, made)
    return made


def reach(sandbox, permissions=WRITES):
    """The repository here, through a token with these permissions."""
    given = sandbox.add_fine_grained_token(
        sandbox.alice, owner="harbour", repositories=["harbour/tide-api"], permissions=permissions
    )
    return take_in(connect(sandbox, given), "harbour/tide-api")[0]


def asked(sandbox, method, path, body=None):
    """GitHub as Alice sees it."""
    everything = {"contents": "write", "issues": "write", **WRITES}
    token = sandbox.add_fine_grained_token(
        sandbox.alice, owner="harbour", repositories=["harbour/tide-api"], permissions=everything
    )
    row = Connection.objects.filter(removed_at=None).first()
    client = connections.client_for(local_caller(), row)
    client.credential = type(client.credential)(token.text)
    return client.request(method, f"/repos/harbour/tide-api{path}", body=body).data


def pull(sandbox):
    return asked(sandbox, "POST", "/pulls", {"title": "More", "head": "leak", "base": "main"})["number"]


def scan(row, *what, **more):
    """A scan of the branch, to its end; then what GitHub is told of it, as the workers would."""
    made = scans.create(local_caller(), ScanSpec(row.pk, ref="leak", upstream=what, **more))
    scanning.run(made.pk)
    work_off()
    return Scan.objects.get(pk=made.pk)


def work_off():
    for number in list(job._due()):
        job.tell_github(number)


def one(done):
    return done.tellings.get()


def test_nothing_is_told_that_nobody_asked_for(world, told):
    before = world.changes
    assert not scan(reach(world)).tellings.exists()
    assert world.changes == before


def test_a_status_says_what_came_of_it_and_is_made_once(world, told):
    done = scan(reach(world), "status")
    assert one(done).state == Telling.State.DONE, one(done).said
    (status,) = asked(world, "GET", f"/commits/{done.commit}/statuses")
    assert (status["state"], status["context"], status["description"]) == ("failure", "keyhole", "1 finding")
    assert status["target_url"].endswith(f"/scans/{done.pk}")
    done.tellings.update(state=Telling.State.WAITING)  # as after a crash between telling and remembering
    work_off()
    assert len(asked(world, "GET", f"/commits/{done.commit}/statuses")) == 1
    written = Entry.objects.filter(action="github:write")
    assert [(each.outcome, each.subject["what"]) for each in written] == [("allowed", "commit status")]
    assert written[0].subject["request"] == f"POST /repos/harbour/tide-api/statuses/{done.commit}"


def test_a_status_follows_the_policy_of_its_environment(world, told):
    kept = policies.create(local_caller(), Policy("Lax", (FindingsGate(most=5),)))
    lax = environments.create(
        local_caller(), EnvironmentSpec("Staging", policy_id=kept.pk, upstream=("status",))
    )
    row = reach(world)
    done = scan(row, environment_id=lax.pk)
    (status,) = asked(world, "GET", f"/commits/{done.commit}/statuses")
    assert (status["state"], status["context"]) == ("success", "keyhole/Staging")
    policies.change(local_caller(), kept.pk, Policy("Lax", (FindingsGate(),)))
    done = scan(row, environment_id=lax.pk)
    newest = asked(world, "GET", f"/commits/{done.commit}/statuses")[0]
    assert (newest["state"], newest["description"]) == ("failure", "Lax is breached: No findings")


def test_one_comment_is_kept_up_to_date_and_can_do_nothing(world, told):
    row, number = reach(world), None
    scan(row)
    number = pull(world)
    first = scan(row, "comment")
    assert one(first).state == Telling.State.DONE, one(first).said
    (comment,) = asked(world, "GET", f"/issues/{number}/comments")
    assert one(first).url == comment["html_url"]
    body = comment["body"]
    assert world.leak not in body
    assert "1 open finding" in body
    for raw in ("@alice", "`x`", "<b>", "[a](", "http:x"):
        assert raw not in body.replace(first_link(body), "")
    push(world, {"other.env": f"TOKEN={github_token()}\n".encode()})
    scan(row, "comment")
    (changed,) = asked(world, "GET", f"/issues/{number}/comments")
    assert changed["id"] == comment["id"]
    assert "2 open findings" in changed["body"]
    before = world.changes
    scan(row, "comment")  # another scan of the same commit: only its address is another one
    assert len(asked(world, "GET", f"/issues/{number}/comments")) == 1
    assert world.changes == before + 1


def first_link(body):
    return body[body.index("[The scan") : body.index(")", body.index("[The scan")) + 1]


def test_a_copy_of_the_mark_by_somebody_else_is_not_taken_for_ours(world, told):
    row = reach(world)
    scan(row)
    number = pull(world)
    scan(row, "comment")
    (ours,) = asked(world, "GET", f"/issues/{number}/comments")
    asked(world, "POST", f"/issues/{number}/comments", {"body": f"Look: {ours['body']}"})
    push(world, {"other.env": f"TOKEN={github_token()}\n".encode()})
    scan(row, "comment")
    first, second = asked(world, "GET", f"/issues/{number}/comments")
    assert first["id"] == ours["id"]
    assert "2 open findings" in first["body"]
    assert second["body"].startswith("Look: ")


def test_without_a_pull_request_there_is_nobody_to_tell(world, told):
    done = scan(reach(world), "comment")
    assert one(done).state == Telling.State.NOTHING
    assert "No open pull request" in one(done).said


def test_alerts_are_uploaded_for_the_branch(world, told):
    done = scan(reach(world), "sarif")
    assert one(done).state == Telling.State.DONE, one(done).said
    (alert,) = asked(world, "GET", "/code-scanning/alerts?ref=refs/heads/leak")
    assert alert["rule"]["id"] == done.findings.get().rule
    assert alert["most_recent_instance"]["commit_sha"] == done.commit


def alerts(world):
    """Of the branch: rule and state."""
    return sorted(
        (each["rule"]["id"], each["state"]) for each in asked(world, "GET", "/code-scanning/alerts?ref=leak")
    )


def test_an_upload_replaces_the_alerts_of_the_scanners_that_it_is_of(world, told):
    row = reach(world)
    push(world, {"requirements.txt": b"flask==1.0\n"})
    wide = scan(row, "sarif", scanners=("secrets", "zizmor"))
    assert one(wide).state == Telling.State.DONE, one(wide).said
    (rule,) = [each.rule for each in wide.findings.all()]
    scan(row, "sarif", scanners=("zizmor",))
    assert alerts(world) == [(rule, "open")], "a scan that did not look for secrets says nothing of them"
    made = scans.create(
        local_caller(), ScanSpec(row.pk, ref="leak", upstream=("sarif",), scanners=("secrets",))
    )
    scanning.run(made.pk)
    made.findings.all().delete()  # as if the history had been rewritten
    work_off()
    assert alerts(world) == [(rule, "fixed")]


def test_a_missing_permission_is_named_and_not_tried_again(world, told):
    done = scan(reach(world, {"contents": "read"}), "status", "sarif")
    rows = list(done.tellings.all())
    assert {row.state for row in rows} == {Telling.State.FAILED}
    assert "statuses" in rows[0].said + rows[0].hint
    assert "security_events" in rows[1].said + rows[1].hint
    assert [event.kind for event in told] == ["scan.untold", "scan.untold"]
    assert Entry.objects.filter(action="github:write", outcome="denied").count() == 2
    asked_before = len(world.requests)
    work_off()
    assert len(world.requests) == asked_before
    assert Connection.objects.get().problem == ""


def test_what_the_report_says_is_missing_is_not_even_asked_for(world, told):
    from keyhole.inspector.connected import inspect_connection

    row = reach(world, {"contents": "read"})
    inspect_connection(local_caller(), row.connection_id)
    before = world.changes
    done = scan(row, "status")
    assert one(done).state == Telling.State.FAILED
    assert "lacks Commit statuses: write (statuses=write)" in one(done).said
    assert "--thorough" in one(done).hint
    assert not any(each.method == "POST" and "statuses" in each.path for each in world.requests)
    assert world.changes == before


def test_it_can_be_told_again_once_it_is_allowed(world, told):
    row = reach(world, {"contents": "read"})
    done = scan(row, "status")
    given = world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions=WRITES
    )
    Connection.objects.update(removed_at=timezone.now())
    other = connect(world, given, name="Wider")
    type(row).objects.filter(pk=row.pk).update(connection=other)
    assert services.tell_again(local_caller(), done.pk) == 1
    work_off()
    assert one(done).state == Telling.State.DONE
    with pytest.raises(Conflict):
        services.tell_again(local_caller(), done.pk)
    assert list(services.tellings(local_caller(), done.pk)) == [one(done)]


def test_what_passes_is_tried_again_later_and_then_given_up(world, told):
    row = reach(world)
    made = scans.create(local_caller(), ScanSpec(row.pk, ref="leak", upstream=("status",)))
    scanning.run(made.pk)
    for attempt in range(1, 6):
        world.faults.status(503, method="POST", path="/statuses/")
        Telling.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        work_off()
        telling = one(made)
        assert telling.attempts == attempt
        if attempt < 5:
            assert telling.state == Telling.State.WAITING
            assert telling.due_at > timezone.now()
    assert telling.state == Telling.State.FAILED
    assert len(told) == 1


@pytest.mark.parametrize("what", ["status", "sarif"])
def test_what_is_tried_again_undoes_nothing_that_a_later_scan_told(world, told, what):
    row = reach(world)
    path = "/statuses/" if what == "status" else "/sarifs"
    world.faults.status(503, method="POST", path=path)
    early = scan(row, what)
    assert one(early).state == Telling.State.WAITING
    others = scan(row, what, scanners=("dependencies",))
    late = scan(row, what)
    assert {one(each).state for each in (others, late)} == {Telling.State.DONE}
    Telling.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    before = world.changes
    work_off()
    assert (one(early).state, one(early).said) == (
        Telling.State.NOTHING,
        f"GitHub was told of scan {late.pk}, which is later.",
    )
    assert world.changes == before


def test_a_later_scan_of_something_else_keeps_nothing_from_being_told(world, told):
    row = reach(world)
    staging = environments.create(local_caller(), EnvironmentSpec("Staging"))
    world.faults.status(503, method="POST", path="/statuses/")
    early = scan(row, "status")
    scan(row, "status", environment_id=staging.pk)
    push(world, {"a.txt": b"more"})
    scan(row, "status")
    Telling.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    work_off()
    assert one(early).state == Telling.State.DONE
    world.faults.status(503, method="POST", path="/sarifs")
    early = scan(row, "sarif", scanners=("secrets", "dependencies"))
    scan(row, "sarif")
    Telling.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    work_off()
    assert one(early).state == Telling.State.DONE


def test_a_repository_that_was_disconnected_is_not_written_to(world, told):
    row = reach(world)
    made = scans.create(local_caller(), ScanSpec(row.pk, ref="leak", upstream=("status",)))
    scanning.run(made.pk)
    type(row).objects.filter(pk=row.pk).update(removed_at=timezone.now())
    before = world.changes
    work_off()
    assert one(made).state == Telling.State.FAILED
    assert "not connected any more" in one(made).said
    assert world.changes == before


def test_an_app_s_token_can_do_this_alone_and_here_alone(world, told):
    app = world.add_app("scanner", owner=world.harbour, permissions={**WRITES, "issues": "write"})
    there = world.add_installation(app, world.harbour, repositories=["harbour/tide-api"])
    canaries.watch("key of an App", app.private_key.splitlines()[1])
    draft = app_draft.begin(
        local_caller(), app_draft.AppSpec(world.url, str(app.id), Secret(app.private_key))
    )
    done = scan(
        take_in(app_draft.finish(local_caller(), draft.pk, there.id), "harbour/tide-api")[0], "status"
    )
    assert one(done).state == Telling.State.DONE, one(done).said
    wrote = next(
        each.token_id for each in world.requests if each.method == "POST" and "/statuses/" in each.path
    )
    token = next(each for each in world.world.tokens.values() if each.id == wrote)
    assert token.selected == {world.tide.id}
    assert {name: level.word for name, level in token.permissions.items()} == {
        "metadata": "read",
        "statuses": "write",
    }


def test_what_an_app_is_known_to_lack_is_not_asked_for(world, told):
    app = world.add_app("scanner", owner=world.harbour, permissions={"contents": "read"})
    there = world.add_installation(app, world.harbour, repositories=["harbour/tide-api"])
    canaries.watch("key of an App", app.private_key.splitlines()[1])
    draft = app_draft.begin(
        local_caller(), app_draft.AppSpec(world.url, str(app.id), Secret(app.private_key))
    )
    done = scan(
        take_in(app_draft.finish(local_caller(), draft.pk, there.id), "harbour/tide-api")[0], "status"
    )
    assert "lacks Commit statuses: write" in one(done).said


def test_a_scan_without_a_result_tells_nothing(world, told):
    row = reach(world)
    made = scans.create(local_caller(), ScanSpec(row.pk, ref="leak", upstream=("status",)))
    Telling.objects.create(scan=made, what="status")
    assert list(job._due()) == []
    Scan.objects.filter(pk=made.pk).update(state="failed")
    work_off()
    assert one(made).state == Telling.State.NOTHING


def test_two_that_write_at_once_leave_one_comment(world, told, monkeypatch):
    row = reach(world)
    scan(row)
    number = pull(world)
    scan(row, "comment")
    (ours,) = asked(world, "GET", f"/issues/{number}/comments")
    look, looked = parts._marked, []

    def blind_at_first(target, path, mark):
        looked.append(path)
        return None if len(looked) == 1 else look(target, path, mark)

    monkeypatch.setattr(parts, "_marked", blind_at_first)
    done = scan(row, "comment")
    assert one(done).state == Telling.State.DONE, one(done).said
    (left,) = asked(world, "GET", f"/issues/{number}/comments")
    assert left["id"] == ours["id"]
    assert f"/scans/{done.pk}" in left["body"]


def test_without_a_worker_the_caller_tells_it(world, told, monkeypatch):
    row = reach(world)
    made = scans.create(local_caller(), ScanSpec(row.pk, ref="leak", upstream=("status",)))
    scanning.run(made.pk)
    monkeypatch.setattr(engine, "somebody_works", lambda: True)
    assert services.tell_here(local_caller(), made.pk)[0].state == Telling.State.WAITING
    monkeypatch.setattr(engine, "somebody_works", lambda: False)
    assert services.tell_here(local_caller(), made.pk)[0].state == Telling.State.DONE


def test_an_incomplete_scan_closes_no_alert(world, told):
    done = scan(reach(world), "sarif")
    assert len(asked(world, "GET", "/code-scanning/alerts?ref=refs/heads/leak")) == 1
    Scan.objects.filter(pk=done.pk).update(state="incomplete", reason="time ran out")
    done.findings.all().delete()
    Telling.objects.filter(scan=done).update(state=Telling.State.WAITING, due_at=timezone.now())
    work_off()
    assert one(done).state == Telling.State.NOTHING
    assert "close the alerts" in one(done).said
    (alert,) = asked(world, "GET", "/code-scanning/alerts?ref=refs/heads/leak")
    assert alert["state"] == "open"
