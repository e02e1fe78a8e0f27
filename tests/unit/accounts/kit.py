"""People of every role, for tests of what each may do."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.hashers import make_password
from django.test import Client

from keyhole.accounts.models import Owner, User
from keyhole.core.actions import Role
from keyhole.core.caller import Caller, Via
from keyhole.core.request import OwnerKind

PASSWORD = "correct horse battery staple"


@cache
def hashed(password: str) -> str:
    """Hashing is slow on purpose, and people of tests share a password."""
    return make_password(password)


def person(login: str, role: Role = Role.MEMBER, password: str | None = PASSWORD) -> User:
    """A member of this Keyhole."""
    owner = Owner.objects.create(login=login, login_folded=login.casefold(), kind=OwnerKind.USER.value)
    user = User(email=f"{login}@example.invalid", owner=owner, role_name=role.value)
    if password is None:
        user.set_unusable_password()
    else:
        user.password = hashed(password)
    user.save()
    return user


def caller(user: User, via: Via = Via.WEB) -> Caller:
    """The person as services know them."""
    return Caller(user.pk, user.email, via, "192.0.2.9")


def browser(user: User | None = None) -> Client:
    """A browser, signed in as the person; a stranger's without one."""
    client = Client(HTTP_HOST="localhost")
    if user is not None:
        client.force_login(user)
    return client
