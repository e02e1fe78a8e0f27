"""The test of an integration says what the gateway would say."""

import pytest
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller
from keyhole.core.grant import Access
from keyhole.integrations import services, setups
from keyhole.integrations.trying import try_out
from keyhole.repositories import services as repositories
from keyhole.tokens.lifecycle import pause
from keyhole.tokens.models import Token
from tests.unit.integrations.test_holdings import issue
from tests.unit.tokens.test_services import member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tide(tmp_path):
    import subprocess

    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "tide-api.git")], check=True)
    repositories.connect_folder(local_caller(), str(tmp_path), "harbour")
    return repositories.by_full_name(local_caller(), "harbour/tide-api")


def trial():
    (found,) = services.register(local_caller())
    (tried,) = try_out(local_caller(), found.row.pk)
    return tried


def allowed(tried):
    return {answer.title for answer in tried.repositories[0].answers if answer.allowed}


def test_a_reader_clones_and_does_not_push(tide):
    issue(local_caller(), "Reader", tide, contents="read")
    tried = trial()
    assert tried.works
    assert allowed(tried) == {"Clone and fetch", "Read files"}
    push = next(answer for answer in tried.repositories[0].answers if answer.title == "Push")
    assert push.needs == "contents: write"
    assert 0 < tried.repositories[0].operations < tried.of


def test_nothing_was_counted(tide):
    issue(local_caller(), "Reader", tide, contents="read")
    trial()
    assert Token.objects.get().requests == 0


@pytest.mark.parametrize("what", ["expired", "paused", "inactive", "unreadable"])
def test_what_stops_everything_is_said(tide, what):
    token = issue(local_caller(), "Reader", tide, contents="read")
    number = services.register(local_caller())[0].row.pk
    match what:
        case "expired":
            Token.objects.update(expires_at=timezone.now())
        case "paused":
            pause(local_caller(), token.pk)
        case "inactive":
            Token.objects.update(user=member("gone").user_id)
            User.objects.filter(pk=Token.objects.get().user_id).update(is_active=False)
        case _:
            Token.objects.update(grant={})
    (tried,) = try_out(local_caller(), number)
    assert tried.problem
    assert not tried.works


def test_a_repository_that_was_moved_away_is_named(tide, tmp_path):
    issue(local_caller(), "Reader", tide, contents="read")
    (tmp_path / "tide-api.git").rename(tmp_path / "elsewhere")
    tried = trial()
    assert "not where it was connected" in tried.repositories[0].problem
    assert not tried.works


def test_public_access_without_a_public_repository_reaches_nothing(tide):
    issue(local_caller(), "Public", access=Access.PUBLIC)
    assert "No repository" in trial().problem


def test_set_up_texts_name_this_keyhole_and_hold_no_token(settings):
    settings.KEYHOLE_URL = "https://keyhole.example"
    texts = {group.id: group for group in setups.groups("renovate-self-hosted", "harbour/tide-api")}
    assert list(texts)[1] == "git" or next(iter(texts)) == "git"
    everything = " ".join(text.text for group in texts.values() for text in group.texts)
    assert "https://keyhole.example/harbour/tide-api.git" in everything
    assert "https://keyhole.example/api/v3" in everything
    assert "khp_" not in everything
    assert not [place for place in ("@web@", "@api@", "@repository@", "@token@") if place in everything]
