"""Owners and people. Logins of both are one namespace, as on GitHub."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from keyhole.core import request as core
from keyhole.core.actions import Role


class Owner(models.Model):
    """A resource owner: the account, of a person or an organization, that repositories belong to."""

    login = models.CharField(max_length=39)
    login_folded = models.CharField(max_length=39, unique=True)
    """The look-up form; two logins that differ in case alone would be one name to every tool."""
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in core.OwnerKind])
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.login

    def as_core(self) -> core.Owner:
        """The value that decisions are made on."""
        return core.Owner(self.pk, self.login, core.OwnerKind(self.kind))


class UserManager(BaseUserManager["User"]):
    """Finds people by email address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user with this address; User.DoesNotExist if there is none."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person, or this machine's operator before anybody has set up an account."""

    email = models.EmailField(max_length=254)
    owner = models.OneToOneField(Owner, on_delete=models.PROTECT, related_name="user")
    """The person as a resource owner; its login is the person's."""
    is_active = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="one_user_per_email"),)

    def __str__(self) -> str:
        return self.email

    @property
    def login(self) -> str:
        """The name in addresses and in `GET /user`."""
        return self.owner.login

    @property
    def role(self) -> Role:
        """What the person is here."""
        return Role.OWNER if self.is_admin else Role.MEMBER


class SetupCode(models.Model):
    """The one-time code of the first account. At most one row; it is gone once it was used."""

    only = models.BooleanField(default=True, unique=True)
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the code, which itself is only printed."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(only=True), name="one_setup_code"),)

    def __str__(self) -> str:
        return f"set-up code of {self.created_at:%Y-%m-%d %H:%M}"
