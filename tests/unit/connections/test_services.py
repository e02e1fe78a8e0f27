"""Connecting a checked credential, and what people do with the connection, without asking GitHub anything."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from keyhole.accounts.services import local_caller, owner_for
from keyhole.audit.models import Entry
from keyhole.connections import services
from keyhole.connections.models import Connection, State
from keyhole.connections.services import Check, ConnectionSpec
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.permissions import Level
from keyhole.core.request import OwnerKind
from keyhole.core.secret import Secret
from keyhole.providers.github.instance import GITHUB_COM
from keyhole.vault import services as vault
from tests import canaries

pytestmark = pytest.mark.django_db(transaction=True)


def spec(**more):
    defaults = {
        "name": "Harbour",
        "instance": GITHUB_COM,
        "credential": Secret(canaries.plant("token of a connection")),
        "kind": "fine_grained",
        "owner_login": "harbour",
        "planned": {"contents": Level.READ},
    }
    return ConnectionSpec(**defaults | more)


def member(role="member"):
    owner = owner_for("mia", OwnerKind.USER)
    user = get_user_model().objects.create(email="mia@example.invalid", owner=owner, role_name=role)
    return Caller(user.pk, user.email, Via.WEB)


def test_the_credential_is_in_the_vault_and_nowhere_else():
    secret = Secret(canaries.plant("sealed token"))
    row = services.connect(local_caller(), spec(credential=secret))
    assert vault.reveal(local_caller(), row.place) == secret
    assert row.state is State.UNCHECKED
    assert row.planned_levels == {"contents": Level.READ}
    assert secret.reveal() not in str(vars(row))
    assert secret.reveal() not in str(list(Entry.objects.values()))
    assert Entry.objects.filter(action="connection:create").count() == 1


def test_the_same_credential_is_connected_once():
    once = spec()
    services.connect(local_caller(), once)
    with pytest.raises(Conflict, match="connected already, as 'Harbour'"):
        services.connect(
            local_caller(), spec(name="Again", credential=Secret(f" {once.credential.reveal()}\n"))
        )
    assert Connection.objects.count() == 1


def test_after_it_was_removed_it_can_be_connected_again():
    once = spec()
    first = services.connect(local_caller(), once)
    services.remove(local_caller(), first.pk)
    assert services.connect(local_caller(), once).pk != first.pk


def test_a_name_is_used_once_and_an_empty_one_is_made():
    services.connect(local_caller(), spec())
    with pytest.raises(Conflict, match="'Harbour'"):
        services.connect(local_caller(), spec())
    assert services.connect(local_caller(), spec(name=" ")).name == "harbour on github.com"
    assert Connection.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"owner_login": "-x"}, "owner"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"credential": Secret("  ")}, "credential"),
        ({"kind": "app", "app_id": 1}, "installation"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(more, field):
    with pytest.raises(InvalidInput) as refused:
        services.connect(local_caller(), spec(**more))
    assert refused.value.field == field
    assert not Connection.objects.exists()


def test_who_may_what():
    row = services.connect(local_caller(), spec())
    mia = member()
    assert services.list_connections(mia) == [row]
    for forbidden in (
        lambda: services.connect(mia, spec(name="Mine")),
        lambda: services.pause(mia, row.pk),
        lambda: services.remove(mia, row.pk),
        lambda: services.rename(mia, row.pk, "x"),
        lambda: services.set_take_all(mia, row.pk, True),
        lambda: services.undo_rotation(mia, row.pk),
        lambda: services.begin_rotation(mia, row.pk, Secret("x")),
    ):
        with pytest.raises(PermissionDenied):
            forbidden()
    stranger = Caller(None, "nobody", Via.WEB)
    for forbidden in (
        lambda: services.list_connections(stranger),
        lambda: services.client_for(stranger, row),
        lambda: services.credential_for(stranger, row, (), {}),
    ):
        with pytest.raises(PermissionDenied):
            forbidden()


def test_a_token_of_keyhole_never_reaches_a_credential():
    row = services.connect(local_caller(), spec())
    by_token = Caller(local_caller().user_id, "token", Via.TOKEN)
    with pytest.raises(PermissionDenied):
        services.credential_for(by_token, row, (), {})


def test_a_paused_connection_is_not_used_until_it_is_resumed():
    row = services.connect(local_caller(), spec())
    services.pause(local_caller(), row.pk)
    services.pause(local_caller(), row.pk)
    assert services.get(local_caller(), row.pk).state is State.PAUSED
    with pytest.raises(Conflict, match="paused"):
        services.credential_for(local_caller(), row, (), {})
    services.resume(local_caller(), row.pk)
    assert services.credential_for(local_caller(), row, (), {}).reveal().startswith("canary-")
    assert Entry.objects.filter(action="connection:pause").count() == 1


def test_removing_forgets_the_credential_and_keeps_the_row():
    row = services.connect(local_caller(), spec())
    services.remove(local_caller(), row.pk)
    assert not vault.exists(row.place)
    assert services.list_connections(local_caller()) == []
    assert services.get(local_caller(), row.pk).state is State.REMOVED
    assert services.list_connections(local_caller(), include_removed=True)[0].pk == row.pk
    for gone in (
        lambda: services.credential_for(local_caller(), row, (), {}),
        lambda: services.remove(local_caller(), row.pk),
        lambda: services.pause(local_caller(), row.pk),
        lambda: services.by_name(local_caller(), "Harbour"),
    ):
        with pytest.raises(NotFound):
            gone()


def test_it_is_found_by_name_and_by_id():
    row = services.connect(local_caller(), spec())
    assert services.by_name(local_caller(), "Harbour") == row
    assert services.by_name(local_caller(), str(row.pk)) == row
    for text in ("", "harbor", "9" * 30, "9" * 9000, "-1", "²"):
        with pytest.raises(NotFound):
            services.by_name(local_caller(), text)


def test_a_dead_credential_makes_this_connection_sick_and_no_other():
    row = services.connect(local_caller(), spec())
    other = services.connect(local_caller(), spec(name="Other"))
    services.note_check(
        local_caller(), row, Check("bad_credentials", "GitHub does not accept it.", "Rotate it.")
    )
    found = services.get(local_caller(), row.pk)
    assert (found.state, found.reason, found.hint) == (State.SICK, "GitHub does not accept it.", "Rotate it.")
    assert services.get(local_caller(), other.pk).state is State.UNCHECKED
    services.note_check(local_caller(), row, Check())
    assert services.get(local_caller(), row.pk).state is State.HEALTHY
    assert Entry.objects.filter(action="connection:check").count() == 2


def test_a_check_that_changes_nothing_is_not_put_on_record():
    row = services.connect(local_caller(), spec())
    services.note_check(local_caller(), row, Check())
    services.note_check(local_caller(), row, Check())
    assert not Entry.objects.filter(action="connection:check").exists()


def test_github_being_down_tells_nothing_of_the_credential():
    row = services.connect(local_caller(), spec())
    services.note_check(local_caller(), row, Check("down", "GitHub has a problem."))
    assert services.get(local_caller(), row.pk).state is State.TROUBLED


@pytest.mark.parametrize(
    "problem", ["not_found_or_not_selected", "permission_missing", "role_missing", "moved"]
)
def test_a_refusal_about_one_repository_is_no_illness_of_the_connection(problem):
    row = services.connect(local_caller(), spec())
    services.note_check(local_caller(), row, Check(problem, "Not this one."))
    assert services.get(local_caller(), row.pk).state is State.HEALTHY


def test_an_expiration_is_known_without_asking():
    now = timezone.now()
    row = services.connect(local_caller(), spec(expires_at=now + timedelta(days=1)))
    assert row.state_at(now) is State.UNCHECKED
    assert row.state_at(now + timedelta(days=1)) is State.EXPIRED
    later = now + timedelta(days=60)
    services.note_check(local_caller(), row, Check(expires_at=later, tells_expiry=True))
    assert services.get(local_caller(), row.pk).expires_at == later
