"""Signing in with an OpenID provider that is right, and with one that is wrong in each way that counts."""

from __future__ import annotations

import re

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache

from keyhole.accounts import oidc
from keyhole.accounts.models import Identity, User
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.errors import PermissionDenied, Unavailable
from keyhole.core.secret import Secret
from tests import canaries
from tests.unit.accounts.kit import browser, person
from tests.unit.accounts.openid_provider import CLIENT_ID, OpenIdProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def provider(settings):
    secret = canaries.plant("client secret")
    with OpenIdProvider(secret) as running:
        settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
        settings.KEYHOLE_OIDC_ISSUER = running.issuer
        settings.KEYHOLE_OIDC_CLIENT_ID = CLIENT_ID
        settings.KEYHOLE_OIDC_CLIENT_SECRET = Secret(secret)
        settings.KEYHOLE_OIDC_LINK = True
        cache.clear()  # of who has to wait
        yield running
        cache.clear()


def come(provider, **changes):
    begun = oidc.begin()
    return oidc.finish(begun.kept, {**provider.authorize(begun.address), **changes})


def test_a_member_comes_in_by_a_verified_address_and_then_by_the_subject(provider):
    mia = person("mia")
    assert come(provider) == mia
    provider.person |= {"email": "renamed@example.invalid", "email_verified": False}
    assert come(provider) == mia
    assert Identity.objects.get().subject == "p-1"
    assert Entry.objects.filter(action="account:identity").count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "somebody-else"},
        {"aud": [CLIENT_ID, "other"]},
        {"azp": "other"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": None},
        {"email": 7},
    ],
    ids=str,
)
def test_claims_that_are_wrong_let_nobody_in(provider, changes):
    person("mia")
    provider.changes = changes
    with pytest.raises(PermissionDenied):
        come(provider)
    assert not Identity.objects.exists()


def unsigned(claims):
    return jwt.encode(claims, None, algorithm="none")


def signed_by_the_secret_of_the_client(claims):
    return jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "k1"})


def signed_by_another_key(claims):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k1"})


def signed_by_an_unknown_key(claims):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k2"})


def nonsense(claims):
    return "." * 200


@pytest.mark.parametrize(
    "sign",
    [unsigned, signed_by_the_secret_of_the_client, signed_by_another_key, signed_by_an_unknown_key, nonsense],
)
def test_a_signature_that_is_not_the_provider_s_lets_nobody_in(provider, sign):
    person("mia")
    provider.sign = sign
    with pytest.raises(PermissionDenied):
        come(provider)


def test_a_code_and_a_state_work_once(provider):
    person("mia")
    begun = oidc.begin()
    query = provider.authorize(begun.address)
    oidc.finish(begun.kept, query)
    with pytest.raises(PermissionDenied, match="code"):
        oidc.finish(begun.kept, query)
    with pytest.raises(PermissionDenied, match="not begun"):
        oidc.finish(None, query)


@pytest.mark.parametrize(
    "changes",
    [{"state": "x"}, {"state": ""}, {"state": "\ud800"}, {"code": ""}, {"code": "x" * 5000}, {"error": "no"}, {"iss": "https://evil.example"}],
    ids=range(7),
)  # fmt: skip
def test_an_answer_that_does_not_fit_lets_nobody_in(provider, changes):
    person("mia")
    with pytest.raises(PermissionDenied):
        come(provider, **changes)
    assert "/token" not in provider.asked


def test_the_code_of_somebody_else_s_sign_in_is_worth_nothing(provider):
    person("mia")
    theirs, mine = oidc.begin(), oidc.begin()
    code = provider.authorize(theirs.address)["code"]
    with pytest.raises(PermissionDenied, match="code"):
        oidc.finish(mine.kept, {"code": code, "state": mine.kept["state"]})


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"jwks_uri": 7},
    ],
    ids=range(5),
)
def test_a_provider_that_describes_itself_wrongly_is_not_asked_further(provider, document):
    provider.document = document
    with pytest.raises(Unavailable):
        oidc.begin()


