"""The register: every token has its integration, and what people do with one they do to all its tokens."""

import pytest
from django.db import connection
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.integrations import services
from keyhole.integrations.filtering import Filter
from keyhole.integrations.holdings import Health
from keyhole.integrations.models import Integration, Membership
from keyhole.integrations.services import Edit
from keyhole.tokens.models import Purpose, Token
from keyhole.tokens.services import revoke
from tests.unit.integrations.test_holdings import harbour, issue  # noqa: F401  # a fixture
from tests.unit.tokens.test_services import member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def caller():
    return local_caller()


def only(caller, **options):
    (found,) = services.register(caller, **options)
    return found


def test_a_token_without_an_integration_gets_one_of_its_name_and_keeps_what_was_known(caller, harbour):  # noqa: F811
    token = issue(caller, "Scanner", *harbour, contents="read")
    Token.objects.update(description="Nightly scan\nasked for by Bo")
    found = only(caller)
    assert (found.row.name, found.row.purpose, found.row.notes) == (
        "Scanner",
        "Nightly scan",
        "asked for by Bo",
    )
    assert found.row.owner_id == token.user_id
    assert found.row.created_at == token.created_at
    assert only(caller).row.pk == found.row.pk
    assert [each.token.pk for each in found.holdings] == [token.pk]


def test_tokens_of_scans_and_revoked_ones_are_left_alone(caller, harbour):  # noqa: F811
    issue(caller, "scan", *harbour, purpose=Purpose.SCAN)
    revoke(caller, issue(caller, "old", *harbour).pk)
    assert services.register(caller, include_ended=True) == []


def test_two_people_have_tokens_of_one_name(caller, harbour):  # noqa: F811
    for login in ("alice", "bob", ""):
        token = issue(caller, "CI", *harbour)
        if login:
            Token.objects.filter(pk=token.pk).update(user=member(login).user_id)
    assert {found.row.name for found in services.register(caller)} == {"CI", "CI (bob)", "CI (admin)"}


def test_a_member_sees_their_own(caller, harbour):  # noqa: F811
    issue(caller, "Scanner", *harbour)
    bob = member("bob")
    assert services.register(bob) == []
    with pytest.raises(NotFound):
        services.get(bob, only(caller).row.pk)
    for change in (services.pause, services.resume, services.rotate, services.remove):
        with pytest.raises(NotFound):
            change(bob, only(caller).row.pk)
    with pytest.raises(NotFound):
        services.edit(bob, only(caller).row.pk, Edit(name="mine"))


def test_an_integration_holds_several_tokens_and_sums_them_up(caller, harbour):  # noqa: F811
    issue(caller, "read", harbour[0], contents="read")
    found = only(caller)
    second = issue(caller, "write", harbour[1], contents="write")
    found = services.hold(caller, found.row.pk, second.pk)
    assert only(caller).row.pk == found.row.pk
    assert [each.token.name for each in found.holdings] == ["write", "read"]
    assert found.repositories == ("harbour/ledger", "harbour/tide-api")
    assert dict(found.permissions)["Contents"].word == "write"
    assert found.writes
    Token.objects.filter(name="read").update(requests=3, denials=1, last_used_at=timezone.now())
    again = only(caller)
    assert (again.requests, again.denials, again.latest.token.name) == (3, 1, "read")


def test_a_token_that_expired_beside_a_good_one_counts_for_nothing(caller, harbour):  # noqa: F811
    old = issue(caller, "old", *harbour)
    found = only(caller)
    services.hold(caller, found.row.pk, issue(caller, "new", *harbour).pk)
    Token.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert only(caller).health is Health.UNUSED
    assert only(caller).expires_at > timezone.now()
    Token.objects.update(expires_at=timezone.now())
    assert only(caller).health is Health.EXPIRED


def test_pausing_and_resuming_it_is_pausing_and_resuming_its_tokens(caller, harbour):  # noqa: F811
    for name in ("one", "two"):
        issue(caller, name, *harbour)
    number = services.register(caller)[0].row.pk
    services.hold(caller, number, Token.objects.get(name="one").pk)
    assert services.pause(caller, number, "holidays").health is Health.PAUSED
    assert Token.objects.exclude(paused_at=None).count() == 2
    with pytest.raises(Conflict):
        services.pause(caller, number)
    services.resume(caller, number)
    assert Token.objects.exclude(paused_at=None).count() == 0
    with pytest.raises(Conflict):
        services.resume(caller, number)


def test_the_one_token_is_rotated_and_several_are_rotated_by_name(caller, harbour):  # noqa: F811
    issue(caller, "one", *harbour)
    number = only(caller).row.pk
    assert services.rotate(caller, number).token.rotating
    services.hold(caller, number, issue(caller, "two", *harbour).pk)
    with pytest.raises(Conflict, match="2 tokens") as raised:
        services.rotate(caller, number)
    assert "one" in raised.value.message