def test_no_private_address_is_opened_unless_that_is_allowed(provider, settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = False
    with pytest.raises(Unavailable):
        oidc.begin()
    assert provider.asked == []


def test_linking_and_joining_are_off_unless_said(provider, settings):
    person("mia")
    settings.KEYHOLE_OIDC_LINK = False
    with pytest.raises(PermissionDenied):
        come(provider)
    settings.KEYHOLE_OIDC_LINK = True
    provider.person |= {"sub": "p-2", "email": "new@example.invalid"}
    with pytest.raises(PermissionDenied):
        come(provider)
    assert User.objects.count() == 1


def test_whoever_joins_has_the_role_that_was_set_and_a_login_of_their_own(provider, settings):
    person("new")
    settings.KEYHOLE_OIDC_JOIN, settings.KEYHOLE_OIDC_DOMAINS = True, frozenset({"corp.example"})
    settings.KEYHOLE_OIDC_ROLE = "auditor"
    provider.person = {"sub": "p-9", "email": "new@corp.example", "email_verified": True}
    user = come(provider)
    assert (user.role, user.login, user.has_usable_password()) == (Role.AUDITOR, "new-2", False)
    made = Entry.objects.get(action="account:create").subject
    assert (made["login"], made["role"], made["issuer"]) == ("new-2", "auditor", provider.issuer)
    provider.person = {"sub": "p-8", "email": "new@corp.example.evil.example", "email_verified": True}
    with pytest.raises(PermissionDenied):
        come(provider)


def test_an_address_that_was_given_to_somebody_else_does_not_open_the_account(provider):
    mia = person("mia")
    assert come(provider) == mia
    provider.person |= {"sub": "p-2"}
    with pytest.raises(PermissionDenied, match="somebody else's"):
        come(provider)
    assert [row.subject for row in Identity.objects.all()] == ["p-1"]


@pytest.mark.parametrize(
    "email",
    ["m\u0131a@corp.example", "mia@corp.example\n@corp.example", "@corp.example", "a b@corp.example"],
    ids=range(4),
)
def test_an_address_that_could_be_read_as_another_one_lets_nobody_in(provider, settings, email):
    settings.KEYHOLE_OIDC_JOIN, settings.KEYHOLE_OIDC_DOMAINS = True, frozenset({"corp.example"})
    provider.person = {"sub": "p-9", "email": email, "email_verified": True}
    with pytest.raises(PermissionDenied, match="vouch"):
        come(provider)
    assert not User.objects.exists()


@pytest.mark.parametrize("subject", ["", "p" * 256], ids=["empty", "long"])
def test_a_subject_that_is_none_lets_nobody_in(provider, subject):
    person("mia")
    provider.changes = {"sub": subject}
    with pytest.raises(PermissionDenied):
        come(provider)
    assert not Identity.objects.exists()


def test_a_disabled_person_stays_out(provider):
    person("mia")
    come(provider)
    User.objects.update(is_active=False)
    with pytest.raises(PermissionDenied):
        come(provider)


def test_the_pages_go_there_and_back(provider):
    person("mia")
    client = browser()
    assert "Sign in with your organization" in client.get("/sign-in").content.decode()
    there = client.get("/sign-in/oidc?next=//evil.example")
    assert there["Location"].startswith(f"{provider.issuer}/authorize?")
    query = provider.authorize(there["Location"])
    back = client.get("/sign-in/oidc/back", query)
    assert back["Location"] == "/"
    assert client.get("/settings").status_code == 200
    assert browser().get("/sign-in/oidc/back", query).status_code == 401, "of another browser"
    again = client.get("/sign-in/oidc/back", query)
    assert again.status_code == 401, "the same answer again"
    secret = re.compile(re.escape(provider.secret))
    assert not secret.search(again.content.decode())


def test_the_provider_is_not_asked_by_everybody_who_opens_the_address(provider):
    assert {browser().get("/sign-in/oidc").status_code for _ in range(5)} == {302}
    assert sum("openid-configuration" in each for each in provider.asked) == 1


def test_answers_that_nobody_asked_for_do_not_fill_the_log(provider):
    statuses = [browser().get("/sign-in/oidc/back").status_code for _ in range(20)]
    assert (statuses[0], statuses[-1]) == (401, 429)
    assert Entry.objects.filter(action="account:sign_in").count() < 10


def test_where_no_provider_is_set_there_is_no_such_page(settings):
    settings.KEYHOLE_OIDC_ISSUER = ""
    assert browser().get("/sign-in/oidc").status_code == 404
    assert browser().get("/sign-in/oidc/back").status_code == 404
    assert "organization" not in browser().get("/sign-in").content.decode()