def test_removing_revokes_every_token_and_stays_on_record(caller, harbour):  # noqa: F811
    issue(caller, "one", *harbour)
    number = only(caller).row.pk
    services.hold(caller, number, issue(caller, "two", *harbour).pk)
    services.remove(caller, number, "replaced")
    assert Token.objects.filter(revoked_at=None).count() == 0
    assert services.register(caller, include_ended=True) == []
    assert Entry.objects.filter(action="integration:remove").get().subject["tokens"] == 2
    with pytest.raises(NotFound):
        services.get(caller, number)


def test_somebody_else_s_token_is_not_revoked_by_removing_one_s_own_integration(caller, harbour):  # noqa: F811
    alice, token = member("alice"), issue(caller, "shared", *harbour)
    number = only(caller).row.pk
    Integration.objects.update(owner=User.objects.get(pk=alice.user_id))
    with pytest.raises(PermissionDenied):
        services.remove(alice, number)
    assert Token.objects.get(pk=token.pk).revoked_at is None


def test_one_token_among_those_of_others_does_not_make_it_one_s_own(caller, harbour):  # noqa: F811
    alice = member("alice")
    issue(caller, "CI", *harbour)
    number = only(caller).row.pk
    hers = issue(caller, "hers", *harbour)
    services.hold(caller, number, hers.pk)
    Token.objects.filter(pk=hers.pk).update(user=alice.user_id)
    for change in (
        lambda: services.edit(alice, number, Edit(owner_login="alice")),
        lambda: services.pause(alice, number),
        lambda: services.remove(alice, number),
    ):
        with pytest.raises(PermissionDenied):
            change()
    row = Integration.objects.get(pk=number)
    assert (row.owner_id, row.removed_at) == (caller.user_id, None)
    Token.objects.exclude(pk=hers.pk).update(revoked_at=timezone.now())
    assert services.edit(alice, number, Edit(purpose="hers alone")).row.purpose == "hers alone"


def test_it_is_described_and_nothing_else_changes(caller, harbour):  # noqa: F811
    issue(caller, "one", *harbour)
    before = only(caller)
    member("carol")
    change = Edit("Nightly scanner", "Scans", "a\nb", "carol", "semgrep")
    found = services.edit(caller, before.row.pk, change)
    row = found.row
    assert (row.name, row.purpose, row.notes, row.owner.login, row.preset) == (
        "Nightly scanner", "Scans", "a\nb", "carol", "semgrep",
    )  # fmt: skip
    assert found.permissions == before.permissions
    assert (
        services.find(caller, "Nightly scanner").row.pk == services.find(caller, str(row.pk)).row.pk == row.pk
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (Edit(name=" "), "name"),
        (Edit(name="x" * 61), "name"),
        (Edit(name="a\x1b[31m"), "name"),
        (Edit(purpose="p" * 201), "purpose"),
        (Edit(notes="n" * 2001), "notes"),
        (Edit(owner_login="nobody"), "owner"),
        (Edit(preset="nothing"), "preset"),
    ],
)
def test_what_cannot_be_written_down_is_refused_by_field(caller, harbour, change, field):  # noqa: F811
    issue(caller, "one", *harbour)
    number = only(caller).row.pk
    with pytest.raises(InvalidInput) as raised:
        services.edit(caller, number, change)
    assert raised.value.field == field
    assert only(caller).row.name == "one"


def test_two_integrations_do_not_share_a_name(caller, harbour):  # noqa: F811
    for name in ("one", "two"):
        issue(caller, name, *harbour)
    number = services.find(caller, "one").row.pk
    with pytest.raises(Conflict):
        services.edit(caller, number, Edit(name="two"))
    assert connection.in_atomic_block is False


def test_a_token_is_held_once(caller, harbour):  # noqa: F811
    for name in ("one", "two"):
        issue(caller, name, *harbour)
    services.register(caller)
    first, second = services.find(caller, "one"), services.find(caller, "two")
    services.hold(caller, first.row.pk, second.holdings[0].token.pk)
    assert Membership.objects.count() == 2
    assert not Integration.objects.filter(pk=second.row.pk).exists()


def test_what_ended_is_found_on_request_and_gets_a_new_token(caller, harbour):  # noqa: F811
    revoked = issue(caller, "one", *harbour)
    number = only(caller).row.pk
    revoke(caller, revoked.pk)
    assert services.register(caller) == []
    assert only(caller, include_ended=True).health is Health.ENDED
    services.hold(caller, number, issue(caller, "one", *harbour).pk)
    assert only(caller).health is Health.UNUSED


def test_questions_narrow_the_register_down(caller, harbour):  # noqa: F811
    issue(caller, "reader", harbour[0], contents="read")
    issue(caller, "writer", harbour[1], issues="write")
    found = services.register(caller)

    def names(**asked):
        return [each.row.name for each in Filter(**asked).apply(found)]

    assert names() == ["writer", "reader"]
    assert names(words="TIDE read") == ["reader"]
    assert names(words="nothing has this") == []
    assert names(repository="harbour/ledger") == ["writer"]
    assert names(permission="Contents") == ["reader"]
    assert names(writes=True) == ["writer"]
    assert names(owner="nobody") == []
    assert names(health="unused") == ["writer", "reader"]
